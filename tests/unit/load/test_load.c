/* SPDX-License-Identifier: Apache-2.0 */
#include "module_builtin.h"

#include "scratch.h"

#include <ostler/endpoint.h>
#include <ostler/policy.h>

#include <signal.h>
#include <sys/resource.h>

#define LOAD(name_) Test(load, name_, .init = scratch_make, .fini = scratch_remove, .timeout = 30)

static bool allow(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    (void)method;
    return true;
}

static const struct ostler_policy_ops policy = {.is_allowed = allow};
static const struct ostler_policy_ops empty_policy = {.is_allowed = NULL};

#define BUILTIN(variable, name_, operations)                                                                           \
    static const struct ostler_module variable = {                                                                     \
        .abi = OSTLER_MODULE_ABI,                                                                                      \
        .size = sizeof(struct ostler_module),                                                                          \
        .kind = OSTLER_KIND_POLICY,                                                                                    \
        .name = name_,                                                                                                 \
        .version = "1.0",                                                                                              \
        .ops = operations,                                                                                             \
        .ops_size = sizeof policy,                                                                                     \
    }

BUILTIN(builtin_good, "good", &policy);
BUILTIN(builtin_hollow, "hollow", &empty_policy);

LOAD(by_path)
{
    const char *path = scratch_overwrite("good", "good.so");
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, path, NULL);
    const struct ostler_policy_ops *ops = ostler_module_descriptor(module)->ops;

    cr_assert_str_eq(ostler_module_file(module), path);
    cr_assert_str_eq(ostler_module_descriptor(module)->name, "good");
    cr_assert(ops->is_allowed(NULL, NULL));
    cr_assert_not(ostler_module_changed(module));
    ostler_module_unref(module);
    ostler_module_unref(NULL);
}

LOAD(by_relative_path)
{
    ostler_loaded_module *module;

    scratch_overwrite("good", "good.so");
    cr_assert_eq(chdir(scratch), 0);
    module = scratch_load(OSTLER_KIND_POLICY, "./good.so", NULL);
    cr_assert_eq(ostler_module_file(module)[0], '/');
    cr_assert_eq(chdir("/"), 0);
    cr_assert_not(ostler_module_changed(module));
    ostler_module_unref(module);
}

LOAD(by_name_and_alias_from_a_folder)
{
    const char *path = scratch_overwrite("good", "good.so");
    ostler_loaded_module *by_name = scratch_load(OSTLER_KIND_POLICY, "good", scratch);
    ostler_loaded_module *by_alias = scratch_load(OSTLER_KIND_POLICY, "GoodPolicy", scratch);

    cr_assert_str_eq(ostler_module_file(by_name), path);
    cr_assert_eq(by_name, by_alias);
    ostler_module_unref(by_name);
    cr_assert_str_eq(ostler_module_descriptor(by_alias)->name, "good");
    ostler_module_unref(by_alias);
}

LOAD(by_name_from_the_folder_of_its_kind)
{
    scratch_folder("policies");
    const char *path = scratch_overwrite("good", "policies/another-file-name.so");
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, "good", scratch);

    cr_assert_str_eq(ostler_module_file(module), path);
    ostler_module_unref(module);
}

LOAD(by_name_from_the_environment)
{
    scratch_overwrite("good", "good.so");
    cr_assert_eq(setenv("OSTLER_PLUGIN_PATH", scratch, 1), 0);
    ostler_module_unref(scratch_load(OSTLER_KIND_POLICY, "good", NULL));
}

LOAD(broken_neighbours_do_not_matter)
{
    scratch_write(scratch_path("a.so"), "not a module", 12);
    scratch_overwrite("other_abi", "b.so");
    scratch_overwrite("empty_slot", "c.so");
    scratch_overwrite("good", "d.so");
    ostler_module_unref(scratch_load(OSTLER_KIND_POLICY, "good", scratch));
}

LOAD(file_of_another_kind_does_not_end_the_search)
{
    scratch_folder("policies");
    scratch_overwrite("version_1", "good.so");
    scratch_overwrite("good", "policies/good.so");
    ostler_module_unref(scratch_load(OSTLER_KIND_POLICY, "good", scratch));
}

LOAD(two_paths_to_one_file_share_it)
{
    const char *path = scratch_overwrite("good", "good.so"), *link = scratch_path("link.so");

    cr_assert_eq(symlink("good.so", link), 0);
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, path, NULL);
    ostler_loaded_module *again = scratch_load(OSTLER_KIND_POLICY, link, NULL);
    cr_assert_eq(module, again);
    ostler_module_unref(module);
    ostler_module_unref(again);
}

LOAD(the_last_owner_closes_it)
{
    const char *path = scratch_overwrite("good", "good.so");
    unsigned before = count_mappings();
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, path, NULL);

    cr_assert_gt(count_mappings(), before);
    cr_assert_eq(ostler_module_ref(module), module);
    ostler_module_unref(module);
    cr_assert_gt(count_mappings(), before);
    ostler_module_unref(module);
    cr_assert_eq(count_mappings(), before);
}

LOAD(slots_beyond_the_end_of_an_older_table_are_empty)
{
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_ENDPOINT, BUILT_MODULES "/version_1.so", NULL);
    const struct ostler_module *descriptor = ostler_module_descriptor(module);
    const struct ostler_endpoint_ops *ops = descriptor->ops;

    cr_assert_eq(descriptor->ops_size, sizeof *ops);
    cr_assert_not_null(ops->rpc);
    cr_assert_null(ops->notification);
    cr_assert_null(ops->options);
    ostler_module_unref(module);
}

LOAD(libraries_by_origin_are_found)
{
    scratch_overwrite("helper", "helper.so");
    const char *path = scratch_overwrite("origin", "origin.so");
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, path, NULL);
    const struct ostler_policy_ops *ops = ostler_module_descriptor(module)->ops;

    cr_assert(ops->is_allowed(NULL, NULL));
    scratch_replace("origin", "origin.so");
    cr_assert(ostler_module_changed(module));
    ostler_loaded_module *newer = scratch_load(OSTLER_KIND_POLICY, path, NULL);
    cr_assert_neq(ostler_module_descriptor(newer), ostler_module_descriptor(module));
    /* Longer than before, but in no part that is mapped. */
    cr_assert_eq(truncate(path, 1 << 20), 0);
    scratch_refused(OSTLER_KIND_POLICY, path, NULL, "origin.so: was overwritten while it is loaded");
    ostler_module_unref(newer);
    ostler_module_unref(module);
}

/* Where memory cannot hold a copy, the file itself is used, and a new file in its place is still new code. */
LOAD(system_that_allows_no_copy)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY}, unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    ostler_loaded_module *old, *new;

    scratch_overwrite("good", "good.so");
    const char *fresh = scratch_overwrite("good", "fresh.so");
    cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    old = scratch_load(OSTLER_KIND_POLICY, scratch_path("good.so"), NULL);
    cr_assert_eq(rename(fresh, scratch_path("good.so")), 0);
    new = scratch_load(OSTLER_KIND_POLICY, scratch_path("good.so"), NULL);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    cr_assert_neq(ostler_module_descriptor(old), ostler_module_descriptor(new));
    ostler_module_unref(old);
    cr_assert_str_eq(ostler_module_descriptor(new)->name, "good");
    ostler_module_unref(new);
}

LOAD(program_without_preloaded_modules)
{
    cr_assert_eq(OSTLER_PRELOADED_MODULES(NULL), OSTLER_OK);
    cr_assert_null(module_builtin(0));
}

LOAD(built_in_comes_before_files)
{
    unsigned before;
    ostler_loaded_module *module;

    scratch_overwrite("good", "good.so");
    before = count_descriptors();
    module_register_builtin(&builtin_good);
    module_register_builtin(&builtin_good);
    module = scratch_load(OSTLER_KIND_POLICY, "good", scratch);
    cr_assert_str_eq(ostler_module_file(module), "built in");
    cr_assert_eq(ostler_module_descriptor(module), &builtin_good);
    cr_assert_not(ostler_module_changed(module));
    ostler_loaded_module *again = scratch_load(OSTLER_KIND_POLICY, "good", NULL);
    cr_assert_eq(again, module);
    scratch_refused(OSTLER_KIND_POLICY, scratch_path("good.so"), NULL, "is taken by built in");
    ostler_module_unref(again);
    ostler_module_unref(module);
    cr_assert_eq(count_descriptors(), before);
    cr_assert_eq(module_builtin(0), &builtin_good);
    cr_assert_null(module_builtin(1));
}

LOAD(built_in_is_checked_as_a_file_is)
{
    module_register_builtin(&builtin_hollow);
    scratch_refused(OSTLER_KIND_POLICY, "hollow", NULL, "built in: empty slot: struct ostler_policy_ops.is_allowed");
}

LOAD(built_in_table_is_bounded)
{
    static struct ostler_module many[MODULE_BUILTIN_MAX + 1];

    for (int i = 0; i <= MODULE_BUILTIN_MAX; i++)
        module_register_builtin(&many[i]);
    cr_assert_eq(module_builtin(MODULE_BUILTIN_MAX - 1), &many[MODULE_BUILTIN_MAX - 1]);
    cr_assert_null(module_builtin(MODULE_BUILTIN_MAX));
    module_register_builtin(&many[0]);
}
