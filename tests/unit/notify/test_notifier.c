/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/log.h>
#include <ostler/module.h>
#include <ostler/notifier.h>

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static ostler_conf *conf_of(const char *text)
{
    ostler_conf *conf = NULL;

    cr_assert_eq(OSTLER_PRELOADED_MODULES(NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_new(&conf, NULL), OSTLER_OK);
    ostler_conf_use_environment(conf, false);
    cr_assert_eq(ostler_conf_add_text(conf, "test", text, NULL), OSTLER_OK);
    return conf;
}

static ostler_notifier *notifier_of(ostler_conf *conf, const char *driver)
{
    const char *drivers[] = {driver, NULL};
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;
    ostler_notifier *notifier = NULL;

    options.publisher_id = "svc.host";
    options.drivers = driver ? drivers : NULL;
    cr_assert_eq(ostler_notifier_new(NULL, conf, &options, &notifier, NULL), OSTLER_OK);
    return notifier;
}

static struct json_object *at(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return value;
}

static size_t taken(void)
{
    struct json_object *records = ostler_notifier_test_take();
    size_t count = json_object_array_length(records);

    json_object_put(records);
    return count;
}

Test(notifier, every_priority_arrives, .timeout = 30)
{
    static const char *const wanted[] = {"AUDIT", "DEBUG", "INFO", "WARN", "ERROR", "CRITICAL", "SAMPLE"};
    ostler_conf *conf = conf_of("[oslo_messaging_notifications]\nretry = 3\n");
    ostler_notifier *notifier = notifier_of(conf, "test");
    struct json_object *payload = json_object_new_string("p");

    cr_expect_eq(ostler_notify_audit(notifier, NULL, "e", payload, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_debug(notifier, NULL, "e", payload, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_info(notifier, NULL, "e", payload, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_warn(notifier, NULL, "e", payload, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_error(notifier, NULL, "e", payload, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_critical(notifier, NULL, "e", payload, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_sample(notifier, NULL, "e", payload, NULL), OSTLER_OK);
    json_object_put(payload);
    struct json_object *records = ostler_notifier_test_take();
    cr_assert_eq(json_object_array_length(records), 7);
    for (size_t i = 0; i < 7; i++) {
        struct json_object *record = json_object_array_get_idx(records, i);
        cr_expect_str_eq(json_object_get_string(at(record, "priority")), wanted[i]);
        cr_expect_eq(json_object_get_int(at(record, "retry")), 3);
        cr_expect_str_eq(json_object_get_string(at(at(record, "message"), "publisher_id")), "svc.host");
    }
    json_object_put(records);
    ostler_notifier_free(notifier);
    ostler_conf_unref(conf);
}

Test(notifier, prepared_ones_share_and_differ, .timeout = 30)
{
    struct ostler_notifier_options changes = OSTLER_NOTIFIER_OPTIONS_INIT;
    ostler_conf *conf = conf_of("");
    ostler_notifier *notifier = notifier_of(conf, "test"), *prepared = NULL;

    changes.publisher_id = NULL;
    changes.retry = 0;
    cr_assert_eq(ostler_notifier_prepare(notifier, OSTLER_NOTIFIER_PUBLISHER_ID | OSTLER_NOTIFIER_RETRY, &changes,
                                         &prepared, NULL),
                 OSTLER_OK);
    ostler_notifier_free(notifier);
    cr_assert_eq(ostler_notify_info(prepared, NULL, "e", NULL, NULL), OSTLER_OK);
    struct json_object *records = ostler_notifier_test_take();
    struct json_object *record = json_object_array_get_idx(records, 0);
    cr_expect_null(at(at(record, "message"), "publisher_id"));
    cr_expect_eq(json_object_get_int(at(record, "retry")), 0);
    json_object_put(records);
    ostler_notifier_free(prepared);
    ostler_conf_unref(conf);
}

Test(notifier, is_enabled_unless_it_forgets, .timeout = 30)
{
    ostler_conf *conf = conf_of("[oslo_messaging_notifications]\ndriver = noop\ndriver = test\ndriver = noop\n");
    ostler_notifier *both = notifier_of(conf, NULL), *noop = notifier_of(conf, "noop");
    ostler_conf *empty = conf_of("");
    ostler_notifier *none = notifier_of(empty, NULL);

    cr_expect(ostler_notifier_is_enabled(both));
    cr_expect_not(ostler_notifier_is_enabled(noop));
    cr_expect(ostler_notifier_is_enabled(none));
    cr_expect_eq(ostler_notify_info(none, NULL, "e", NULL, NULL), OSTLER_OK);
    cr_expect_eq(taken(), 0);
    cr_expect_eq(ostler_notify_info(both, NULL, "e", NULL, NULL), OSTLER_OK);
    cr_expect_eq(taken(), 1);
    ostler_notifier_free(both);
    ostler_notifier_free(noop);
    ostler_notifier_free(none);
    ostler_conf_unref(conf);
    ostler_conf_unref(empty);
}

Test(notifier, what_cannot_be_is_refused, .timeout = 30)
{
    ostler_conf *conf = conf_of("");
    const char *unknown[] = {"smoke_signals", NULL}, *messaging[] = {"messaging", NULL};
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_notifier *notifier = NULL;

    options.drivers = unknown;
    cr_expect_eq(ostler_notifier_new(NULL, conf, &options, &notifier, &error), OSTLER_E_DRIVER);
    cr_expect(strstr(error.message, "smoke_signals"));
    options.drivers = messaging;
    cr_expect_eq(ostler_notifier_new(NULL, conf, &options, &notifier, &error), OSTLER_E_DRIVER);
    cr_expect_null(notifier);
    ostler_error_clear(&error);

    notifier = notifier_of(conf, "test");
    struct json_object *list = json_object_new_array();
    cr_expect_eq(ostler_notify_info(notifier, list, "e", NULL, NULL), OSTLER_E_INVALID);
    cr_expect_eq(ostler_notify_info(notifier, NULL, NULL, NULL, NULL), OSTLER_E_INVALID);
    cr_expect_eq(ostler_notify(notifier, NULL, (enum ostler_priority)99, "e", NULL, NULL), OSTLER_E_INVALID);
    cr_expect_eq(taken(), 0);
    json_object_put(list);
    ostler_notifier_free(notifier);
    ostler_conf_unref(conf);
}

static char logged[1024];

static void keep_line(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)user;
    if (strncmp(module, "oslo.messaging.notification", 27) == 0)
        snprintf(logged, sizeof logged, "%s %s %s", ostler_log_level_name(level), module, text);
}

Test(notifier, the_log_gets_a_line_without_secrets, .timeout = 30)
{
    ostler_conf *conf = conf_of("");
    ostler_notifier *notifier = notifier_of(conf, "log");
    struct json_object *payload = json_tokener_parse("{\"password\": \"hunter2\", \"a\": 1}");

    ostler_log_set_sink(keep_line, NULL);
    cr_expect_eq(ostler_notify_warn(notifier, NULL, "ev.x", payload, NULL), OSTLER_OK);
    ostler_log_set_sink(NULL, NULL);
    cr_expect(strncmp(logged, "WARNING oslo.messaging.notification.ev.x {\"message_id\": ", 56) == 0, "%s", logged);
    cr_expect(strstr(logged, "\"password\": \"***\""));
    cr_expect_null(strstr(logged, "hunter2"));
    json_object_put(payload);
    ostler_notifier_free(notifier);
    ostler_conf_unref(conf);
}

static char path[256];

static void write_routes(const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

Test(notifier, former_names_of_options_count, .timeout = 30)
{
    ostler_conf *conf = conf_of("[DEFAULT]\nnotification_driver = test\nnotification_driver = noop\n"
                                "notification_topics = one,two\nnotification_transport_url = fake:\n");
    ostler_notifier *notifier = notifier_of(conf, NULL);
    ostler_transport *transport = NULL;
    size_t count = 0;

    cr_expect_eq(ostler_notify_info(notifier, NULL, "e", NULL, NULL), OSTLER_OK);
    cr_expect_eq(taken(), 1);
    const char *const *topics = ostler_conf_list(conf, "oslo_messaging_notifications", "topics", &count);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(topics[1], "two");
    cr_assert_eq(ostler_notification_transport_open(conf, NULL, &transport, NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_transport_url(transport), "fake:///");
    ostler_transport_unref(transport);
    ostler_notifier_free(notifier);
    ostler_conf_unref(conf);
}

Test(notifier, routes_follow_their_file, .timeout = 30)
{
    const char *folder = getenv("TMPDIR");
    char text[400];
    struct ostler_error error = OSTLER_ERROR_INIT;

    snprintf(path, sizeof path, "%s/routes.XXXXXX", folder ? folder : "/tmp");
    close(mkstemp(path));
    write_routes("one:\n  test: {accepted_events: [\"a.*\"]}\ntwo:\n  test: {accepted_priorities: [error]}\n");
    snprintf(text, sizeof text, "[oslo_messaging_notifications]\ndriver = routing\nrouting_config = %s\n", path);
    ostler_conf *conf = conf_of(text);
    ostler_notifier *notifier = notifier_of(conf, NULL);

    cr_expect_eq(ostler_notify_info(notifier, NULL, "a.b", NULL, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_error(notifier, NULL, "a.b", NULL, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_info(notifier, NULL, "b", NULL, NULL), OSTLER_OK);
    cr_expect_eq(taken(), 2);

    /* A broken one leaves the old one in force. */
    write_routes("one:\n  test: {accepted_events: [\n");
    cr_expect_eq(ostler_notifier_reset(notifier, conf, &error), OSTLER_E_CONFIG);
    cr_expect(strstr(error.message, path), "%s", error.message);
    ostler_error_clear(&error);
    cr_expect_eq(ostler_notify_info(notifier, NULL, "a.b", NULL, NULL), OSTLER_OK);
    cr_expect_eq(taken(), 1);

    write_routes("one:\n  test: {accepted_events: [b]}\n");
    cr_expect_eq(ostler_notifier_reset(notifier, conf, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_info(notifier, NULL, "a.b", NULL, NULL), OSTLER_OK);
    cr_expect_eq(taken(), 0);
    cr_expect_eq(ostler_notify_info(notifier, NULL, "b", NULL, NULL), OSTLER_OK);
    cr_expect_eq(taken(), 1);
    unlink(path);
    ostler_notifier_free(notifier);
    ostler_conf_unref(conf);
}

Test(notifier, one_failure_keeps_no_other_driver_from_it, .timeout = 30)
{
    ostler_conf *conf = conf_of("[fake]\nqueue_size = 1\n[oslo_messaging_notifications]\nretry = 0\ntopics = t1,t2\n");
    const char *drivers[] = {"messaging", "test", NULL};
    struct ostler_transport_options url = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_transport *transport = NULL;
    ostler_notifier *notifier = NULL;

    url.url = "fake:";
    options.drivers = drivers;
    cr_assert_eq(ostler_notification_transport_open(conf, &url, &transport, &error), OSTLER_OK, "%s", error.message);
    cr_assert_eq(ostler_notifier_new(transport, NULL, &options, &notifier, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_info(notifier, NULL, "e", NULL, NULL), OSTLER_OK);
    cr_expect_eq(ostler_notify_info(notifier, NULL, "e", NULL, &error), OSTLER_E_DELIVERY);
    cr_expect(error.message && strstr(error.message, "messaging") && strstr(error.message, "t1"));
    cr_expect_eq(taken(), 2);
    ostler_error_clear(&error);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    ostler_conf_unref(conf);
}
