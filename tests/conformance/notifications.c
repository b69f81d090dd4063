/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications: what arrives, where, and how often. */
#include "check.h"
#include "fixture.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Leaves the listeners' transports time to be found where that takes any: what is emitted does not count. */
static void expect_emit(ostler_notifier *notifier, int number)
{
    enum ostler_status status = watch_emit(notifier, number);

    EXPECT(status == OSTLER_OK, "notification %d: %s", number, ostler_status_name(status));
}

static void end_notifier(ostler_notifier *notifier, ostler_transport *transport)
{
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
}

/* --- What arrives ------------------------------------------------------------------------------------------------- */

static bool looks_like_timestamp(const char *text)
{
    int year, month, day, hour, minute, second;

    return sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) == 6;
}

static void every_priority_with(const char *driver)
{
    struct watched watched = watch_start("all", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, driver);
    struct ostler_error error = OSTLER_ERROR_INIT;

    for (unsigned i = 0; i < OSTLER_PRIORITIES; i++) {
        enum ostler_priority priority = (enum ostler_priority)i;
        const char *name = ostler_priority_name(priority);
        EXPECT(ostler_notify(notifier, NULL, priority, name, NULL, &error) == OSTLER_OK, "%s: %s", name, error.message);
        REQUIRE(watch_await("all", i + 1, PATIENCE), "%s did not arrive", name);
        const struct sight *sight = watch_sight("all", i);
        EXPECT(sight->method == priority && sight->priority == priority, "%s came to %s", name,
               ostler_priority_name(sight->method));
        EXPECT(strcmp(sight->event_type, name) == 0, "event type %s", sight->event_type);
        EXPECT(strcmp(sight->publisher_id, "good.host1") == 0, "publisher %s", sight->publisher_id);
        EXPECT(strlen(sight->message_id) == 36, "message id %s", sight->message_id);
        EXPECT(looks_like_timestamp(sight->timestamp), "timestamp %s", sight->timestamp);
        EXPECT(strcmp(sight->payload, "null") == 0 && strcmp(sight->context, "{}") == 0, "payload %s, context %s",
               sight->payload, sight->context);
    }
    EXPECT(watch_count(NULL) == OSTLER_PRIORITIES, "%zu came", watch_count(NULL));
    end_notifier(notifier, transport);
    watch_end(&watched);
}

static void every_priority(void)
{
    every_priority_with("messagingv2");
}

static void version_one(void)
{
    every_priority_with("messaging");
}

static char *large_text(size_t size)
{
    char *text = malloc(size + 3);

    REQUIRE(text, "no memory");
    memset(text, 'x', size + 2);
    text[0] = text[size + 1] = '"';
    text[size + 2] = '\0';
    return text;
}

static void values_of(const char *driver)
{
    static const char *const values[] = {
        "null",
        "true",
        "-7",
        "9007199254740993",
        "0.5",
        "\"\"",
        "[1,[2,{\"three\":3}]]",
        "{}",
        "{\"a\":{\"b\":[null]}}",
        "\"Gr\xc3\xbc\xc3\x9f\x65 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x9a\x80\"",
    };
    enum { COUNT = sizeof values / sizeof *values };
    static const char context[] = "{\"user_id\":\"\xc3\xa9lise\",\"roles\":[\"admin\",\"reader\"],\"is_admin\":true,"
                                  "\"quota\":12}";
    struct watched watched = watch_start("all", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, driver);
    struct json_object *given = json_tokener_parse(context);
    char *large = large_text((size_t)1 << 20);
    struct ostler_error error = OSTLER_ERROR_INIT;

    for (size_t i = 0; i <= COUNT; i++) {
        const char *text = i < COUNT ? values[i] : large;
        struct json_object *payload = json_tokener_parse(text);
        EXPECT(ostler_notify_info(notifier, given, "\xce\xb1", payload, &error) == OSTLER_OK, "%.40s: %s", text,
               error.message);
        json_object_put(payload);
        REQUIRE(watch_await("all", i + 1, PATIENCE), "%.40s did not arrive", text);
        const struct sight *sight = watch_sight("all", i);
        EXPECT(strcmp(sight->payload, text) == 0, "%.40s arrived as %.40s", text, sight->payload);
        EXPECT(strcmp(sight->event_type, "\xce\xb1") == 0, "event type %s", sight->event_type);
        struct json_object *seen = json_tokener_parse(sight->context);
        EXPECT(json_object_equal(seen, given), "the context arrived as %s", sight->context);
        json_object_put(seen);
    }
    free(large);
    json_object_put(given);
    end_notifier(notifier, transport);
    watch_end(&watched);
}

static void values(void)
{
    values_of("messagingv2");
}

static void values_version_one(void)
{
    values_of("messaging");
}

static void wrong_input(void)
{
    struct watched watched = watch_start("all", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct json_object *array = json_object_new_array();
    struct ostler_error error = OSTLER_ERROR_INIT;

    EXPECT(ostler_notify_info(notifier, array, "event", NULL, &error) == OSTLER_E_INVALID && error.message,
           "a context that is no object");
    EXPECT(ostler_notify_info(notifier, NULL, NULL, NULL, &error) == OSTLER_E_INVALID && error.message,
           "no event type");
    EXPECT(ostler_notify(notifier, NULL, (enum ostler_priority)99, "event", NULL, &error) == OSTLER_E_INVALID &&
               error.message,
           "no such priority");
    expect_emit(notifier, 1);
    EXPECT(watch_await("all", 1, PATIENCE), "what comes after wrong input does not arrive");
    EXPECT(watch_count(NULL) == 1, "%zu came", watch_count(NULL));
    json_object_put(array);
    ostler_error_clear(&error);
    end_notifier(notifier, transport);
    watch_end(&watched);
}

/* --- Where it arrives --------------------------------------------------------------------------------------------- */

static void several_topics(void)
{
    char first[OSTLER_NAME_MAX + 1], second[OSTLER_NAME_MAX + 1];
    const char *const both[] = {first, second, NULL}, *const one[] = {second, NULL};

    snprintf(first, sizeof first, "%s-first", fixture_topic());
    snprintf(second, sizeof second, "%s-second", fixture_topic());
    struct watched watched = watch_start("both", both, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier_to(transport, NULL, both);
    ostler_notifier *narrow = watch_notifier_to(transport, NULL, one);
    expect_emit(notifier, 1);
    EXPECT(watch_await("both", 2, PATIENCE), "%zu of 2 came", watch_count("both"));
    EXPECT(watch_seen_by("both", 1) == 2, "once for each topic");
    EXPECT(strcmp(watch_sight("both", 0)->message_id, watch_sight("both", 1)->message_id) == 0,
           "one notification has one id");
    expect_emit(narrow, 2);
    EXPECT(watch_await("both", 3, PATIENCE) && watch_seen_by("both", 2) == 1, "from one topic");
    ostler_notifier_free(narrow);
    end_notifier(notifier, transport);
    watch_end(&watched);
}

/* Only priorities for which there are methods are listened to, and another listener's are no business of this one. */
static void own_priorities(void)
{
    struct watched all = watch_pool("all", "everything"), info = watch_start("info", NULL, &watch_info, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;

    EXPECT(ostler_notify_error(notifier, NULL, "an error", NULL, &error) == OSTLER_OK, "%s", error.message);
    expect_emit(notifier, 1);
    EXPECT(watch_await("all", 2, PATIENCE) && watch_await("info", 1, PATIENCE), "%zu came", watch_count(NULL));
    EXPECT(watch_count("info") == 1 && watch_count("all") == 2, "an error came to a listener for info");
    end_notifier(notifier, transport);
    watch_end(&info);
    watch_end(&all);
}

static void pools(void)
{
    enum { COUNT = 40 };
    struct watched plain = watch_start("plain", NULL, NULL, NULL);
    struct watched a1 = watch_pool("a1", "a"), a2 = watch_pool("a2", "a"), b1 = watch_pool("b1", "b");
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);

    /* As long as none of them comes to an end with its first one, both of pool a must get one. */
    watch_hold();
    for (int i = 0; i < COUNT; i++)
        expect_emit(notifier, i);
    EXPECT(watch_await_held(4, PATIENCE), "a pool shares");
    watch_release();
    EXPECT(watch_await(NULL, 3 * COUNT, PATIENCE), "%zu came", watch_count(NULL));
    for (int i = 0; i < COUNT; i++) {
        EXPECT(watch_seen_by("plain", i) == 1, "%d without a pool", i);
        EXPECT(watch_seen_by("a1", i) + watch_seen_by("a2", i) == 1, "%d in pool a", i);
        EXPECT(watch_seen_by("b1", i) == 1, "%d in pool b", i);
    }
    end_notifier(notifier, transport);
    watch_end(&b1);
    watch_end(&a2);
    watch_end(&a1);
    watch_end(&plain);
}

static void filters(void)
{
    static const struct {
        const char *event_type, *payload;
        bool wanted;
    } cases[] = {{"wanted", "{\"kind\":\"a1\"}", true},    {"unwanted", "{\"kind\":\"a1\"}", false},
                 {"wanted.too", "{\"kind\":\"a\"}", true}, {"wanted", "{\"kind\":\"b\"}", false},
                 {"wanted", "{\"kind\":7}", false},        {"wanted", "{}", false},
                 {"wanted.last", "{\"kind\":\"a\"}", true}};
    enum { COUNT = sizeof cases / sizeof *cases };
    struct watched watched = watch_start("filtered", NULL, &watch_filtered, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    size_t wanted = 0;

    for (size_t i = 0; i < COUNT; i++) {
        struct json_object *payload = json_tokener_parse(cases[i].payload);
        EXPECT(ostler_notify_info(notifier, NULL, cases[i].event_type, payload, NULL) == OSTLER_OK, "emit %zu", i);
        json_object_put(payload);
        wanted += cases[i].wanted;
    }
    EXPECT(watch_await("filtered", wanted, PATIENCE), "%zu of %zu came", watch_count("filtered"), wanted);
    watch_pause(&watched);
    EXPECT(watch_count("filtered") == wanted, "%zu of %zu came", watch_count("filtered"), wanted);
    for (size_t i = 0; i < watch_count("filtered"); i++)
        EXPECT(strncmp(watch_sight("filtered", i)->event_type, "wanted", 6) == 0, "%s came",
               watch_sight("filtered", i)->event_type);
    end_notifier(notifier, transport);
    watch_end(&watched);
}

/* --- How many at once --------------------------------------------------------------------------------------------- */

static void batches(void)
{
    enum { SIZE = 5, COUNT = 12 };
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);

    options.batch_size = SIZE;
    options.threads = 1;
    struct watched watched = watch_start("batch", NULL, &watch_batches, &options);
    for (int i = 0; i < COUNT; i++)
        expect_emit(notifier, i);
    EXPECT(watch_await("batch", COUNT / SIZE * SIZE, PATIENCE), "%zu came", watch_count("batch"));
    watch_pause(&watched);
    size_t last = watch_count("batch");
    /* What it had of the last one it handed over when it stopped. */
    EXPECT(last <= COUNT, "%zu of %d came", last, COUNT);
    for (size_t i = 0; i < last; i++)
        EXPECT(watch_sight("batch", i)->batch == (i < COUNT / SIZE * SIZE ? SIZE : last % SIZE),
               "number %zu came in a batch of %zu", i, watch_sight("batch", i)->batch);
    end_notifier(notifier, transport);
    watch_end(&watched);
}

static void timed_batches(void)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);

    options.batch_size = 1000;
    options.batch_timeout = 0.2;
    struct watched watched = watch_start("batch", NULL, &watch_batches, &options);
    expect_emit(notifier, 1);
    EXPECT(ostler_notify_error(notifier, NULL, "an error", NULL, NULL) == OSTLER_OK, "emit");
    EXPECT(watch_await("batch", 2, PATIENCE), "%zu came", watch_count("batch"));
    end_notifier(notifier, transport);
    watch_end(&watched);
}

/* More than any prefetch would hold by itself. */
static void large_batches(void)
{
    enum { SIZE = 300 };
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);

    options.batch_size = SIZE;
    struct watched watched = watch_start("batch", NULL, &watch_batches, &options);
    for (int i = 0; i < SIZE; i++)
        expect_emit(notifier, i);
    EXPECT(watch_await("batch", SIZE, PATIENCE), "%zu came", watch_count("batch"));
    EXPECT(watch_count("batch") == SIZE && watch_sight("batch", 0)->batch == SIZE, "a batch of %zu",
           watch_sight("batch", 0)->batch);
    end_notifier(notifier, transport);
    watch_end(&watched);
}

const struct check check_notifications[] = {
    {"notifications/priorities", "a notification of every priority comes to its method, with all its members",
     every_priority, 0},
    {"notifications/version-1", "message version 1 does the same", version_one, 0},
    {"notifications/values", "payloads of every type, large ones, text of every alphabet, and contexts arrive whole",
     values, 0},
    {"notifications/values-version-1", "so they do with message version 1", values_version_one, 0},
    {"notifications/wrong-input", "wrong input is refused where it is given, and disturbs nothing", wrong_input, 0},
    {"notifications/topics", "a notifier and a listener can have several topics", several_topics, 0},
    {"notifications/own-priorities", "a listener gets the priorities it has methods for", own_priorities, 0},
    {"notifications/pools", "every pool gets every notification once, and so do those without a pool", pools, 0},
    {"notifications/filters", "an endpoint sees what its filter lets through", filters, 0},
    {"notifications/batches", "batches have their size", batches, 0},
    {"notifications/timed-batches", "a batch that does not fill is handed over in time", timed_batches, 0},
    {"notifications/large-batches", "a batch can be larger than what a listener is sent ahead", large_batches, 0},
    {.name = NULL},
};
