/* SPDX-License-Identifier: Apache-2.0 */
#include "module_builtin.h"

#include "scratch.h"

#include <ostler/policy.h>

#define VISIT(name_) Test(visit, name_, .init = scratch_make, .fini = scratch_remove, .timeout = 30)

static bool allow(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    (void)method;
    return true;
}

static const struct ostler_policy_ops policy = {.is_allowed = allow};

static const struct ostler_module builtin = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_POLICY,
    .name = "first",
    .version = "1.0",
    .ops = &policy,
    .ops_size = sizeof policy,
};

static const char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');

    return slash ? slash + 1 : file;
}

/* Appends "FILE=NAME " or "FILE! " for one that cannot be loaded. */
static void note(void *user, const char *file, const struct ostler_module *descriptor,
                 const struct ostler_error *problem)
{
    char *text = user;
    size_t length = strlen(text);

    cr_assert_eq(descriptor == NULL, problem != NULL);
    if (descriptor)
        snprintf(text + length, 512 - length, "%s=%s ", base_name(file), descriptor->name);
    else
        snprintf(text + length, 512 - length, "%s! ", base_name(file));
    if (problem)
        cr_assert_not_null(strstr(problem->message, base_name(file)));
}

static const char *visited(const char *kind, const char *plugin_path)
{
    static char text[512];
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status;

    text[0] = '\0';
    status = ostler_module_visit(kind, plugin_path, note, text, &error);
    cr_assert_eq(status, OSTLER_OK, "%s", error.message ? error.message : "?");
    return text;
}

VISIT(each_name_once_and_what_is_broken)
{
    unsigned before;

    scratch_folder("policies");
    scratch_overwrite("good", "b.so");
    scratch_overwrite("same_name", "policies/good.so");
    scratch_overwrite("unresolved", "a.so");
    scratch_overwrite("version_1", "c.so");
    scratch_overwrite("alias_taken", "policies/taken.so");
    before = count_descriptors();
    cr_assert_str_eq(visited(OSTLER_KIND_POLICY, scratch), "a.so! b.so=good taken.so=alias-taken ");
    cr_assert_str_eq(visited(OSTLER_KIND_ENDPOINT, scratch), "a.so! c.so=versioned ");
    cr_assert_eq(count_descriptors(), before);
    cr_assert_eq(count_mappings(), 0);
}

VISIT(what_is_loaded_stays_and_no_name_is_taken)
{
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_POLICY, BUILT_MODULES "/good.so", NULL);

    scratch_overwrite("same_name", "x.so");
    cr_assert_str_eq(visited(OSTLER_KIND_POLICY, scratch), "x.so=good ");
    cr_assert_str_eq(ostler_module_descriptor(module)->name, "good");
    ostler_module_unref(module);
}

VISIT(unknown_kind)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_module_visit("gizmo", scratch, note, NULL, &error), OSTLER_E_MODULE);
    cr_assert_str_eq(error.message, "\"gizmo\" is no kind of module");
    ostler_error_clear(&error);
}

/* No lock is held: the visitor may load. */
static void load_it(void *user, const char *file, const struct ostler_module *descriptor,
                    const struct ostler_error *problem)
{
    (void)problem;
    if (descriptor)
        *(ostler_loaded_module **)user = scratch_load(descriptor->kind, file, NULL);
}

VISIT(visitor_may_load_modules)
{
    ostler_loaded_module *module = NULL;

    scratch_overwrite("good", "good.so");
    cr_assert_eq(ostler_module_visit(OSTLER_KIND_POLICY, scratch, load_it, &module, NULL), OSTLER_OK);
    cr_assert_not_null(module);
    ostler_module_unref(module);
}

VISIT(built_in_first)
{
    module_register_builtin(&builtin);
    scratch_overwrite("good", "a.so");
    cr_assert_str_eq(visited(OSTLER_KIND_POLICY, scratch), "built in=first a.so=good ");
    cr_assert_str_eq(visited(OSTLER_KIND_ENDPOINT, scratch), "");
}
