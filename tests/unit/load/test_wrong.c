/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which a module can be wrong: the status, and a message with the file and the cause. */
#include "scratch.h"

#define WRONG(name_) Test(wrong, name_, .init = scratch_make, .fini = scratch_remove, .timeout = 30)

/* The module as it was built, by path: the message begins with the file. */
static void refused(const char *kind, const char *module, const char *cause)
{
    char path[PATH_MAX], text[PATH_MAX + 256];

    snprintf(path, sizeof path, "%s/%s.so", BUILT_MODULES, module);
    snprintf(text, sizeof text, "%s: %s", path, cause);
    scratch_refused(kind, path, NULL, text);
}

WRONG(other_abi_is_refused_before_anything_is_read)
{
    char numbers[128];

    snprintf(numbers, sizeof numbers, "built for module ABI 0x05710000, this is 0x%08x", (unsigned)OSTLER_MODULE_ABI);
    refused(OSTLER_KIND_POLICY, "other_abi", numbers);
}

WRONG(size_of_the_descriptor)
{
    refused(OSTLER_KIND_POLICY, "bad_size", "the descriptor says that it has 16 bytes");
}

WRONG(other_kind)
{
    refused(OSTLER_KIND_TRANSPORT, "good", "of kind \"policy\", wanted was a module of kind \"transport\"");
}

WRONG(other_kind_while_it_is_loaded)
{
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, BUILT_MODULES "/good.so", NULL);

    refused(OSTLER_KIND_TRANSPORT, "good", "of kind \"policy\", wanted was a module of kind \"transport\"");
    ostler_module_unref(module);
}

WRONG(kind_that_nobody_knows)
{
    refused(OSTLER_KIND_POLICY, "unknown_kind", "of kind \"gizmo\", wanted was a module of kind \"policy\"");
    scratch_refused("gizmo", BUILT_MODULES "/unknown_kind.so", NULL, "\"gizmo\" is no kind of module");
}

WRONG(no_name)
{
    refused(OSTLER_KIND_POLICY, "no_name", "empty slot: struct ostler_module.name");
}

WRONG(bad_name)
{
    refused(OSTLER_KIND_POLICY, "bad_name", "its name \"bad/name\" holds a slash");
}

WRONG(no_operations)
{
    refused(OSTLER_KIND_POLICY, "no_operations", "empty slot: struct ostler_module.ops");
}

WRONG(table_too_short)
{
    refused(OSTLER_KIND_POLICY, "short_table", "the operations table has 7 bytes, a struct ostler_policy_ops needs");
}

WRONG(empty_slot)
{
    refused(OSTLER_KIND_EXECUTOR, "empty_slot", "empty slot: struct ostler_executor_ops.wait");
}

WRONG(endpoint_without_interfaces)
{
    refused(OSTLER_KIND_ENDPOINT, "nothing_offered", "offers nothing");
}

WRONG(endpoint_without_methods)
{
    refused(OSTLER_KIND_ENDPOINT, "no_methods", "empty slot: struct ostler_endpoint_ops.rpc[0].methods");
}

WRONG(method_without_a_function)
{
    refused(OSTLER_KIND_ENDPOINT, "no_function", "method \"hollow\" has no function");
}

WRONG(no_descriptor)
{
    refused(OSTLER_KIND_POLICY, "no_symbol", "not a module: it exports no symbol ostler_module");
}

WRONG(unresolved_symbol)
{
    refused(OSTLER_KIND_POLICY, "unresolved", "cannot be linked: undefined symbol: function_that_exists_nowhere");
}

WRONG(missing_dependency)
{
    refused(OSTLER_KIND_POLICY, "missing_library", "a library that it needs cannot be loaded: helper.so: ");
}

WRONG(alias_twice)
{
    refused(OSTLER_KIND_POLICY, "alias_twice", "alias \"again\" stands there twice");
}

WRONG(the_same_name_twice)
{
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, BUILT_MODULES "/good.so", NULL);

    refused(OSTLER_KIND_POLICY, "same_name", "the policy name \"good\" is taken by " BUILT_MODULES "/good.so");
    ostler_module_unref(module);
    ostler_module_unref(scratch_load(OSTLER_KIND_POLICY, BUILT_MODULES "/same_name.so", NULL));
}

WRONG(alias_of_another)
{
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, BUILT_MODULES "/good.so", NULL);

    refused(OSTLER_KIND_POLICY, "alias_taken",
            "the policy name \"fine\" is taken by " BUILT_MODULES "/good.so, which is loaded as \"good\"");
    ostler_module_unref(module);
}

WRONG(name_taken_ends_the_search)
{
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, BUILT_MODULES "/good.so", NULL);

    scratch_overwrite("same_name", "a.so");
    scratch_overwrite("same_name", "b.so");
    scratch_refused(OSTLER_KIND_POLICY, "good", scratch, "/a.so: the policy name \"good\" is taken by " BUILT_MODULES);
    ostler_module_unref(module);
}

WRONG(no_such_file)
{
    refused(OSTLER_KIND_POLICY, "nowhere", "No such file or directory");
}

WRONG(nothing_with_this_name_says_where_it_looked)
{
    char part[PATH_MAX];

    scratch_folder("policies");
    scratch_overwrite("unresolved", "unresolved.so");
    scratch_refused(OSTLER_KIND_POLICY, "absent", scratch, "no policy \"absent\"");
    snprintf(part, sizeof part, "in %s, %s/policies, " MODULE_DIR "/policies", scratch, scratch);
    scratch_refused(OSTLER_KIND_POLICY, "absent", scratch, part);
    scratch_refused(OSTLER_KIND_POLICY, "absent", scratch, "unresolved.so: cannot be linked");
    scratch_refused(OSTLER_KIND_POLICY, "absent", "/nonexistent", "/nonexistent (No such file or directory)");
}

WRONG(empty_name)
{
    scratch_refused(OSTLER_KIND_POLICY, "", NULL, "the name of the policy is empty");
}

WRONG(file_of_another_kind_in_the_way)
{
    scratch_overwrite("good", "thing.so");
    scratch_refused(OSTLER_KIND_ENDPOINT, "thing", scratch, "thing.so: of kind \"policy\", wanted was");
    scratch_refused(OSTLER_KIND_POLICY, "thing", scratch, "the module in it is called \"good\", not \"thing\"");
}

WRONG(broken_file_of_the_right_name_hides_no_other)
{
    scratch_folder("policies");
    scratch_write(scratch_path("good.so"), "x", 1);
    scratch_overwrite("good", "policies/good.so");
    scratch_refused(OSTLER_KIND_POLICY, "good", scratch, "good.so: not a shared object");
}

WRONG(folder)
{
    scratch_folder("good.so");
    scratch_refused(OSTLER_KIND_POLICY, scratch_path("good.so"), NULL, "good.so: a folder, not a module");
    scratch_refused(OSTLER_KIND_POLICY, "good", scratch, "good.so: a folder, not a module");
}

WRONG(fifo_does_not_hang)
{
    cr_assert_eq(mkfifo(scratch_path("good.so"), 0644), 0);
    scratch_refused(OSTLER_KIND_POLICY, "good", scratch, "good.so: not a regular file");
}

WRONG(unreadable)
{
    const char *path = scratch_overwrite("good", "good.so");

    cr_assert_eq(chmod(path, 0), 0);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
    scratch_refused(OSTLER_KIND_POLICY, path, NULL, "good.so: Permission denied");
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
}

WRONG(dangling_link)
{
    cr_assert_eq(symlink("/nonexistent", scratch_path("good.so")), 0);
    scratch_refused(OSTLER_KIND_POLICY, "good", scratch, "good.so: No such file or directory");
}

WRONG(text_instead_of_code)
{
    scratch_write(scratch_path("good.so"), "#!/bin/sh\n", 10);
    scratch_refused(OSTLER_KIND_POLICY, "good", scratch, "good.so: not a shared object");
}

WRONG(object_file_instead_of_a_shared_object)
{
    scratch_refused(OSTLER_KIND_POLICY, BUILT_MODULES "/good_la-good.o", NULL,
                    "good_la-good.o: not a shared object but an object file");
}

WRONG(file_cut_short_at_any_length_ends_no_process)
{
    size_t size;
    char *content = scratch_read("good", &size);
    const char *path = scratch_path("good.so");

    scratch_write(path, content, 0);
    scratch_refused(OSTLER_KIND_POLICY, path, NULL, "good.so: empty");
    scratch_write(path, content, 20);
    scratch_refused(OSTLER_KIND_POLICY, path, NULL, "good.so: not a shared object (20 bytes");
    for (size_t length = 64; length < size; length += 97) {
        scratch_write(path, content, length);
        scratch_refused(OSTLER_KIND_POLICY, path, NULL, "good.so: incomplete");
    }
    scratch_write(path, content, size - 1);
    scratch_refused(OSTLER_KIND_POLICY, path, NULL, "good.so: incomplete");
    scratch_write(path, content, size);
    ostler_module_unref(scratch_load(OSTLER_KIND_POLICY, path, NULL));
    free(content);
}

WRONG(failures_leave_nothing_behind)
{
    unsigned descriptors = 0;

    for (int i = 0; i < 20; i++) {
        refused(OSTLER_KIND_POLICY, "unresolved", "cannot be linked");
        refused(OSTLER_KIND_POLICY, "other_abi", "built for");
        refused(OSTLER_KIND_POLICY, "no_symbol", "not a module");
        if (i == 0)
            descriptors = count_descriptors();
    }
    cr_assert_eq(count_descriptors(), descriptors);
    cr_assert_eq(count_mappings(), 0);
}

WRONG(other_modules_are_not_disturbed)
{
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, BUILT_MODULES "/good.so", NULL);

    refused(OSTLER_KIND_POLICY, "unresolved", "cannot be linked");
    refused(OSTLER_KIND_POLICY, "missing_library", "a library that it needs");
    cr_assert_str_eq(ostler_module_descriptor(module)->name, "good");
    ostler_module_unref(module);
}
