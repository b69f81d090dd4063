/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_parts.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Knows every name but "nosuch". */
static enum ostler_status look_up(void *user, const char *name, char **text, struct ostler_error *error)
{
    (void)user;
    if (strcmp(name, "nosuch") == 0)
        return ostler_error_set(error, OSTLER_E_CONFIG, "no such name");
    cr_assert_neq(asprintf(text, "<%s>", name), -1);
    return OSTLER_OK;
}

static void expect(const char *text, const char *expected)
{
    char *result = NULL;

    cr_assert_eq(substitute(text, look_up, NULL, &result, NULL), OSTLER_OK);
    cr_expect_str_eq(result, expected, "%s became %s", text, result);
    free(result);
}

Test(substitute, references)
{
    expect("", "");
    expect("plain %(x)s %d", "plain %(x)s %d");
    expect("$a", "<a>");
    expect("${a}", "<a>");
    expect("$a_1-$B", "<a_1>-<B>");
    expect("$a.b.c/${a.b}.c", "<a.b.c>/<a.b>.c");
    expect("x${a}y", "x<a>y");
}

Test(substitute, dollar_signs_that_stand_for_themselves)
{
    expect("$$a", "$a");
    expect("\\$a", "$a");
    expect("$$$a", "$<a>");
    expect("$\\$a", "$<a>");
    expect("$", "$");
    expect("a$", "a$");
    expect("$1 $- $ {a}", "$1 $- $ {a}");
    expect("${a", "${a");
    expect("${}", "${}");
    expect("${1}", "${1}");
    expect("\\a \\\\", "\\a \\\\");
}

Test(substitute, an_unknown_name_fails)
{
    char *result = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(substitute("a $nosuch", look_up, NULL, &result, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "no such name");
    cr_expect_null(result);
    ostler_error_clear(&error);
}

static const struct ostler_option options[] = {
    {.name = "a", .type = OSTLER_OPTION_STRING},
    {.name = "b", .type = OSTLER_OPTION_STRING},
    {.name = "n", .type = OSTLER_OPTION_INTEGER},
    {.name = "secret", .type = OSTLER_OPTION_STRING, .secret = true},
    {.name = NULL},
};

static ostler_conf *declared(const char *text, struct ostler_error *error)
{
    ostler_conf *conf = scratch_conf(text);

    (void)ostler_conf_declare(conf, "x", options, error);
    return conf;
}

static void expect_a(const char *text, const char *expected)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = declared(text, &error);

    cr_assert_eq(error.status, OSTLER_OK, "%s", error.message);
    cr_expect_str_eq(ostler_conf_string(conf, "x", "a"), expected);
    ostler_conf_unref(conf);
}

Test(substitute, where_names_are_looked_up)
{
    expect_a("[x]\na = $b\nb = own\n", "own");
    expect_a("[x]\na = $control_exchange\n", "openstack");
    expect_a("[x]\na = $server.access_policy\n", "default");
    expect_a("[x]\na = $b${n}.\n\nn = 010\n", "10.");
    expect_a("[x]\na = ($b)\n", "()");
    expect_a("[x]\na = $debug\n", "False");
}

static void expect_failure(const char *text, const char *expected)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = declared(text, &error);

    cr_assert_eq(error.status, OSTLER_E_CONFIG, "%s", text);
    cr_expect_str_eq(error.message, expected);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(substitute, failures_say_what_to_do)
{
    expect_failure("[x]\n\na = $bb\n", "test.conf:3: [x] a: $bb names no known option; write $$ for a dollar sign");
    expect_failure("[x]\na = ${DEFAULT.debug}\n", "test.conf:2: [x] a: $DEFAULT.debug names no known option; one of "
                                                  "DEFAULT is referred to without its section");
    expect_failure("[x]\na = $a\n", "test.conf:2: [x] a: $a leads back to this option");
    expect_failure("[x]\na = $n\nn = ten\n",
                   "test.conf:2: [x] a: $n has no value: test.conf:3: [x] n: expected an integer, got \"ten\"");
}

Test(substitute, a_circle_is_found)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = declared("[x]\na = $b\nb = $a\n", &error);

    cr_assert_eq(error.status, OSTLER_E_CONFIG);
    cr_expect_not_null(strstr(error.message, "leads back"), "%s", error.message);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(substitute, no_failure_shows_a_secret)
{
    expect_failure("[x]\nsecret = rabbit://u:pa$word@h\n",
                   "test.conf:2: [x] secret: a reference after a dollar sign names no known option; write $$ for a "
                   "dollar sign");
    expect_failure("[x]\nsecret = hidden\nn = $secret\n", "test.conf:3: [x] n: expected an integer");
    expect_failure("[x]\nsecret = hidden\na = $secret\nn = $a\n", "test.conf:4: [x] n: expected an integer");
}

Test(substitute, growth_is_bounded)
{
    static const struct ostler_option many[] = {
        {.name = "o0", .type = OSTLER_OPTION_STRING, .default_value = "0123456789012345678901234567890123456789"},
        {.name = "o1", .type = OSTLER_OPTION_STRING, .default_value = "$o0$o0$o0$o0$o0$o0$o0$o0$o0$o0$o0$o0$o0$o0$o0"},
        {.name = "o2", .type = OSTLER_OPTION_STRING, .default_value = "$o1$o1$o1$o1$o1$o1$o1$o1$o1$o1$o1$o1$o1$o1$o1"},
        {.name = "o3", .type = OSTLER_OPTION_STRING, .default_value = "$o2$o2$o2$o2$o2$o2$o2$o2$o2$o2$o2$o2$o2$o2$o2"},
        {.name = "o4", .type = OSTLER_OPTION_STRING, .default_value = "$o3$o3$o3$o3$o3$o3$o3$o3$o3$o3$o3$o3$o3$o3$o3"},
        {.name = NULL},
    };
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = scratch_conf(NULL);

    cr_assert_eq(ostler_conf_declare(conf, "x", many, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "default: [x] o4: the value grows over 1048576 bytes by its references");
    cr_expect_eq(strlen(ostler_conf_string(conf, "x", "o3")), 40 * 15 * 15 * 15);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}
