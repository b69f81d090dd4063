/* SPDX-License-Identifier: Apache-2.0 */
/* This program is linked with -dlpreopen of two modules. No file of theirs is needed, in any build. */
#include "scratch.h"

#include <ostler/policy.h>

#define PRELOADED(name_) Test(preloaded, name_, .init = scratch_make, .fini = scratch_remove, .timeout = 30)

static void preload(void)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = OSTLER_PRELOADED_MODULES(&error);

    cr_assert_eq(status, OSTLER_OK, "%s", error.message ? error.message : "?");
}

PRELOADED(modules_are_found_by_name_and_alias)
{
    preload();
    preload();
    ostler_loaded_module *first = scratch_load(OSTLER_KIND_POLICY, "first", NULL);
    ostler_loaded_module *alias = scratch_load(OSTLER_KIND_POLICY, "one", "/nonexistent");
    ostler_loaded_module *second = scratch_load(OSTLER_KIND_POLICY, "second", NULL);
    const struct ostler_policy_ops *ops = ostler_module_descriptor(second)->ops;

    cr_assert_eq(first, alias);
    cr_assert_str_eq(ostler_module_file(first), "built in");
    cr_assert(ops->is_allowed(NULL, NULL));
    ostler_module_unref(first);
    ostler_module_unref(alias);
    ostler_module_unref(second);
}

PRELOADED(nothing_is_found_before_the_program_asks_for_it)
{
    scratch_refused(OSTLER_KIND_POLICY, "first", NULL, "no policy \"first\"");
}

PRELOADED(files_can_still_be_loaded)
{
    preload();
    if (access(BUILT_MODULES "/good.so", R_OK) != 0) {
        scratch_remove();
        cr_skip_test("this build makes no shared objects");
    }
    scratch_overwrite("good", "good.so");
    ostler_module_unref(scratch_load(OSTLER_KIND_POLICY, "good", scratch));
}

static void note(void *user, const char *file, const struct ostler_module *descriptor,
                 const struct ostler_error *problem)
{
    char *text = user;

    (void)problem;
    if (descriptor && strcmp(file, "built in") == 0) {
        strcat(text, descriptor->name);
        strcat(text, " ");
    }
}

PRELOADED(modules_are_visited)
{
    char names[256] = "";

    preload();
    cr_assert_eq(ostler_module_visit(OSTLER_KIND_POLICY, NULL, note, names, NULL), OSTLER_OK);
    cr_assert(strcmp(names, "first second ") == 0 || strcmp(names, "second first ") == 0, "%s", names);
}

PRELOADED(program_without_any)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_module_preload(NULL, &error), OSTLER_OK);
    cr_assert_null(error.message);
}

PRELOADED(wrong_module_is_named)
{
    static const struct ostler_module other = {.abi = 7};
    static const struct {
        const char *name;
        const void *address;
    } symbols[] = {{"@PROGRAM@", NULL}, {"x.a", NULL}, {"x_LTX_ostler_module", &other}, {NULL, NULL}};
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_module_preload(symbols, &error), OSTLER_E_MODULE);
    cr_assert_not_null(strstr(error.message, "x_LTX_ostler_module: built for module ABI 0x00000007"));
    ostler_error_clear(&error);
}
