/* SPDX-License-Identifier: Apache-2.0 */
#include "candidates.h"

#include "scratch.h"

#define CANDIDATES(name_) Test(candidates, name_, .init = scratch_make, .fini = scratch_remove, .timeout = 30)

/* The candidates for the policy @name as "FILE FILE*", relative to the scratch folder; "*" marks those that are called
 * as the module is. */
static const char *found(const char *name, const char *plugin_path)
{
    static char text[1024];
    struct candidates candidates = {0};
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = candidates_find(kind_find("policy"), name, plugin_path, &candidates, &error);
    size_t length = 0;

    cr_assert_eq(status, OSTLER_OK, "%s", error.message ? error.message : "?");
    text[0] = '\0';
    for (size_t i = 0; i < candidates.count; i++) {
        const char *file = candidates.items[i].file;
        if (strncmp(file, scratch, strlen(scratch)) == 0)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s%s", length > 0 ? " " : "",
                                       file + strlen(scratch) + 1, candidates.items[i].by_name ? "*" : "");
    }
    candidates_clear(&candidates);
    return text;
}

CANDIDATES(order_of_the_search)
{
    char path[PATH_MAX];

    scratch_folder("one");
    scratch_folder("one/policies");
    scratch_folder("two");
    scratch_write(scratch_path("one/a.so"), "", 0);
    scratch_write(scratch_path("one/b.so"), "", 0);
    scratch_write(scratch_path("one/c.txt"), "", 0);
    scratch_write(scratch_path("one/.so"), "", 0);
    scratch_write(scratch_path("one/.hidden.so"), "", 0);
    scratch_write(scratch_path("one/policies/z.so"), "", 0);
    scratch_write(scratch_path("one/policies/b.so"), "", 0);
    scratch_write(scratch_path("two/b.so"), "", 0);
    scratch_write(scratch_path("two/bb.so"), "", 0);

    snprintf(path, sizeof path, ":%s/one::%s/two:", scratch, scratch);
    cr_assert_str_eq(found("b", path), "one/b.so* one/a.so one/policies/b.so* one/policies/z.so two/b.so* two/bb.so");
    cr_assert_str_eq(found(NULL, path), "one/a.so one/b.so one/policies/b.so one/policies/z.so two/b.so two/bb.so");
}

CANDIDATES(plugin_path_comes_before_the_environment)
{
    scratch_folder("one");
    scratch_folder("two");
    scratch_write(scratch_path("one/a.so"), "", 0);
    scratch_write(scratch_path("two/b.so"), "", 0);
    cr_assert_eq(setenv("OSTLER_PLUGIN_PATH", scratch_path("two"), 1), 0);
    cr_assert_str_eq(found("b", scratch_path("one")), "one/a.so two/b.so*");
    cr_assert_str_eq(found("b", NULL), "two/b.so*");
}

CANDIDATES(relative_folders_become_absolute)
{
    scratch_folder("one");
    scratch_write(scratch_path("one/a.so"), "", 0);
    cr_assert_eq(chdir(scratch), 0);
    cr_assert_str_eq(found("a", "one"), "one/a.so*");
    cr_assert_eq(chdir("/"), 0);
}

CANDIDATES(folders_that_were_looked_at)
{
    struct candidates candidates = {0};
    char expected[PATH_MAX];

    cr_assert_eq(candidates_find(kind_find("policy"), "x", scratch, &candidates, NULL), OSTLER_OK);
    snprintf(expected, sizeof expected, "%s, " MODULE_DIR "/policies", scratch);
    cr_assert_eq(strncmp(candidates.folders, expected, strlen(expected)), 0, "%s", candidates.folders);
    candidates_clear(&candidates);
}

CANDIDATES(bounds)
{
    struct candidates candidates = {0};
    struct ostler_error error = OSTLER_ERROR_INIT;
    char path[4 * (CANDIDATES_FOLDERS_MAX + 1) + 1] = "", name[32];

    for (int i = 0; i <= CANDIDATES_FOLDERS_MAX; i++)
        strcat(path, "/xy:");
    cr_assert_eq(candidates_find(kind_find("policy"), "x", path, &candidates, &error), OSTLER_E_MODULE);
    cr_assert_not_null(strstr(error.message, "more than 64 folders"), "%s", error.message);
    cr_assert_null(candidates.folders);

    for (int i = 0; i <= CANDIDATES_MAX; i++) {
        snprintf(name, sizeof name, "%d.so", i);
        scratch_write(scratch_path(name), "", 0);
    }
    cr_assert_eq(candidates_find(kind_find("policy"), "x", scratch, &candidates, &error), OSTLER_E_MODULE);
    cr_assert_not_null(strstr(error.message, "more than 1024 files"), "%s", error.message);
    ostler_error_clear(&error);
}
