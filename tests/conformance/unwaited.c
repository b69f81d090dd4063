/* SPDX-License-Identifier: Apache-2.0 */
/* Casts and notifications whose senders go on at once: each is told once what became of it, and that is true. */
#include "check.h"
#include "fixture.h"
#include "peer.h"
#include "probe.h"
#include "watch.h"

#include <poll.h>
#include <stdlib.h>

static enum ostler_status cast(ostler_client *client, int64_t id, struct outcome *outcome)
{
    struct json_object *args = fixture_id(id);
    enum ostler_status status =
        ostler_client_cast_async(client, NULL, "mark", args, fixture_note_accepted, outcome, NULL);

    json_object_put(args);
    return status;
}

static void expect_all_accepted(const struct outcome *outcomes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        EXPECT(outcomes[i].times == 1 && outcomes[i].status == OSTLER_OK, "number %zu was told of %d times, with %s", i,
               outcomes[i].times, ostler_status_name(outcomes[i].status));
}

/* --- Casts -------------------------------------------------------------------------------------------------------- */

static void casts(void)
{
    enum { CASTS = 5000 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE * 3);
    struct outcome *outcomes = calloc(CASTS, sizeof *outcomes);

    REQUIRE(outcomes, "no memory");
    fixture_await_server(transport, "one");
    for (int i = 0; i < CASTS; i++)
        REQUIRE(cast(client, i, &outcomes[i]) == OSTLER_OK, "cast %d", i);
    EXPECT(fixture_await_outcomes(CASTS, PATIENCE * 3), "%zu of %d were told of", fixture_outcomes(), CASTS);
    expect_all_accepted(outcomes, CASTS);
    EXPECT(probe_await_runs(CASTS, PATIENCE * 3) && probe_most_runs() == 1, "%zu runs", probe_runs());
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
    free(outcomes);
}

static void casts_to_all(void)
{
    enum { CASTS = 50 };
    struct served one = fixture_serve("one"), two = fixture_serve("two");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client_to(transport, NULL, true, PATIENCE);
    struct outcome outcomes[CASTS] = {{0}};

    fixture_await_server(transport, "one");
    fixture_await_server(transport, "two");
    for (int i = 0; i < CASTS; i++)
        REQUIRE(cast(client, i, &outcomes[i]) == OSTLER_OK, "cast %d", i);
    EXPECT(fixture_await_outcomes(CASTS, PATIENCE), "%zu of %d were told of", fixture_outcomes(), CASTS);
    expect_all_accepted(outcomes, CASTS);
    EXPECT(probe_await_runs((size_t)2 * CASTS, PATIENCE) && probe_most_runs() == 2, "%zu runs", probe_runs());
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&one);
    fixture_end(&two);
}

/* Runs the loop until `count` have been told of. */
static void run_loop(ostler_transport *transport, size_t count)
{
    ostler_time deadline = ostler_deadline(PATIENCE);
    struct pollfd watched = {.fd = ostler_transport_fd(transport), .events = POLLIN};

    while (fixture_outcomes() < count && ostler_now() < deadline)
        if (poll(&watched, 1, ostler_time_left_ms(deadline)) > 0)
            ostler_transport_process(transport);
}

/* With an event loop nothing waits: what finds no room is the program's to send again. */
static void event_loop(void)
{
    enum { CASTS = 300 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport_with(true, 0);
    ostler_client *client = fixture_client(transport, PATIENCE * 3);
    struct outcome outcomes[CASTS] = {{0}}, found = {0};
    ostler_time deadline = ostler_deadline(PATIENCE);
    struct pollfd pause = {.fd = -1};

    /* Where servers have to be found, they are found by a call. */
    while (fixture_start(client, "whoami", NULL, &found, NULL) != OSTLER_OK && ostler_now() < deadline)
        poll(&pause, 1, 5);
    run_loop(transport, 1);
    REQUIRE(found.status == OSTLER_OK, "the server was not found");
    for (size_t i = 0; i < CASTS && ostler_now() < deadline;) {
        enum ostler_status status = cast(client, (int64_t)i, &outcomes[i]);
        REQUIRE(status == OSTLER_OK || status == OSTLER_E_BUSY, "cast %zu: %s", i, ostler_status_name(status));
        if (status == OSTLER_OK)
            i++;
        else if (poll(&pause, 1, 5) == 0)
            ostler_transport_process(transport);
    }
    EXPECT(fixture_outcomes() >= 1, "told outside process()");
    run_loop(transport, CASTS + 1);
    expect_all_accepted(outcomes, CASTS);
    EXPECT(probe_await_runs(CASTS, PATIENCE) && probe_most_runs() == 1, "%zu runs", probe_runs());
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

/* That nobody is there is said by the call or by the callback, never by both, never by neither. */
static void nobody(void)
{
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, 3.0), *careful = NULL;
    struct ostler_prepare changes = OSTLER_PREPARE_INIT;
    struct outcome outcome = {0};

    changes.fields = OSTLER_PREPARE_AT_LEAST_ONCE;
    changes.options.at_least_once = true;
    REQUIRE(ostler_client_prepare(client, &changes, &careful, NULL) == OSTLER_OK, "prepare");
    enum ostler_status status = cast(careful, 1, &outcome);
    if (status == OSTLER_OK) {
        EXPECT(fixture_await_outcomes(1, PATIENCE), "nothing was told");
        status = outcome.status;
    }
    EXPECT(status == OSTLER_E_UNDELIVERABLE && outcome.times <= 1, "%s, told %d times", ostler_status_name(status),
           outcome.times);
    ostler_client_free(careful);
    ostler_client_free(client);
    ostler_transport_unref(transport);
}

/* Whatever is under way when the transport is closed has been told of afterwards. */
static void closed(void)
{
    enum { CASTS = 500 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct outcome outcomes[CASTS] = {{0}};

    fixture_await_server(transport, "one");
    for (int i = 0; i < CASTS; i++)
        REQUIRE(cast(client, i, &outcomes[i]) == OSTLER_OK, "cast %d", i);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    for (int i = 0; i < CASTS; i++) {
        EXPECT(outcomes[i].times == 1, "number %d was told of %d times", i, outcomes[i].times);
        EXPECT(outcomes[i].status == OSTLER_OK || outcomes[i].status == OSTLER_E_CANCELLED, "number %d: %s", i,
               ostler_status_name(outcomes[i].status));
    }
    EXPECT(probe_most_runs() <= 1, "one ran %u times", probe_most_runs());
    fixture_end(&served);
}

static void wrong_input(void)
{
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *text = json_object_new_string("no object");
    struct outcome outcome = {0};

    EXPECT(ostler_client_cast_async(client, NULL, "mark", text, fixture_note_accepted, &outcome, &error) ==
               OSTLER_E_INVALID,
           "arguments that are no object");
    ostler_error_clear(&error);
    EXPECT(ostler_client_cast_async(client, NULL, "", NULL, fixture_note_accepted, &outcome, &error) ==
               OSTLER_E_INVALID,
           "no method");
    ostler_error_clear(&error);
    EXPECT(outcome.times == 0, "told all the same");
    json_object_put(text);
    ostler_client_free(client);
    ostler_transport_unref(transport);
}

/* --- Notifications ------------------------------------------------------------------------------------------------ */

static enum ostler_status notify(ostler_notifier *notifier, int id, struct outcome *outcome)
{
    struct json_object *payload = fixture_id(id);
    enum ostler_status status = ostler_notify_async(notifier, NULL, OSTLER_PRIORITY_INFO, "event", payload,
                                                    fixture_note_accepted, outcome, NULL);

    json_object_put(payload);
    return status;
}

static void notifications(void)
{
    enum { COUNT = 3000 };
    struct watched watched = watch_start("one", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct outcome *outcomes = calloc(COUNT, sizeof *outcomes);

    REQUIRE(outcomes, "no memory");
    for (int i = 0; i < COUNT; i++)
        REQUIRE(notify(notifier, i, &outcomes[i]) == OSTLER_OK, "notification %d", i);
    EXPECT(fixture_await_outcomes(COUNT, PATIENCE * 3), "%zu of %d were told of", fixture_outcomes(), COUNT);
    expect_all_accepted(outcomes, COUNT);
    EXPECT(watch_await("one", COUNT, PATIENCE * 3), "%zu of %d came", watch_count("one"), COUNT);
    for (int i = 0; i < COUNT; i++)
        EXPECT(watch_handled(i) == 1, "%d was handled %u times", i, watch_handled(i));
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
    free(outcomes);
}

/* In an event loop, again and again while there is no room for it. */
static void notify_in_the_end(ostler_transport *transport, ostler_notifier *notifier, int id, struct outcome *outcome)
{
    ostler_time deadline = ostler_deadline(PATIENCE);
    struct pollfd pause = {.fd = -1};

    do {
        size_t before = fixture_outcomes();
        *outcome = (struct outcome){0};
        enum ostler_status status = notify(notifier, id, outcome);
        if (status == OSTLER_OK)
            run_loop(transport, before + 1);
        else
            outcome->status = status;
    } while (outcome->status == OSTLER_E_BUSY && ostler_now() < deadline && poll(&pause, 1, 5) == 0);
}

/* As casts are. With the first it is found out who listens. */
static void notifications_in_a_loop(void)
{
    enum { COUNT = 300 };
    struct watched watched = watch_start("one", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport_with(true, 0);
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct outcome outcomes[COUNT] = {{0}};
    size_t begun = 0;

    notify_in_the_end(transport, notifier, 0, &outcomes[0]);
    size_t before = fixture_outcomes();
    for (int i = 1; i < COUNT; i++) {
        outcomes[i].status = notify(notifier, i, &outcomes[i]);
        begun += outcomes[i].status == OSTLER_OK;
    }
    run_loop(transport, before + begun);
    for (int i = 1; i < COUNT; i++)
        if (outcomes[i].status == OSTLER_E_BUSY)
            notify_in_the_end(transport, notifier, i, &outcomes[i]);
    expect_all_accepted(outcomes, COUNT);
    EXPECT(watch_await("one", COUNT, PATIENCE), "%zu of %d came", watch_count("one"), COUNT);
    for (int i = 0; i < COUNT; i++)
        EXPECT(watch_handled(i) == 1, "%d was handled %u times", i, watch_handled(i));
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

static void notifications_closed(void)
{
    enum { COUNT = 500 };
    struct watched watched = watch_start("one", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct outcome outcomes[COUNT] = {{0}};

    for (int i = 0; i < COUNT; i++)
        REQUIRE(notify(notifier, i, &outcomes[i]) == OSTLER_OK, "notification %d", i);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    for (int i = 0; i < COUNT; i++) {
        EXPECT(outcomes[i].times == 1, "number %d was told of %d times", i, outcomes[i].times);
        EXPECT(outcomes[i].status == OSTLER_OK || outcomes[i].status == OSTLER_E_CANCELLED, "number %d: %s", i,
               ostler_status_name(outcomes[i].status));
    }
    watch_end(&watched);
}

/* All of them; some may come twice. */
static void expect_all_handled(int count)
{
    ostler_time deadline = ostler_deadline(PATIENCE);
    int handled = 0;

    while (handled < count && ostler_now() < deadline) {
        if (watch_handled(handled) > 0)
            handled++;
        else
            watch_await(NULL, watch_count(NULL) + 1, 0.05);
    }
    EXPECT(handled == count, "notification %d was accepted and never handled", handled);
}

/* What is sent while one listener stops and another starts is told of once, and handled if it was accepted. */
static void listeners_change(void)
{
    enum { ROUNDS = 6, EACH = 200 };
    struct watched first = watch_pool("first", "pool"), second = watch_pool("second", "pool");
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct outcome *outcomes = calloc(ROUNDS * EACH, sizeof *outcomes);

    REQUIRE(outcomes, "no memory");
    for (int round = 0; round < ROUNDS; round++) {
        struct watched *leaving = round % 2 ? &second : &first;
        for (int i = round * EACH; i < (round + 1) * EACH; i++)
            REQUIRE(notify(notifier, i, &outcomes[i]) == OSTLER_OK, "notification %d", i);
        watch_pause(leaving);
        watch_resume(leaving);
    }
    EXPECT(fixture_await_outcomes(ROUNDS * EACH, PATIENCE * 3), "%zu were told of", fixture_outcomes());
    expect_all_accepted(outcomes, ROUNDS * EACH);
    expect_all_handled(ROUNDS * EACH);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&first);
    watch_end(&second);
    free(outcomes);
}

/* What it has not taken goes to the next one. */
static void listener_killed(void)
{
    enum { COUNT = 100 };
    peer_require();
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct peer doomed = peer_start_listener("work");
    struct outcome outcomes[COUNT] = {{0}};

    REQUIRE(watch_emit(notifier, COUNT) == OSTLER_OK, "nobody listens");
    peer_pause(&doomed);
    for (int i = 0; i < COUNT; i++)
        REQUIRE(notify(notifier, i, &outcomes[i]) == OSTLER_OK, "notification %d", i);
    peer_kill(&doomed);
    struct watched watched = watch_start("heir", NULL, NULL, NULL);
    EXPECT(fixture_await_outcomes(COUNT, PATIENCE * 2), "%zu were told of", fixture_outcomes());
    expect_all_accepted(outcomes, COUNT);
    expect_all_handled(COUNT);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

/* Several topics and drivers are one notification: it is told of once, when all of them are through. */
static void several_places(void)
{
    static const char *const drivers[] = {"messaging", "messagingv2", "noop", NULL};
    const char *const topics[] = {fixture_topic(), "other", NULL};
    struct watched watched = watch_start("one", topics, NULL, NULL);
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = NULL;
    struct outcome outcome = {0};

    options.drivers = drivers;
    options.topics = topics;
    options.timeout = PATIENCE;
    REQUIRE(ostler_notifier_new(transport, NULL, &options, &notifier, NULL) == OSTLER_OK, "notifier");
    REQUIRE(ostler_notify_async(notifier, NULL, OSTLER_PRIORITY_WARN, "event", NULL, fixture_note_accepted, &outcome,
                                NULL) == OSTLER_OK,
            "notification");
    EXPECT(fixture_await_outcomes(1, PATIENCE) && outcome.status == OSTLER_OK, "%s",
           ostler_status_name(outcome.status));
    EXPECT(watch_await("one", 4, PATIENCE), "%zu of 4 came", watch_count("one"));
    EXPECT(outcome.times == 1, "told of %d times", outcome.times);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

const struct check check_unwaited[] = {
    {"unwaited/casts", "thousands of casts that nobody waits for are told of once each, and those accepted run", casts,
     240},
    {"unwaited/fanout", "so are casts to all servers", casts_to_all, 0},
    {"unwaited/event-loop", "with an event loop of the program they are told of inside process()", event_loop, 0},
    {"unwaited/nobody", "that nobody serves is told once", nobody, 0},
    {"unwaited/closed", "what is under way when the transport is closed is told of before that returns", closed, 0},
    {"unwaited/wrong-input", "what cannot be sent is refused at once and not told of", wrong_input, 0},
    {"unwaited/notifications", "thousands of notifications that nobody waits for are told of and handled once each",
     notifications, 240},
    {"unwaited/notifications-loop", "so they are with an event loop of the program, again where there was no room",
     notifications_in_a_loop, 0},
    {"unwaited/notifications-closed", "what is under way when the transport is closed is told of before that returns",
     notifications_closed, 0},
    {"unwaited/listeners-change", "they are told of once, and none accepted is lost, while listeners stop and start",
     listeners_change, 0},
    {"unwaited/listener-killed", "what a killed listener had not taken is told of once, and handled by the next one",
     listener_killed, 0},
    {"unwaited/several-places", "a notification to several topics and drivers is told of once, when all are through",
     several_places, 0},
    {.name = NULL},
};
