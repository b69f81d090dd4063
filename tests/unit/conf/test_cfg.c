/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct ostler_option options[] = {
    {.name = "text", .type = OSTLER_OPTION_STRING},
    {.name = "truth", .type = OSTLER_OPTION_BOOL},
    {.name = "number", .type = OSTLER_OPTION_INTEGER},
    {.name = "large", .type = OSTLER_OPTION_INTEGER},
    {.name = "real", .type = OSTLER_OPTION_FLOAT},
    {.name = "list", .type = OSTLER_OPTION_LIST},
    {.name = "dict", .type = OSTLER_OPTION_DICT},
    {.name = "multi", .type = OSTLER_OPTION_MULTI},
    {.name = NULL},
};

static enum ostler_status add(ostler_conf *conf, const char *text, struct ostler_error *error)
{
    return ostler_conf_add_file(conf, scratch_write("a.cfg", text), error);
}

Test(cfg, groups_are_sections)
{
    ostler_conf *conf = scratch_conf(NULL);
    size_t count = 0;

    scratch_make();
    cr_assert_eq(add(conf,
                     "control_exchange = \"outside\";\n"
                     "x = { text = \"a\"; truth = true; number = 0x10; large = 5000000000L; real = 2.5; };\n"
                     "server = { topic = \"one\"; named = { topic = \"two\"; endpoints = [\"echo\", \"a,b\"]; } };\n",
                     NULL),
                 OSTLER_OK);
    cr_assert_eq(ostler_conf_declare(conf, "x", options, NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "control_exchange"), "outside");
    cr_expect_str_eq(ostler_conf_string(conf, "x", "text"), "a");
    cr_expect(ostler_conf_bool(conf, "x", "truth"));
    cr_expect_eq(ostler_conf_integer(conf, "x", "number", 0), 16);
    cr_expect_eq(ostler_conf_integer(conf, "x", "large", 0), 5000000000);
    cr_expect_float_eq(ostler_conf_float(conf, "x", "real", 0), 2.5, 0);
    cr_expect_str_eq(ostler_conf_string(conf, "server", "topic"), "one");
    cr_expect_str_eq(ostler_conf_string(conf, "server:named", "topic"), "two");
    cr_expect_str_eq(ostler_conf_list(conf, "server:named", "endpoints", &count)[1], "a,b");
    cr_expect_eq(count, 2);
    ostler_conf_unref(conf);
    scratch_remove();
}

Test(cfg, lists_and_arrays_are_items)
{
    ostler_conf *conf = scratch_conf(NULL);
    size_t count = 0;

    scratch_make();
    cr_assert_eq(add(conf,
                     "x = { list = (\"a\", 1, true); multi = [\"m\", \"$text\"]; dict = [\"k:v,w\", \"l : u\"];"
                     " text = \"t\"; };",
                     NULL),
                 OSTLER_OK);
    cr_assert_eq(ostler_conf_declare(conf, "x", options, NULL), OSTLER_OK);
    const char *const *list = ostler_conf_list(conf, "x", "list", &count);
    cr_assert_eq(count, 3);
    cr_expect_str_eq(list[1], "1");
    cr_expect_str_eq(list[2], "true");
    cr_expect_null(list[3]);
    cr_expect_str_eq(ostler_conf_list(conf, "x", "multi", &count)[1], "t");
    cr_expect_eq(count, 2);
    cr_expect_str_eq(ostler_conf_dict(conf, "x", "dict", "k"), "v,w");
    cr_expect_str_eq(ostler_conf_dict(conf, "x", "dict", "l"), "u");
    ostler_conf_unref(conf);
    scratch_remove();
}

Test(cfg, an_empty_list_is_a_list)
{
    ostler_conf *conf = scratch_conf(NULL);
    size_t count = 7;

    scratch_make();
    cr_assert_eq(add(conf, "x = { list = []; multi = (); dict = (); };", NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_declare(conf, "x", options, NULL), OSTLER_OK);
    cr_expect_null(ostler_conf_list(conf, "x", "list", &count)[0]);
    cr_expect_eq(count, 0);
    cr_expect_null(ostler_conf_dict_items(conf, "x", "dict", &count)[0]);
    ostler_conf_unref(conf);
    scratch_remove();
}

static void expect_failure(const char *text, const char *where, const char *what)
{
    ostler_conf *conf = scratch_conf(NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;
    char expected[600];

    snprintf(expected, sizeof expected, "%s/%s", scratch_make(), where);
    enum ostler_status status = add(conf, text, &error);
    if (status == OSTLER_OK)
        status = ostler_conf_declare(conf, "x", options, &error);
    cr_assert_eq(status, OSTLER_E_CONFIG, "%s", text);
    cr_expect(strncmp(error.message, expected, strlen(expected)) == 0, "%s", error.message);
    cr_expect_not_null(strstr(error.message, what), "%s", error.message);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
    scratch_remove();
}

Test(cfg, failures_name_file_line_and_cause)
{
    expect_failure("x = {\n text = \n};\n", "a.cfg:3: ", "syntax error");
    expect_failure("x = {\n text = \"a\";\n text = \"b\"; };\n", "a.cfg:3: ", "duplicate");
    expect_failure("x = {\n y = {\n z = { };\n }; };\n", "a.cfg:3: z: ", "two deep");
    expect_failure("x = {\n list = ( (1), 2 ); };\n", "a.cfg:2: list: ", "inside the list");
    expect_failure("x = {\n text = \"\xff\"; };\n", "a.cfg:2: text: ", "not valid UTF-8");
    expect_failure("x = {\n text = (\"a\"); };\n", "a.cfg:2: [x] text: ", "expected one value, got a list of 1");
    expect_failure("x = {\n\n number = \"ten\"; };\n", "a.cfg:3: [x] number: ", "expected an integer, got \"ten\"");
    expect_failure("x = {\n dict = (\"k\"); };\n", "a.cfg:2: [x] dict: ", "NAME:VALUE");
}

Test(cfg, a_nul_byte_is_named)
{
    ostler_conf *conf = scratch_conf(NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;

    scratch_make();
    cr_assert_eq(ostler_conf_add_file(conf, scratch_write_bytes("a.cfg", "a = 1;\n\0", 8), &error), OSTLER_E_CONFIG);
    cr_expect_not_null(strstr(error.message, "a.cfg:2: a NUL byte"), "%s", error.message);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
    scratch_remove();
}

Test(cfg, an_included_file_is_found_beside_its_own)
{
    ostler_conf *conf = scratch_conf(NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;

    scratch_make();
    scratch_write("inner.inc", "x = {\n number = \"ten\"; };\n");
    cr_assert_eq(add(conf, "@include \"inner.inc\"\n", &error), OSTLER_OK, "%s", error.message);
    cr_assert_eq(ostler_conf_declare(conf, "x", options, &error), OSTLER_E_CONFIG);
    cr_expect_not_null(strstr(error.message, "inner.inc:2: [x] number"), "%s", error.message);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
    scratch_remove();
}
