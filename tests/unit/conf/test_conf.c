/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <criterion/criterion.h>
#include <ostler/log.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ostler_option options[] = {
    {.name = "text", .type = OSTLER_OPTION_STRING, .default_value = "a"},
    {.name = "number", .type = OSTLER_OPTION_INTEGER, .default_value = "1"},
    {.name = NULL},
};

Test(conf, the_core_has_its_defaults)
{
    ostler_conf *conf = scratch_conf(NULL);
    size_t count = 7;

    cr_expect_eq(ostler_conf_check(conf, NULL), OSTLER_OK);
    cr_expect_null(ostler_conf_string(conf, "DEFAULT", "transport_url"));
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "control_exchange"), "openstack");
    cr_expect_eq(ostler_conf_integer(conf, "DEFAULT", "rpc_response_timeout", 0), 60);
    cr_expect_eq(ostler_conf_integer(conf, "DEFAULT", "executor_thread_pool_size", 0), 64);
    cr_expect_eq(ostler_conf_integer(conf, "DEFAULT", "graceful_shutdown_timeout", 0), 60);
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "executor"), "threading");
    cr_expect_not(ostler_conf_bool(conf, "DEFAULT", "rpc_ping_enabled"));
    cr_expect_eq(ostler_conf_integer(conf, "server", "executor_thread_pool_size", -7), -7);
    cr_expect_eq(ostler_conf_integer(conf, "oslo_messaging_notifications", "retry", 0), -1);
    cr_expect_str_eq(ostler_conf_list(conf, "oslo_messaging_notifications", "topics", &count)[0], "notifications");
    ostler_conf_list(conf, "oslo_messaging_notifications", "driver", &count);
    cr_expect_eq(count, 0);
    ostler_conf_unref(conf);
}

Test(conf, an_operators_file_is_read_as_it_is)
{
    ostler_conf *conf = scratch_conf("[DEFAULT]\ntransport_url = rabbit://u:p@h:5672/v\nrpc_thread_pool_size = 8\n"
                                     "notification_topics = a,b\nnotification_driver = messagingv2\n"
                                     "[oslo_messaging_notifications]\ndriver = log\n[other]\nx = 1\n");
    size_t count = 0;

    cr_expect_eq(ostler_conf_check(conf, NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "transport_url"), "rabbit://u:p@h:5672/v");
    cr_expect_eq(ostler_conf_integer(conf, "DEFAULT", "executor_thread_pool_size", 0), 8);
    cr_expect_str_eq(ostler_conf_list(conf, "oslo_messaging_notifications", "topics", &count)[1], "b");
    cr_expect_str_eq(ostler_conf_list(conf, "oslo_messaging_notifications", "driver", &count)[1], "log");
    cr_expect_eq(count, 2);
    ostler_conf_unref(conf);
}

Test(conf, an_option_nobody_declared_is_none)
{
    ostler_conf *conf = scratch_conf("[x]\na = 1\n");
    size_t count = 7;

    cr_expect_null(ostler_conf_string(conf, "x", "a"));
    cr_expect_null(ostler_conf_string(conf, "DEFAULT", "a"));
    cr_expect_null(ostler_conf_string(conf, "server:*", "topic"));
    cr_expect_not(ostler_conf_bool(conf, "x", "a"));
    cr_expect_eq(ostler_conf_integer(conf, "x", "a", 5), 5);
    cr_expect_float_eq(ostler_conf_float(conf, "x", "a", 5), 5, 0);
    cr_expect_null(ostler_conf_list(conf, "x", "a", &count)[0]);
    cr_expect_eq(count, 0);
    cr_expect_null(ostler_conf_dict(conf, "x", "a", "k"));
    cr_expect_null(ostler_conf_origin(conf, "x", "a"));
    /* Nor is one of another type. */
    cr_expect_null(ostler_conf_string(conf, "DEFAULT", "debug"));
    ostler_conf_unref(conf);
}

Test(conf, a_bad_value_is_named_when_declared_and_when_checked)
{
    ostler_conf *conf = scratch_conf("[x]\n\nnumber = ten\n");
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_conf_check(conf, &error), OSTLER_OK);
    cr_assert_eq(ostler_conf_declare(conf, "x", options, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "test.conf:3: [x] number: expected an integer, got \"ten\"");
    cr_assert_eq(ostler_conf_check(conf, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "test.conf:3: [x] number: expected an integer, got \"ten\"");
    cr_expect_eq(ostler_conf_integer(conf, "x", "number", 0), 1);
    /* A later file mends it. */
    cr_assert_eq(ostler_conf_add_text(conf, "later", "[x]\nnumber = 10\n", NULL), OSTLER_OK);
    cr_expect_eq(ostler_conf_check(conf, NULL), OSTLER_OK);
    cr_expect_eq(ostler_conf_integer(conf, "x", "number", 0), 10);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(conf, a_bad_value_of_the_core_shows_when_anything_is_declared)
{
    ostler_conf *conf =
        scratch_conf("[DEFAULT]\nrpc_response_timeout = soon\n[server:a]\nexecutor_thread_pool_size = 0\n");
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_conf_declare(conf, "x", options, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "test.conf:2: [DEFAULT] rpc_response_timeout: expected an integer, got \"soon\"");
    cr_assert_eq(ostler_conf_set(conf, "DEFAULT", "rpc_response_timeout", "3", &error), OSTLER_OK);
    cr_assert_eq(ostler_conf_check(conf, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "test.conf:4: [server:a] executor_thread_pool_size: expected a number not less "
                                    "than 1, got \"0\"");
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

static void collect(void *user, enum ostler_status status, const char *text)
{
    char *all = user;

    snprintf(all + strlen(all), 512 - strlen(all), "%d %s\n", (int)status, text);
}

Test(conf, all_bad_values_at_once)
{
    ostler_conf *conf =
        scratch_conf("[DEFAULT]\ndebug = 2\n[x]\nnumber = ten\n[server:a]\nexecutor_thread_pool_size = 0\n");
    char all[512] = "";

    (void)ostler_conf_declare(conf, "x", options, NULL);
    cr_assert_eq(ostler_conf_failures(conf, collect, all, NULL), OSTLER_OK);
    cr_expect_str_eq(all, "4 test.conf:2: [DEFAULT] debug: expected true, 1, on, yes, false, 0, off or no, got \"2\"\n"
                          "4 test.conf:4: [x] number: expected an integer, got \"ten\"\n"
                          "4 test.conf:6: [server:a] executor_thread_pool_size: expected a number not less than 1, got "
                          "\"0\"\n");
    ostler_conf_unref(conf);
}

Test(conf, a_bad_value_nobody_asked_about_is_logged_once)
{
    ostler_conf *conf = scratch_conf("[DEFAULT]\nrpc_response_timeout = soon\n");

    scratch_keep_log();
    cr_expect_eq(ostler_conf_integer(conf, "DEFAULT", "rpc_response_timeout", 0), 60);
    cr_expect_null(ostler_conf_string(conf, "nosuch", "option"));
    cr_expect_str_eq(scratch_log(), "ERROR conf test.conf:2: [DEFAULT] rpc_response_timeout: expected an integer, got "
                                    "\"soon\"; the default is used\n");
    ostler_log_set_sink(NULL, NULL);
    ostler_conf_unref(conf);
}

Test(conf, what_is_set_must_fit)
{
    ostler_conf *conf = scratch_conf(NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_conf_set(conf, "DEFAULT", "debug", "true", NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_set(conf, "DEFAULT", "debug", "maybe", &error), OSTLER_E_CONFIG);
    cr_expect_not_null(strstr(error.message, "set by the program: [DEFAULT] debug: expected true"));
    cr_expect(ostler_conf_bool(conf, "DEFAULT", "debug"));
    cr_assert_eq(ostler_conf_set_default(conf, "DEFAULT", "debug", "maybe", &error), OSTLER_E_CONFIG);
    cr_assert_eq(ostler_conf_set(conf, "DEFAULT", "log_file", "\xff", &error), OSTLER_E_CONFIG);
    cr_assert_eq(ostler_conf_set(conf, "", "x", "1", &error), OSTLER_E_INVALID);
    /* What is not declared yet is checked when it is. */
    cr_assert_eq(ostler_conf_set(conf, "x", "number", "ten", &error), OSTLER_OK);
    cr_assert_eq(ostler_conf_declare(conf, "x", options, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "set by the program: [x] number: expected an integer, got \"ten\"");
    cr_assert_eq(ostler_conf_set(conf, "x", "number", "10", &error), OSTLER_OK);
    cr_expect_eq(ostler_conf_check(conf, NULL), OSTLER_OK);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(conf, a_default_set_is_checked_behind_a_file_too)
{
    ostler_conf *conf = scratch_conf("[DEFAULT]\ndebug = true\n");

    cr_expect_eq(ostler_conf_set_default(conf, "DEFAULT", "debug", "maybe", NULL), OSTLER_E_CONFIG);
    cr_expect_eq(ostler_conf_set_default(conf, "DEFAULT", "debug", "false", NULL), OSTLER_OK);
    cr_expect(ostler_conf_bool(conf, "DEFAULT", "debug"));
    ostler_conf_unref(conf);
}

Test(conf, a_text_that_does_not_parse_counts_for_nothing)
{
    ostler_conf *conf = scratch_conf(NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_conf_add_text(conf, "t", "[DEFAULT]\ndebug = true\nnothing\n", &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "t:3: expected name = value, name: value, [section] or a comment");
    cr_expect_not(ostler_conf_bool(conf, "DEFAULT", "debug"));
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(conf, patterns_hold_for_every_section_present_or_not)
{
    ostler_conf *conf = scratch_conf("[Server:One]\ntopic = a\n[listener:x]\nbatch_size = 5\n");

    cr_expect_str_eq(ostler_conf_string(conf, "server:one", "topic"), "a");
    cr_expect_str_eq(ostler_conf_string(conf, "Server:One", "access_policy"), "default");
    cr_expect_str_eq(ostler_conf_string(conf, "server:absent", "access_policy"), "default");
    cr_expect_eq(ostler_conf_integer(conf, "listener:x", "batch_size", 0), 5);
    cr_expect_eq(ostler_conf_integer(conf, "listener:y", "batch_size", 0), 0);
    cr_expect_str_eq(ostler_conf_list(conf, "listener:y", "topics", &(size_t){0})[0], "notifications");
    /* One section may have more, and so may all. */
    cr_assert_eq(ostler_conf_declare(conf, "server:one", options, NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_conf_string(conf, "server:one", "text"), "a");
    cr_expect_null(ostler_conf_string(conf, "server:absent", "text"));
    cr_assert_eq(ostler_conf_declare(conf, "server:*", options, NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_conf_string(conf, "server:absent", "text"), "a");
    ostler_conf_unref(conf);
}

Test(conf, declaring_again_adds_what_is_new_and_refuses_another_type)
{
    static const struct ostler_option more[] = {{.name = "number", .type = OSTLER_OPTION_INTEGER},
                                                {.name = "new", .type = OSTLER_OPTION_BOOL, .default_value = "on"},
                                                {.name = NULL}};
    static const struct ostler_option wrong[] = {{.name = "fresh", .type = OSTLER_OPTION_BOOL, .default_value = "on"},
                                                 {.name = "number", .type = OSTLER_OPTION_STRING},
                                                 {.name = NULL}};
    ostler_conf *conf = scratch_conf(NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_conf_declare(conf, "X", options, NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_declare(conf, "x", more, NULL), OSTLER_OK);
    cr_expect(ostler_conf_bool(conf, "x", "new"));
    cr_expect_eq(ostler_conf_integer(conf, "x", "number", 0), 1);
    cr_assert_eq(ostler_conf_declare(conf, "x", wrong, &error), OSTLER_E_INVALID);
    cr_expect_str_eq(error.message, "[X] number is declared twice, with different types");
    cr_expect_not(ostler_conf_bool(conf, "x", "fresh"));
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(conf, a_reference_to_what_is_declared_later)
{
    ostler_conf *conf = scratch_conf("[DEFAULT]\nlog_file = $x.text\n");
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_expect_eq(ostler_conf_check(conf, &error), OSTLER_E_CONFIG);
    cr_expect_eq(ostler_conf_declare(conf, "x", options, NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "log_file"), "a");
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(conf, sections_in_the_order_of_the_files)
{
    ostler_conf *conf = scratch_conf("[server:b]\n[x]\n[SERVER:A]\n[server]\n");
    const char **names = NULL;
    size_t count = 0;

    cr_assert_eq(ostler_conf_add_text(conf, "t", "[server:c]\n[server:a]\n", NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_sections(conf, "server:", &names, &count, NULL), OSTLER_OK);
    cr_assert_eq(count, 3);
    cr_expect_str_eq(names[0], "server:b");
    cr_expect_str_eq(names[1], "SERVER:A");
    cr_expect_str_eq(names[2], "server:c");
    free(names);
    cr_assert_eq(ostler_conf_sections(conf, "nosuch", &names, &count, NULL), OSTLER_OK);
    cr_expect_eq(count, 0);
    free(names);
    ostler_conf_unref(conf);
}

Test(conf, sameness_goes_by_values)
{
    ostler_conf *a = scratch_conf("[x]\nnumber = 010\n[server:a]\ntopic = t\n");
    ostler_conf *b = scratch_conf("# moved\n[x]\ntext: a\nnumber = 10\n[server:a]\ntopic = u\n");

    cr_assert_eq(ostler_conf_declare(a, "x", options, NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_declare(b, "x", options, NULL), OSTLER_OK);
    cr_expect(ostler_conf_same(a, b, "x"));
    cr_expect(ostler_conf_same(a, a, "x"));
    cr_expect(ostler_conf_same(a, b, "DEFAULT"));
    cr_expect_not(ostler_conf_same(a, b, "server:a"));
    cr_assert_eq(ostler_conf_set(b, "x", "number", "11", NULL), OSTLER_OK);
    cr_expect_not(ostler_conf_same(a, b, "x"));
    ostler_conf_unref(a);
    ostler_conf_unref(b);
}

Test(conf, a_copy_changes_apart)
{
    ostler_conf *conf = scratch_conf("[x]\nnumber = 2\n"), *copy = NULL;

    cr_assert_eq(ostler_conf_declare(conf, "x", options, NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_set(conf, "x", "text", "set", NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_set_default(conf, "DEFAULT", "control_exchange", "mine", NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_copy(conf, &copy, NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_set(copy, "x", "number", "3", NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_add_text(copy, "t", "[DEFAULT]\ndebug = yes\n", NULL), OSTLER_OK);
    cr_expect_eq(ostler_conf_integer(conf, "x", "number", 0), 2);
    cr_expect_not(ostler_conf_bool(conf, "DEFAULT", "debug"));
    ostler_conf_unref(conf);
    cr_expect_eq(ostler_conf_integer(copy, "x", "number", 0), 3);
    cr_expect_str_eq(ostler_conf_string(copy, "x", "text"), "set");
    cr_expect_str_eq(ostler_conf_string(copy, "DEFAULT", "control_exchange"), "mine");
    cr_expect(ostler_conf_bool(copy, "DEFAULT", "debug"));
    ostler_conf_unref(copy);
}

static char said[128];

static void ask(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)level;
    (void)module;
    snprintf(said, sizeof said, "%s, for %s", text, ostler_conf_string(user, "DEFAULT", "log_file"));
}

Test(conf, lines_are_logged_without_the_lock, .timeout = 60)
{
    ostler_conf *conf = scratch_conf("[DEFAULT]\nlogfile = f\n");

    ostler_log_set_sink(ask, conf);
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "log_file"), "f");
    cr_expect_str_eq(said, "test.conf:2: [DEFAULT] logfile is deprecated: write [DEFAULT] log_file, for f");
    ostler_log_set_sink(NULL, NULL);
    ostler_conf_unref(conf);
}

/* --- Threads --- */

enum { READERS = 4, ROUNDS = 200 };

static void *read_much(void *user)
{
    ostler_conf *conf = user;
    char section[32];
    uintptr_t wrong = 0;

    for (int i = 0; i < ROUNDS; i++) {
        snprintf(section, sizeof section, "server:s%d", i % 10);
        wrong += ostler_conf_integer(conf, "DEFAULT", "rpc_response_timeout", 0) != 60;
        wrong += strcmp(ostler_conf_string(conf, section, "access_policy"), "default") != 0;
        wrong += !ostler_conf_origin(conf, "DEFAULT", "debug");
    }
    ostler_conf_unref(conf);
    return (void *)wrong;
}

Test(conf, groups_are_declared_while_others_are_read, .timeout = 120)
{
    ostler_conf *conf = scratch_conf("[server:s1]\ntopic = t\n");
    pthread_t readers[READERS];
    char section[32];

    for (int i = 0; i < READERS; i++)
        cr_assert_eq(pthread_create(&readers[i], NULL, read_much, ostler_conf_ref(conf)), 0);
    for (int i = 0; i < ROUNDS / 4; i++) {
        snprintf(section, sizeof section, "endpoint:e%d", i);
        cr_assert_eq(ostler_conf_declare(conf, section, options, NULL), OSTLER_OK);
        cr_assert_eq(ostler_conf_integer(conf, section, "number", 0), 1);
    }
    for (int i = 0; i < READERS; i++) {
        void *wrong = NULL;
        pthread_join(readers[i], &wrong);
        cr_expect_null(wrong);
    }
    ostler_conf_unref(conf);
}
