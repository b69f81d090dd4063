/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_parts.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const colours[] = {"red", "green", NULL};

/* Converts one text; the arena keeps the value. */
static enum ostler_status convert(const struct ostler_option *option, const char *text, struct arena *arena,
                                  struct value *value, struct ostler_error *error)
{
    *value = (struct value){.none = false};
    return types_convert(option, &text, 1, false, arena, value, error);
}

/* Joins what a text becomes: items by "|", none as "none". */
static void expect(const struct ostler_option *option, const char *text, const char *expected)
{
    struct arena arena = {NULL};
    struct value value;
    char joined[256] = "";

    cr_assert_eq(convert(option, text, &arena, &value, NULL), OSTLER_OK, "%s", text);
    if (value.none) {
        strcpy(joined, "none");
    } else if (value.items) {
        for (size_t i = 0; value.items[i]; i++)
            strcat(strcat(joined, i ? "|" : ""), value.items[i]);
    } else {
        char *printed = types_print(option, &value);
        strcpy(joined, printed);
        free(printed);
    }
    cr_expect_str_eq(joined, expected, "%s became %s", text, joined);
    arena_free(&arena);
}

static void expect_failure(const struct ostler_option *option, const char *text, const char *expected)
{
    struct arena arena = {NULL};
    struct value value;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(convert(option, text, &arena, &value, &error), OSTLER_E_CONFIG, "%s", text);
    cr_expect_str_eq(error.message, expected);
    ostler_error_clear(&error);
    arena_free(&arena);
}

Test(types, strings)
{
    const struct ostler_option plain = {.name = "o", .type = OSTLER_OPTION_STRING};
    const struct ostler_option choice = {.name = "o", .type = OSTLER_OPTION_STRING, .choices = colours};

    expect(&plain, "", "");
    expect(&plain, " a ", " a ");
    expect(&choice, "green", "green");
    expect_failure(&choice, "Green", "expected one of red, green, got \"Green\"");
    expect_failure(&choice, "", "expected one of red, green, got \"\"");
}

Test(types, truth_values)
{
    const struct ostler_option option = {.name = "o", .type = OSTLER_OPTION_BOOL};

    expect(&option, "true", "True");
    expect(&option, "1", "True");
    expect(&option, "ON", "True");
    expect(&option, "Yes", "True");
    expect(&option, "False", "False");
    expect(&option, "0", "False");
    expect(&option, "off", "False");
    expect(&option, "nO", "False");
    expect_failure(&option, "", "expected true, 1, on, yes, false, 0, off or no, got \"\"");
    expect_failure(&option, " true", "expected true, 1, on, yes, false, 0, off or no, got \" true\"");
}

Test(types, numbers_and_their_bounds)
{
    const struct ostler_option integer = {.name = "o", .type = OSTLER_OPTION_INTEGER};
    const struct ostler_option bounded = {.name = "o", .type = OSTLER_OPTION_INTEGER, .min = -1, .max = 5};
    const struct ostler_option real = {.name = "o", .type = OSTLER_OPTION_FLOAT, .min = 0, .max = 1.5};

    expect(&integer, " +07 ", "7");
    expect(&integer, "", "none");
    expect(&integer, " \t", "none");
    expect_failure(&integer, "1.0", "expected an integer, got \"1.0\"");
    expect_failure(&integer, "99999999999999999999", "expected an integer of 64 bits, got \"99999999999999999999\"");
    expect(&bounded, "-1", "-1");
    expect(&bounded, "5", "5");
    expect_failure(&bounded, "-2", "expected a number not less than -1, got \"-2\"");
    expect_failure(&bounded, "6", "expected a number not greater than 5, got \"6\"");
    expect(&real, "1.5", "1.5");
    expect(&real, "nan", "nan");
    expect(&real, "", "none");
    expect_failure(&real, "1.6", "expected a number not greater than 1.5, got \"1.6\"");
    expect_failure(&real, "one", "expected a number, got \"one\"");
}

Test(types, lists)
{
    const struct ostler_option option = {.name = "o", .type = OSTLER_OPTION_LIST};

    expect(&option, "a, b ,,c ,", "a|b||c");
    expect(&option, "a\n,b", "a|b");
    expect(&option, ",,", "");
    expect(&option, "", "");
    expect(&option, ",a", "|a");
    expect(&option, "\"a,b\"", "\"a|b\"");
}

Test(types, dictionaries)
{
    const struct ostler_option option = {.name = "o", .type = OSTLER_OPTION_DICT};

    expect(&option, "", "");
    expect(&option, " a : 1 , b:2:3 ", "a|1|b|2:3");
    expect(&option, "a:1,2,b:3", "a|1|2,b|3");
    expect(&option, "a:", "a|");
    expect_failure(&option, "a", "expected NAME:VALUE pairs separated by commas, got \"a\"");
    expect_failure(&option, "a:1,", "expected NAME:VALUE pairs separated by commas, got \"a:1,\"");
    expect_failure(&option, ":1", "expected a name before each colon, got \":1\"");
    expect_failure(&option, "a:1,a:2", "expected NAME:VALUE pairs, each name once, got \"a:1,a:2\"");
}

Test(types, a_dictionary_has_a_bound)
{
    const struct ostler_option option = {.name = "o", .type = OSTLER_OPTION_DICT, .secret = true};
    char text[20000] = "";

    for (int i = 0; i < 1025; i++)
        snprintf(text + strlen(text), 16, "%sk%d:v", i ? "," : "", i);
    expect_failure(&option, text, "expected at most 1024 pairs");
}

Test(types, a_multi_valued_text_is_not_split)
{
    const struct ostler_option option = {.name = "o", .type = OSTLER_OPTION_MULTI};

    expect(&option, "a, b", "a, b");
    expect(&option, "", "");
}

Test(types, messages_cut_what_is_long_and_hide_what_is_secret)
{
    const struct ostler_option shown = {.name = "o", .type = OSTLER_OPTION_INTEGER};
    const struct ostler_option secret = {.name = "o", .type = OSTLER_OPTION_INTEGER, .secret = true};

    expect_failure(&shown, "0123456789012345678901234567890123456789012345678901234567890123456789x",
                   "expected an integer, got \"012345678901234567890123456789012345678901234567890123456789...\"");
    expect_failure(&secret, "hidden", "expected an integer");
}

Test(types, sameness)
{
    const struct ostler_option option = {.name = "o", .type = OSTLER_OPTION_FLOAT};
    struct value none = {.none = true}, one = {.real = 1}, two = {.real = 2}, nan_value = {.real = (double)NAN};

    cr_expect(types_same(&option, &none, &none));
    cr_expect_not(types_same(&option, &none, &one));
    cr_expect(types_same(&option, &one, &one));
    cr_expect_not(types_same(&option, &one, &two));
    cr_expect(types_same(&option, &nan_value, &nan_value));
}
