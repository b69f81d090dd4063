/* SPDX-License-Identifier: Apache-2.0 */
/* Which source wins, and former names. */
#include "scratch.h"

#include <ostler/log.h>

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct ostler_option_alias former[] = {{NULL, "older"}, {"Past", NULL}, {"DEFAULT", "oldest"}, {0}};

static const struct ostler_option options[] = {
    {.name = "one", .type = OSTLER_OPTION_STRING, .default_value = "declared", .deprecated = former},
    {.name = "many", .type = OSTLER_OPTION_MULTI, .deprecated = former},
    {.name = "void", .type = OSTLER_OPTION_STRING, .no_effect = true},
    {.name = NULL},
};

static ostler_conf *conf_of(const char *first, const char *second)
{
    ostler_conf *conf = scratch_conf(first);

    if (second)
        cr_assert_eq(ostler_conf_add_text(conf, "second.conf", second, NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_declare(conf, "x", options, NULL), OSTLER_OK);
    return conf;
}

static void expect_one(const ostler_conf *conf, const char *value, const char *origin)
{
    cr_expect_str_eq(ostler_conf_string(conf, "x", "one"), value);
    cr_expect_str_eq(ostler_conf_origin(conf, "x", "one"), origin);
}

Test(pick, from_weak_to_strong)
{
    ostler_conf *conf = conf_of(NULL, NULL);

    expect_one(conf, "declared", "default");
    cr_assert_eq(ostler_conf_set_default(conf, "x", "one", "program's", NULL), OSTLER_OK);
    expect_one(conf, "program's", "default");
    cr_assert_eq(ostler_conf_add_text(conf, "a", "[x]\n\none = a\n", NULL), OSTLER_OK);
    expect_one(conf, "a", "a:3");
    cr_assert_eq(ostler_conf_add_text(conf, "b", "[X]\none = b\none = c\n", NULL), OSTLER_OK);
    expect_one(conf, "c", "b:3");
    setenv("OS_X__ONE", "environment's", 1);
    expect_one(conf, "c", "b:3");
    ostler_conf_use_environment(conf, true);
    expect_one(conf, "environment's", "environment OS_X__ONE");
    cr_assert_eq(ostler_conf_set(conf, "x", "one", "set", NULL), OSTLER_OK);
    expect_one(conf, "set", "set by the program");
    cr_assert_eq(ostler_conf_set(conf, "x", "one", "set again", NULL), OSTLER_OK);
    expect_one(conf, "set again", "set by the program");
    cr_assert_eq(ostler_conf_set(conf, "x", "one", NULL, NULL), OSTLER_OK);
    expect_one(conf, "environment's", "environment OS_X__ONE");
    unsetenv("OS_X__ONE");
    ostler_conf_unref(conf);
}

Test(pick, what_was_given_out_stays)
{
    ostler_conf *conf = conf_of("[x]\none = a\n", NULL);
    const char *before = ostler_conf_string(conf, "x", "one");

    cr_assert_eq(ostler_conf_set(conf, "x", "one", "b", NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_conf_string(conf, "x", "one"), "b");
    cr_expect_str_eq(before, "a");
    ostler_conf_unref(conf);
}

Test(pick, an_empty_environment_variable_counts)
{
    ostler_conf *conf = conf_of("[x]\none = a\n", NULL);

    setenv("OS_X__ONE", "", 1);
    ostler_conf_use_environment(conf, true);
    expect_one(conf, "", "environment OS_X__ONE");
    unsetenv("OS_X__ONE");
    ostler_conf_unref(conf);
}

Test(pick, environment_names_of_sections_with_other_characters)
{
    ostler_conf *conf = scratch_conf("[server:my-node.1]\ntopic = t\n");

    setenv("OS_SERVER_MY_NODE_1__TOPIC", "other", 1);
    ostler_conf_use_environment(conf, true);
    cr_expect_str_eq(ostler_conf_string(conf, "server:my-node.1", "topic"), "other");
    unsetenv("OS_SERVER_MY_NODE_1__TOPIC");
    ostler_conf_unref(conf);
}

Test(pick, the_environment_gives_a_multi_valued_option_one_value)
{
    ostler_conf *conf = conf_of("[x]\nmany = a\nmany = b\n", NULL);
    size_t count = 0;

    setenv("OS_X__MANY", "from, here", 1);
    ostler_conf_use_environment(conf, true);
    cr_expect_str_eq(ostler_conf_list(conf, "x", "many", &count)[0], "from, here");
    cr_expect_eq(count, 1);
    unsetenv("OS_X__MANY");
    ostler_conf_unref(conf);
}

Test(pick, a_bad_environment_is_named)
{
    ostler_conf *conf = conf_of(NULL, NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;

    setenv("OS_X__ONE", "a\xff", 1);
    ostler_conf_use_environment(conf, true);
    cr_assert_eq(ostler_conf_check(conf, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "environment OS_X__ONE: [x] one: byte 0xff is not valid UTF-8");
    expect_one(conf, "declared", "default");
    unsetenv("OS_X__ONE");
    setenv("OS_DEFAULT__DEBUG", "perhaps", 1);
    ostler_conf_use_environment(conf, true);
    cr_assert_eq(ostler_conf_check(conf, &error), OSTLER_E_CONFIG);
    cr_expect_not_null(strstr(error.message, "environment OS_DEFAULT__DEBUG: [DEFAULT] debug: expected true"));
    unsetenv("OS_DEFAULT__DEBUG");
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(pick, within_a_file_the_name_in_use_wins_and_a_later_file_wins_anyhow)
{
    ostler_conf *conf = conf_of("[x]\none = new\nolder = old\n[past]\none = past\n", NULL);

    expect_one(conf, "new", "test.conf:2");
    ostler_conf_unref(conf);
    conf = conf_of("[x]\none = new\n", "[PAST]\none = past\n[x]\nolder = old\n");
    expect_one(conf, "old", "second.conf:4");
    ostler_conf_unref(conf);
    conf = conf_of("[x]\none = new\n", "[DEFAULT]\noldest = in DEFAULT\n");
    expect_one(conf, "in DEFAULT", "second.conf:2");
    ostler_conf_unref(conf);
}

Test(pick, every_occurrence_of_a_multi_valued_option_counts)
{
    ostler_conf *conf = conf_of("[x]\nmany = 1\nolder = 2\nmany = 3\n[past]\nmany = 4\n", "[x]\nmany = 5\n");
    static const char *const expected[] = {"4", "2", "1", "3", "5"};
    size_t count = 0;
    const char *const *all = ostler_conf_list(conf, "x", "many", &count);

    cr_assert_eq(count, 5);
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(all[i], expected[i]);
    cr_expect_str_eq(ostler_conf_origin(conf, "x", "many"), "second.conf:2");
    ostler_conf_unref(conf);
}

Test(pick, a_former_name_is_warned_of_once)
{
    scratch_keep_log();
    ostler_conf *conf = conf_of("[x]\n\nolder = a\n", NULL), *copy = NULL;

    cr_assert_eq(ostler_conf_set(conf, "x", "void", NULL, NULL), OSTLER_OK);
    expect_one(conf, "a", "test.conf:3");
    cr_assert_eq(ostler_conf_copy(conf, &copy, NULL), OSTLER_OK);
    expect_one(copy, "a", "test.conf:3");
    cr_expect_str_eq(scratch_log(), "WARNING conf test.conf:3: [x] older is deprecated: write [x] one\n"
                                    "WARNING conf test.conf:3: [x] older is deprecated: write [x] many\n");
    ostler_log_set_sink(NULL, NULL);
    ostler_conf_unref(copy);
    ostler_conf_unref(conf);
}

Test(pick, an_option_without_effect_is_told_of_once)
{
    scratch_keep_log();
    ostler_conf *conf = conf_of("[x]\nvoid = a\n", NULL);

    cr_assert_eq(ostler_conf_set(conf, "x", "one", "b", NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_conf_string(conf, "x", "void"), "a");
    cr_expect_str_eq(scratch_log(), "WARNING conf test.conf:2: [x] void is accepted but has no effect here\n");
    ostler_log_set_sink(NULL, NULL);
    ostler_conf_unref(conf);
}
