/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

/* What a call with these arguments is told; "" if they fit. */
static const char *told(const char *declared, const char *json)
{
    static char text[1024];
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct params *params = NULL;
    struct json_object *args = json_tokener_parse(json);

    cr_assert_eq(params_parse(declared, &params, &error), OSTLER_OK, "%s", declared);
    text[0] = '\0';
    if (params_check(params, "greet", args, &error) != OSTLER_OK)
        snprintf(text, sizeof text, "%s", error.message);
    ostler_error_clear(&error);
    json_object_put(args);
    params_free(params);
    return text;
}

static const char *refused(const char *declared)
{
    static char text[1024];
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct params *params = NULL;

    text[0] = '\0';
    if (params_parse(declared, &params, &error) != OSTLER_OK)
        snprintf(text, sizeof text, "%s %s", ostler_status_name(error.status), error.message);
    cr_expect_null(params);
    params_free(params);
    ostler_error_clear(&error);
    return text;
}

Test(params, nothing_is_checked_without_a_declaration)
{
    cr_expect_str_eq(told(NULL, "{\"a\": 1}"), "");
}

Test(params, an_empty_declaration_takes_nothing)
{
    cr_expect_str_eq(told("", "{}"), "");
    cr_expect_str_eq(told("  ", "{}"), "");
    cr_expect_str_eq(told("", "{\"x\": 1}"), "greet() got an unexpected keyword argument 'x'");
}

Test(params, missing_ones_are_told_as_python_does)
{
    cr_expect_str_eq(told("name", "{}"), "greet() missing 1 required positional argument: 'name'");
    cr_expect_str_eq(told("a, b", "{}"), "greet() missing 2 required positional arguments: 'a' and 'b'");
    cr_expect_str_eq(told("a,b,c,d?", "{}"), "greet() missing 3 required positional arguments: 'a', 'b', and 'c'");
    cr_expect_str_eq(told("a, b", "{\"b\": 1}"), "greet() missing 1 required positional argument: 'a'");
}

Test(params, an_unexpected_one_comes_first)
{
    cr_expect_str_eq(told("a: string", "{\"x\": 1}"), "greet() got an unexpected keyword argument 'x'");
    cr_expect_str_eq(told("a, b", "{\"a\": 1, \"b\": 2, \"x\": 1}"), "greet() got an unexpected keyword argument 'x'");
}

Test(params, optional_ones_may_be_left_out_or_null)
{
    cr_expect_str_eq(told("a: integer, b?: string", "{\"a\": 1}"), "");
    cr_expect_str_eq(told("a: integer, b ? : string", "{\"a\": 1, \"b\": null}"), "");
    cr_expect_str_eq(told("a: integer", "{\"a\": null}"), "greet() argument 'a' must be integer, not null");
}

Test(params, dots_allow_more)
{
    cr_expect_str_eq(told("a, ...", "{\"a\": 1, \"x\": 2}"), "");
    cr_expect_str_eq(told("...", "{\"x\": 2}"), "");
    cr_expect_str_eq(told("a, ...", "{\"x\": 2}"), "greet() missing 1 required positional argument: 'a'");
}

Test(params, types_are_checked)
{
    static const struct {
        const char *type, *good, *bad, *got;
    } rows[] = {
        {"string", "\"x\"", "1", "integer"},  {"integer", "1", "1.5", "number"},   {"number", "1", "\"1\"", "string"},
        {"number", "1.5", "true", "boolean"}, {"boolean", "true", "1", "integer"}, {"object", "{}", "[]", "array"},
        {"array", "[]", "{}", "object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char declared[64], args[64], expected[128];
        snprintf(declared, sizeof declared, "v: %s", rows[i].type);
        snprintf(args, sizeof args, "{\"v\": %s}", rows[i].good);
        cr_expect_str_eq(told(declared, args), "");
        snprintf(args, sizeof args, "{\"v\": %s}", rows[i].bad);
        snprintf(expected, sizeof expected, "greet() argument 'v' must be %s, not %s", rows[i].type, rows[i].got);
        cr_expect_str_eq(told(declared, args), expected);
    }
    cr_expect_str_eq(told("v: any", "{\"v\": null}"), "");
}

Test(params, wrong_declarations_are_refused)
{
    cr_expect_str_eq(refused("a: text"),
                     "OSTLER_E_MODULE parameter \"a\" has the unknown type \"text\"; known are any, string, integer, "
                     "number, boolean, object and array");
    cr_expect_str_eq(refused("a, a"), "OSTLER_E_MODULE parameter \"a\" is declared twice");
    cr_expect_str_eq(refused("a, , b"), "OSTLER_E_MODULE \"\" is no parameter name");
    cr_expect_str_eq(refused("a b"), "OSTLER_E_MODULE \"a b\" is no parameter name");
    cr_expect_str_eq(refused("..., a"), "OSTLER_E_MODULE \"...\" is no parameter name");
    cr_expect_str_eq(refused("1a"), "OSTLER_E_MODULE \"1a\" is no parameter name");
}

Test(params, there_is_a_most)
{
    char declared[1024] = "a0";

    for (int i = 1; i <= PARAMS_MAX; i++)
        snprintf(declared + strlen(declared), sizeof declared - strlen(declared), ",a%d", i);
    cr_expect_str_eq(refused(declared), "OSTLER_E_MODULE more than 64 parameters");
}
