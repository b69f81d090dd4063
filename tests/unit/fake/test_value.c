/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <criterion/criterion.h>
#include <json-c/json.h>

static struct json_object *parse(const char *text)
{
    struct json_tokener *tokener = json_tokener_new_ex(64);
    struct json_object *value = json_tokener_parse_ex(tokener, text, -1);

    cr_assert_eq(json_tokener_get_error(tokener), json_tokener_success, "%s", text);
    json_tokener_free(tokener);
    return value;
}

static struct json_object *nest(int depth)
{
    struct json_object *value = json_object_new_array();

    for (int i = 1; i < depth; i++) {
        struct json_object *outer = json_object_new_array();
        json_object_array_add(outer, value);
        value = outer;
    }
    return value;
}

Test(value, a_copy_is_equal_and_shares_nothing)
{
    static const char *const texts[] = {
        "{\"a\":[1,2,{\"b\":null}],\"c\":\"text\",\"d\":true,\"e\":false,\"f\":0.1,\"\":\"\"}",
        "[-9223372036854775808,9223372036854775807,9223372036854775808,18446744073709551615,0,-1]",
        "[1e300,-0.5,3.0]",
        "\"\\u00fc \\u20ac \\ud83d\\ude00 a\\u0000b\"",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct json_object *value = parse(texts[i]), *copy = NULL;
        cr_assert_eq(fake_value_copy(value, &copy, NULL), OSTLER_OK);
        cr_expect(json_object_equal(value, copy), "%s", texts[i]);
        cr_expect_neq(value, copy);
        json_object_put(value);
        json_object_put(copy);
    }
}

Test(value, null_is_null)
{
    struct json_object *copy = NULL;

    cr_expect_eq(fake_value_copy(NULL, &copy, NULL), OSTLER_OK);
    cr_expect_null(copy);
}

Test(value, an_empty_object_is_as_good_as_none)
{
    struct json_object *object = json_object_new_object(), *copy = NULL;

    cr_expect_eq(fake_value_copy_members(object, &copy, NULL), OSTLER_OK);
    cr_expect_null(copy);
    json_object_object_add(object, "a", NULL);
    cr_expect_eq(fake_value_copy_members(object, &copy, NULL), OSTLER_OK);
    cr_expect_eq(json_object_object_length(copy), 1);
    json_object_put(object);
    json_object_put(copy);
}

Test(value, what_is_no_utf8_is_refused)
{
    static const char *const bad[] = {"\xff",         "abcdefgh\x80",     "\xc0\x80",         "\xc3",
                                      "\xe0\x80\x80", "\xed\xa0\x80",     "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80", "12345678\xe2\x82", "\xe2\x28\xa1"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ostler_error error = OSTLER_ERROR_INIT;
        struct json_object *copy = NULL;
        struct json_object *array = json_object_new_array(), *object = json_object_new_object();
        json_object_array_add(array, json_object_new_string(bad[i]));
        json_object_object_add(object, bad[i], json_object_new_int(1));
        cr_expect_eq(fake_value_copy(array, &copy, &error), OSTLER_E_INVALID, "value %zu", i);
        cr_expect_eq(fake_value_copy(object, &copy, &error), OSTLER_E_INVALID, "name %zu", i);
        cr_expect_null(copy);
        ostler_error_clear(&error);
        json_object_put(array);
        json_object_put(object);
    }
}

Test(value, depth_ends_at_its_limit)
{
    struct json_object *deepest = nest(FAKE_VALUE_DEPTH), *deeper = nest(FAKE_VALUE_DEPTH + 1), *copy = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_expect_eq(fake_value_copy(deeper, &copy, &error), OSTLER_E_INVALID);
    cr_expect_null(copy);
    cr_expect_eq(fake_value_copy(deepest, &copy, NULL), OSTLER_OK);
    ostler_error_clear(&error);
    json_object_put(deepest);
    json_object_put(deeper);
    json_object_put(copy);
}
