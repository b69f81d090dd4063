/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static struct values *values;

static void make(void)
{
    values = values_new();
    cr_assert_not_null(values);
}

static void end(void)
{
    values_free(values);
}

/* Parses a copy that ends where the text does. */
static enum ostler_status parse(const char *text, size_t length, struct json_object **out, struct ostler_error *error)
{
    char *copy = malloc(length ? length : 1);

    cr_assert_not_null(copy);
    memcpy(copy, text, length);
    enum ostler_status status = values_parse(values, copy, length, "the value", out, error);
    free(copy);
    return status;
}

Test(values, whole_texts_are_parsed, .init = make, .fini = end, .timeout = 30)
{
    static const char *const texts[] = {"5",
                                        "-1.5",
                                        "true",
                                        "null",
                                        "\"x\"",
                                        "[]",
                                        "{\"a\":[1,2,{\"b\":null}]}",
                                        "9223372036854775807",
                                        "18446744073709551615",
                                        "\"\xc3\xa4\xf0\x9f\x98\x80\""};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct json_object *value = NULL;
        size_t length;
        cr_assert_eq(parse(texts[i], strlen(texts[i]), &value, NULL), OSTLER_OK, "%s", texts[i]);
        cr_expect_str_eq(values_print(value, &length), texts[i]);
        json_object_put(value);
    }
}

Test(values, no_text_is_null, .init = make, .fini = end, .timeout = 30)
{
    struct json_object *value = NULL;

    cr_assert_eq(parse("", 0, &value, NULL), OSTLER_OK);
    cr_expect_null(value);
}

Test(values, what_is_not_one_value_is_refused, .init = make, .fini = end, .timeout = 30)
{
    static const char *const texts[] = {"{", "{}{}", "[1",   "\"x",   "nul", "{\"a\"}",
                                        "x", "1 2",  "[1,]", "/**/1", "True"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct ostler_error error = OSTLER_ERROR_INIT;
        struct json_object *value = NULL;
        cr_expect_eq(parse(texts[i], strlen(texts[i]), &value, &error), OSTLER_E_INVALID, "%s", texts[i]);
        cr_expect_null(value);
        cr_expect_not_null(strstr(error.message, "the value"));
        ostler_error_clear(&error);
    }
}

static enum ostler_status parse_nested(size_t depth, struct ostler_error *error)
{
    struct json_object *value = NULL;
    char *text = malloc(2 * depth);

    cr_assert_not_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    enum ostler_status status = parse(text, 2 * depth, &value, error);
    json_object_put(value);
    free(text);
    return status;
}

Test(values, depth_is_bounded, .init = make, .fini = end, .timeout = 30)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_expect_eq(parse_nested(900, NULL), OSTLER_OK);
    cr_expect_eq(parse_nested(10000, &error), OSTLER_E_INVALID);
    cr_expect_not_null(strstr(error.message, "deeper than 1000"), "%s", error.message);
    /* The parser is good for the next one. */
    cr_expect_eq(parse_nested(3, NULL), OSTLER_OK);
    ostler_error_clear(&error);
}

Test(values, text_that_is_no_utf8_is_refused, .init = make, .fini = end, .timeout = 30)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *value = NULL;

    cr_expect_eq(parse("\"\xff\xfe\"", 4, &value, &error), OSTLER_E_INVALID);
    cr_expect_not_null(strstr(error.message, "UTF-8"), "%s", error.message);
    ostler_error_clear(&error);
}
