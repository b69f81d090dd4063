/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners and notifiers over the transport fake. */
#include <ostler/listener.h>
#include <ostler/module.h>
#include <ostler/notifier.h>

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE 30.0

/* What endpoints saw, in order: "NAME:EVENT " for each call, events of a batch joined by "+". */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char seen[2048];
static unsigned calls;
static unsigned to_requeue; /* so many calls more are given back */

static enum ostler_notification_result see(const char *name, const struct ostler_notification *const *notifications,
                                           size_t count)
{
    pthread_mutex_lock(&lock);
    size_t length = strlen(seen);
    length += (size_t)snprintf(seen + length, sizeof seen - length, "%s:", name);
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(seen + length, sizeof seen - length, "%s%s", i ? "+" : "",
                                   notifications[i]->event_type ? notifications[i]->event_type : "(null)");
    snprintf(seen + length, sizeof seen - length, " ");
    calls++;
    bool requeue = to_requeue > 0;
    to_requeue -= requeue;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return requeue ? OSTLER_NOTIFICATION_REQUEUE : OSTLER_NOTIFICATION_HANDLED;
}

static enum ostler_notification_result first(const struct ostler_notification *notification, void *state)
{
    (void)state;
    return see("first", &notification, 1);
}

static enum ostler_notification_result second(const struct ostler_notification *notification, void *state)
{
    (void)state;
    return see("second", &notification, 1);
}

static enum ostler_notification_result many(const struct ostler_notification *const *notifications, size_t count,
                                            void *state)
{
    (void)state;
    return see("many", notifications, count);
}

static const struct ostler_notification_endpoint first_endpoint = {
    .method = {[OSTLER_PRIORITY_INFO] = first, [OSTLER_PRIORITY_ERROR] = first}};
static const struct ostler_notification_filter some = {.event_type = "b"};
static const struct ostler_notification_endpoint second_endpoint = {.method = {[OSTLER_PRIORITY_INFO] = second},
                                                                    .filter = &some};
static const struct ostler_notification_endpoint many_endpoint = {
    .batch_method = {[OSTLER_PRIORITY_INFO] = many, [OSTLER_PRIORITY_AUDIT] = many}};
static const struct ostler_notification_filter wrong = {.event_type = "("};
static const struct ostler_notification_endpoint wrong_endpoint = {.method = {[OSTLER_PRIORITY_INFO] = first},
                                                                   .filter = &wrong};
static const struct ostler_notification_endpoint *const firsts[] = {&first_endpoint, &second_endpoint, NULL};
static const struct ostler_notification_endpoint *const manies[] = {&many_endpoint, NULL};
static const struct ostler_notification_endpoint *const wrongs[] = {&wrong_endpoint, NULL};
static const struct ostler_endpoint_ops first_ops = {.notification = firsts};
static const struct ostler_endpoint_ops many_ops = {.notification = manies};
static const struct ostler_endpoint_ops wrong_ops = {.notification = wrongs};

static ostler_conf *conf;
static ostler_transport *transport;
static ostler_notifier *notifier;
static const struct ostler_target target = {.topic = "notifications"};

static void begin(void)
{
    struct ostler_transport_options url = OSTLER_TRANSPORT_OPTIONS_INIT;
    const char *drivers[] = {"messagingv2", NULL};
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;

    url.url = "fake:";
    options.drivers = drivers;
    cr_assert_eq(OSTLER_PRELOADED_MODULES(NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_new(&conf, NULL), OSTLER_OK);
    ostler_conf_use_environment(conf, false);
    cr_assert_eq(ostler_notification_transport_open(conf, &url, &transport, NULL), OSTLER_OK);
    cr_assert_eq(ostler_notifier_new(transport, NULL, &options, &notifier, NULL), OSTLER_OK);
}

static void end(void)
{
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    ostler_conf_unref(conf);
}

static ostler_listener *listen_with(const struct ostler_endpoint_ops *ops,
                                    const struct ostler_listener_options *options)
{
    const struct ostler_server_endpoint endpoint = {.name = "test", .ops = ops};
    ostler_listener *listener = NULL;

    cr_assert_eq(ostler_listener_new(transport, &target, 1, &endpoint, 1, options, &listener, NULL), OSTLER_OK);
    cr_assert_eq(ostler_listener_start(listener, NULL), OSTLER_OK);
    return listener;
}

static void emit(enum ostler_priority priority, const char *event_type)
{
    cr_assert_eq(ostler_notify(notifier, NULL, priority, event_type, NULL, NULL), OSTLER_OK);
}

static void wait_for_calls(unsigned count)
{
    ostler_time deadline = ostler_deadline(PATIENCE);

    pthread_mutex_lock(&lock);
    while (calls < count && ostler_now() < deadline) {
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec++;
        pthread_cond_timedwait(&changed, &lock, &soon);
    }
    cr_expect_eq(calls, count, "%u calls: %s", calls, seen);
    pthread_mutex_unlock(&lock);
}

static void stop(ostler_listener *listener)
{
    ostler_listener_stop(listener);
    cr_expect_eq(ostler_listener_wait(listener, PATIENCE, NULL), OSTLER_OK);
    ostler_listener_free(listener);
}

static int64_t waiting(void)
{
    struct json_object *report = ostler_transport_report(transport), *driver = NULL, *count = NULL;

    json_object_object_get_ex(report, "transport", &driver);
    json_object_object_get_ex(driver, "notifications_waiting", &count);
    int64_t number = json_object_get_int64(count);
    json_object_put(report);
    return number;
}

Test(listener, endpoints_see_what_their_filters_let_through, .timeout = 90)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    begin();
    options.executor = "blocking";
    /* Sent before anybody listens: kept. */
    emit(OSTLER_PRIORITY_INFO, "a");
    ostler_listener *listener = listen_with(&first_ops, &options);
    wait_for_calls(1);
    emit(OSTLER_PRIORITY_INFO, "b");
    wait_for_calls(3);
    emit(OSTLER_PRIORITY_ERROR, "c");
    wait_for_calls(4);
    stop(listener);
    cr_expect_str_eq(seen, "first:a first:b second:b first:c ");
    cr_expect_eq(waiting(), 0);
    end();
}

static enum ostler_notification_result look(const struct ostler_notification *notification, void *state)
{
    (void)state;
    cr_expect_str_eq(notification->publisher_id, "me");
    cr_expect_eq(notification->priority, OSTLER_PRIORITY_AUDIT);
    cr_expect_eq(strlen(notification->message_id), 36);
    cr_expect(strncmp(notification->timestamp, "20", 2) == 0);
    cr_expect_str_eq(json_object_to_json_string_ext(notification->payload, JSON_C_TO_STRING_PLAIN), "{\"k\":[1,null]}");
    cr_expect_str_eq(json_object_to_json_string_ext(notification->context, JSON_C_TO_STRING_PLAIN), "{\"user\":\"u\"}");
    return see("look", &notification, 1);
}

Test(listener, all_members_arrive, .timeout = 90)
{
    static const struct ostler_notification_endpoint looks = {.method = {[OSTLER_PRIORITY_AUDIT] = look}};
    static const struct ostler_notification_endpoint *const endpoints[] = {&looks, NULL};
    static const struct ostler_endpoint_ops ops = {.notification = endpoints};
    struct ostler_notifier_options changes = OSTLER_NOTIFIER_OPTIONS_INIT;
    ostler_notifier *mine = NULL;

    begin();
    changes.publisher_id = "me";
    cr_assert_eq(ostler_notifier_prepare(notifier, OSTLER_NOTIFIER_PUBLISHER_ID, &changes, &mine, NULL), OSTLER_OK);
    ostler_listener *listener = listen_with(&ops, NULL);
    struct json_object *context = json_tokener_parse("{\"user\": \"u\", \"auth_token\": \"t\"}");
    struct json_object *payload = json_tokener_parse("{\"k\": [1, null]}");
    cr_assert_eq(ostler_notify_audit(mine, context, "e", payload, NULL), OSTLER_OK);
    wait_for_calls(1);
    stop(listener);
    json_object_put(context);
    json_object_put(payload);
    ostler_notifier_free(mine);
    end();
}

Test(listener, requeues_where_it_is_allowed, .timeout = 90)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    begin();
    options.executor = "blocking";
    options.allow_requeue = true;
    to_requeue = 2;
    ostler_listener *listener = listen_with(&first_ops, &options);
    emit(OSTLER_PRIORITY_INFO, "b");
    wait_for_calls(4);
    stop(listener);
    /* The endpoints after the one that gives back are left out. */
    cr_expect_str_eq(seen, "first:b first:b first:b second:b ");
    cr_expect_eq(waiting(), 0);
    end();
}

Test(listener, drops_where_it_is_not, .timeout = 90)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    begin();
    options.executor = "blocking";
    to_requeue = 1;
    ostler_listener *listener = listen_with(&first_ops, &options);
    emit(OSTLER_PRIORITY_INFO, "b");
    emit(OSTLER_PRIORITY_INFO, "a");
    wait_for_calls(2);
    stop(listener);
    cr_expect_str_eq(seen, "first:b first:a ");
    cr_expect_eq(waiting(), 0);
    end();
}

Test(listener, each_pool_gets_a_copy, .timeout = 90)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    begin();
    options.pool = "p";
    ostler_listener *one = listen_with(&many_ops, &options), *other = listen_with(&many_ops, &options);
    options.pool = "q";
    ostler_listener *alone = listen_with(&many_ops, &options);
    for (unsigned i = 1; i <= 10; i++) {
        emit(OSTLER_PRIORITY_AUDIT, "x");
        wait_for_calls(2 * i);
    }
    stop(one);
    stop(other);
    stop(alone);
    /* Those for listeners without a pool still wait. */
    cr_expect_eq(waiting(), 10);
    end();
}

Test(listener, batches_by_size, .timeout = 90)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    begin();
    options.executor = "blocking";
    options.batch_size = 3;
    for (const char *const *event = (const char *const[]){"a", "b", "c", "d", "e", NULL}; *event; event++)
        emit(OSTLER_PRIORITY_INFO, *event);
    ostler_listener *listener = listen_with(&many_ops, &options);
    wait_for_calls(1);
    /* What has begun to fill is handed over when the listener stops. */
    ostler_listener_stop(listener);
    cr_expect_eq(ostler_listener_wait(listener, PATIENCE, NULL), OSTLER_OK);
    ostler_listener_free(listener);
    cr_expect(strcmp(seen, "many:a+b+c many:d+e ") == 0 || (strcmp(seen, "many:a+b+c ") == 0 && waiting() == 2) ||
                  (strcmp(seen, "many:a+b+c many:d ") == 0 && waiting() == 1),
              "%s", seen);
    end();
}

Test(listener, batches_by_time_and_priority, .timeout = 90)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    begin();
    options.executor = "blocking";
    options.batch_timeout = 0.05;
    options.allow_requeue = true;
    emit(OSTLER_PRIORITY_INFO, "a");
    emit(OSTLER_PRIORITY_AUDIT, "b");
    to_requeue = 1; /* the audit group comes first */
    ostler_listener *listener = listen_with(&many_ops, &options);
    wait_for_calls(3);
    stop(listener);
    cr_expect(strncmp(seen, "many:b many:a many:b ", 21) == 0, "%s", seen);
    end();
}

Test(listener, endpoints_are_exchanged, .timeout = 90)
{
    const struct ostler_server_endpoint endpoint = {.name = "other", .ops = &many_ops};

    begin();
    ostler_listener *listener = listen_with(&first_ops, NULL);
    emit(OSTLER_PRIORITY_INFO, "a");
    wait_for_calls(1);
    cr_assert_eq(ostler_listener_replace(listener, conf, &endpoint, 1, NULL, NULL), OSTLER_OK);
    emit(OSTLER_PRIORITY_INFO, "b");
    wait_for_calls(2);
    cr_expect_str_eq(seen, "first:a many:b ");
    cr_assert_eq(ostler_listener_reset(listener, conf, NULL, NULL), OSTLER_OK);
    stop(listener);
    end();
}

Test(listener, what_cannot_be_is_refused, .timeout = 90)
{
    static const struct ostler_endpoint_ops nothing = {.notification = NULL};
    const struct ostler_server_endpoint wrong_one = {.name = "wrong", .ops = &wrong_ops};
    const struct ostler_server_endpoint none = {.name = "none", .ops = &nothing};
    const struct ostler_server_endpoint good = {.name = "good", .ops = &first_ops};
    const struct ostler_target nowhere = {.topic = ""};
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_listener *listener = NULL;

    begin();
    cr_expect_eq(ostler_listener_new(transport, &target, 1, &wrong_one, 1, NULL, &listener, &error), OSTLER_E_MODULE);
    cr_expect(strstr(error.message, "wrong") && strstr(error.message, "regular expression"), "%s", error.message);
    ostler_error_clear(&error);
    cr_expect_eq(ostler_listener_new(transport, &target, 1, &none, 1, NULL, &listener, NULL), OSTLER_E_MODULE);
    cr_expect_eq(ostler_listener_new(transport, &nowhere, 1, &good, 1, NULL, &listener, NULL), OSTLER_E_TARGET);
    cr_expect_eq(ostler_listener_new(transport, NULL, 0, &good, 1, NULL, &listener, NULL), OSTLER_E_TARGET);
    cr_expect_null(listener);
    cr_assert_eq(ostler_listener_new(transport, &target, 1, NULL, 0, NULL, &listener, NULL), OSTLER_OK);
    cr_expect_eq(ostler_listener_start(listener, NULL), OSTLER_E_INVALID);
    ostler_listener_free(listener);
    end();
}
