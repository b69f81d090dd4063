/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications and casts whose senders go on: each ends once, and as it would have for a sender that waits. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 2000, TOGETHER = 16, FLOOD = 100000 };
#define PATIENCE 10.0
#define SHORT    0.3

static const struct ostler_driver_ops *driver;
static ostler_driver_transport *serving, *client;
static struct ostler_error error = OSTLER_ERROR_INIT;
static struct json_object *payload;

static void begin(void)
{
    driver = fixture_driver();
    serving = fixture_open(NULL, NULL);
    client = fixture_open(NULL, NULL);
    payload = json_object_new_object();
    json_object_object_add(payload, "event_type", json_object_new_string("test"));
}

static void end(void)
{
    driver->close(client);
    if (serving)
        driver->close(serving);
    json_object_put(payload);
    ostler_error_clear(&error);
    fixture_end();
}

/* --- In a line each ----------------------------------------------------------------------------------------------- */

static struct ostler_outgoing_notification note_to(const char *topic, uint64_t id, ostler_time accept_by)
{
    return (struct ostler_outgoing_notification){.exchange = "exchange",
                                                 .topic = topic,
                                                 .priority = "info",
                                                 .message = payload,
                                                 .version = 2,
                                                 .retry = -1,
                                                 .deadline = accept_by,
                                                 .call_id = id,
                                                 .accept_by = accept_by};
}

static enum ostler_status notify(struct ostler_outgoing_notification note)
{
    ostler_error_clear(&error);
    return driver->notify(client, &note, &error);
}

static void notify_later(const char *topic, uint64_t id, ostler_time accept_by)
{
    cr_assert_eq(notify(note_to(topic, id, accept_by)), OSTLER_OK, "%s", error.message);
}

static ostler_driver_listener *subscribe_to(ostler_driver_transport *transport, const char *topic, const char *pool)
{
    const struct ostler_subscribed subscribed = {.exchange = "exchange", .topic = topic, .priority = "info"};
    const struct ostler_subscription subscription = {.subscribed = &subscribed, .count = 1, .pool = pool, .held = 1};
    ostler_driver_listener *listener = NULL;

    cr_assert_eq(driver->subscribe(transport, &subscription, &listener, &error), OSTLER_OK, "%s", error.message);
    return listener;
}

static void settle(struct ostler_incoming *incoming)
{
    cr_expect_eq(driver->incoming_settle(incoming, OSTLER_SETTLE_HANDLED, NULL), OSTLER_OK);
    driver->incoming_free(incoming);
}

static void handle(ostler_driver_listener *listener, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ostler_incoming *incoming = fixture_take(listener);
        cr_assert_not_null(incoming, "%zu of %zu came", i, count);
        settle(incoming);
    }
}

/* The next one, whoever has it; returns who had. */
static ostler_driver_listener *handle_either(ostler_driver_listener *one, ostler_driver_listener *other)
{
    ostler_time deadline = ostler_deadline(PATIENCE);
    struct ostler_incoming *incoming = NULL;
    ostler_driver_listener *had = other;

    while (!incoming) {
        cr_assert(ostler_now() < deadline, "neither has it");
        had = had == one ? other : one;
        driver->listener_poll(had, ostler_deadline(0.01), &incoming, 1);
    }
    cr_assert_eq(driver->incoming_open(incoming, &error), OSTLER_OK, "%s", error.message);
    settle(incoming);
    return had;
}

static void expect_accepted(uint64_t id)
{
    struct ostler_reply reply = fixture_reply(client);

    cr_assert_eq(reply.call_id, id, "%llu, not %llu", (unsigned long long)reply.call_id, (unsigned long long)id);
    cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    cr_expect_null(reply.value);
    fixture_reply_clear(&reply);
}

/* It ends as `waited` did for a sender that waited, whose error is in `error`. */
static void expect_lost_as(uint64_t id, enum ostler_status waited)
{
    struct ostler_reply reply = fixture_reply(client);

    cr_assert_eq(reply.call_id, id);
    cr_assert_eq(reply.kind, OSTLER_REPLY_LOST);
    cr_expect_eq(reply.status, waited, "%s", ostler_status_name(reply.status));
    cr_assert_not_null(reply.reason);
    cr_expect_str_eq(reply.reason, error.message);
    fixture_reply_clear(&reply);
}

static void expect_nothing_more(void)
{
    struct ostler_reply reply;

    cr_expect_eq(driver->replies_poll(client, OSTLER_AT_ONCE, &reply, 1), 0);
}

/* --- Notifications ------------------------------------------------------------------------------------------------ */

/* They leave together, and their listener answers together. */
Test(notes, many_are_accepted_and_handled_once_each, .init = begin, .fini = end, .timeout = 120)
{
    ostler_driver_listener *listener = subscribe_to(serving, "t", NULL);
    uint64_t id = 0;

    for (int round = 0; round < MANY / TOGETHER; round++) {
        for (int i = 0; i < TOGETHER; i++) {
            struct ostler_outgoing_notification note = note_to("t", ++id, OSTLER_NEVER);
            note.more = true;
            cr_assert_eq(notify(note), OSTLER_OK, "%s", error.message);
        }
        driver->flush(client);
        handle(listener, TOGETHER);
        for (int i = 0; i < TOGETHER; i++)
            expect_accepted(id - TOGETHER + 1 + (uint64_t)i);
    }
    expect_nothing_more();
    fixture_close(listener);
}

Test(notes, each_pool_and_each_listener_without_one_has_it, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_transport *other = fixture_open(NULL, NULL), *third = fixture_open(NULL, NULL);
    ostler_driver_listener *alone = subscribe_to(serving, "t", NULL), *first = subscribe_to(other, "t", "p");
    ostler_driver_listener *second = subscribe_to(third, "t", "p");

    bool first_is_known = false, second_is_known = false;
    uint64_t id = 0;

    /* Those of the pool that the client knows take turns, and by and by it knows both. */
    while (!first_is_known || !second_is_known) {
        notify_later("t", ++id, OSTLER_NEVER);
        bool had_first = handle_either(first, second) == first;
        first_is_known |= had_first;
        second_is_known |= !had_first;
        handle(alone, 1);
        expect_accepted(id);
    }
    notify_later("t", ++id, OSTLER_NEVER);
    notify_later("t", ++id, OSTLER_NEVER);
    handle(first, 1);
    handle(second, 1);
    expect_nothing_more();
    handle(alone, 2);
    expect_accepted(id - 1);
    expect_accepted(id);
    fixture_close(alone);
    fixture_close(first);
    fixture_close(second);
    driver->close(third);
    driver->close(other);
}

Test(notes, nobody_listens, .init = begin, .fini = end, .timeout = 60)
{
    cr_assert_eq(notify(note_to("t", 1, OSTLER_NEVER)), OSTLER_E_UNDELIVERABLE, "refused at once");
    expect_nothing_more();
    enum ostler_status waited = notify(note_to("t", 0, ostler_deadline(SHORT)));
    cr_assert_eq(waited, OSTLER_E_UNDELIVERABLE);
    struct ostler_outgoing_notification note = note_to("t", 2, ostler_deadline(SHORT));
    cr_assert_eq(driver->notify(client, &note, NULL), OSTLER_OK);
    expect_lost_as(2, waited);
    expect_nothing_more();
}

Test(notes, a_listener_that_comes_in_time_gets_it, .init = begin, .fini = end, .timeout = 60)
{
    notify_later("t", 1, ostler_deadline(PATIENCE));
    expect_nothing_more();
    ostler_driver_listener *listener = subscribe_to(serving, "t", NULL);
    struct ostler_reply reply = {.call_id = 0};
    struct ostler_incoming *incoming = NULL;
    ostler_time deadline = ostler_deadline(PATIENCE);

    /* It is sent while replies are polled. */
    while (reply.call_id == 0 && ostler_now() < deadline) {
        driver->replies_poll(client, ostler_deadline(0.01), &reply, 1);
        if (!incoming && driver->listener_poll(listener, OSTLER_AT_ONCE, &incoming, 1) == 1)
            settle(incoming);
    }
    cr_expect_eq(reply.call_id, 1);
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT);
    cr_expect_not_null(incoming);
    fixture_close(listener);
}

/* One listener reads for the process, the other has room for one more and does not take it. */
Test(notes, a_listener_without_room, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_transport *small = fixture_open(NULL, "listener_queue_messages=1");
    ostler_driver_listener *reads = subscribe_to(small, "reads", NULL), *full = subscribe_to(small, "full", NULL);
    struct ostler_incoming *incoming = NULL;
    struct ostler_outgoing_notification note = note_to("full", 2, OSTLER_NEVER);
    struct ostler_reply reply = {.call_id = 0};
    ostler_time deadline = ostler_deadline(PATIENCE);

    note.retry = 0;
    notify_later("full", 1, OSTLER_NEVER);
    cr_assert_eq(notify(note), OSTLER_OK, "%s", error.message);
    notify_later("full", 3, OSTLER_NEVER);
    cr_expect_eq(driver->listener_poll(reads, ostler_deadline(SHORT), &incoming, 1), 0);
    expect_accepted(1);
    reply = fixture_reply(client);
    cr_assert_eq(reply.call_id, 2);
    cr_expect_eq(reply.kind, OSTLER_REPLY_LOST);
    cr_expect_eq(reply.status, OSTLER_E_DELIVERY);
    cr_expect_str_eq(reply.reason, "1 of 1 listeners and pools did not take it");
    fixture_reply_clear(&reply);
    expect_nothing_more();
    handle(full, 1);
    for (reply.call_id = 0; reply.call_id == 0 && ostler_now() < deadline;) {
        driver->replies_poll(client, ostler_deadline(0.01), &reply, 1);
        if (driver->listener_poll(full, OSTLER_AT_ONCE, &incoming, 1) == 1)
            settle(incoming);
    }
    cr_expect_eq(reply.call_id, 3);
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT);
    fixture_close(reads);
    fixture_close(full);
    driver->close(small);
}

Test(notes, a_listener_that_does_not_read, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = subscribe_to(serving, "t", NULL);
    enum ostler_status waited = notify(note_to("t", 0, ostler_deadline(SHORT)));

    cr_expect_eq(waited, OSTLER_E_DELIVERY);
    struct ostler_outgoing_notification note = note_to("t", 1, ostler_deadline(SHORT));
    cr_assert_eq(driver->notify(client, &note, NULL), OSTLER_OK);
    expect_lost_as(1, waited);
    /* That it was taken in the end is news to nobody. */
    handle(listener, 2);
    notify_later("t", 2, OSTLER_NEVER);
    handle(listener, 1);
    expect_accepted(2);
    fixture_close(listener);
}

/* Nothing waits in an event loop: the program sends again. */
Test(notes, who_cannot_wait_is_told_that_there_is_no_room, .init = begin, .fini = end, .timeout = 120)
{
    ostler_driver_listener *listener = subscribe_to(serving, "t", NULL);
    struct ostler_outgoing_notification note = note_to("t", 1, OSTLER_NEVER);
    enum ostler_status status = OSTLER_OK;
    uint64_t accepted = 0;

    notify_later("t", 1, OSTLER_NEVER);
    handle(listener, 1);
    expect_accepted(1);
    note.deadline = OSTLER_AT_ONCE;
    for (note.call_id = 2; note.call_id < FLOOD && (status = notify(note)) == OSTLER_OK; note.call_id++)
        accepted++;
    cr_assert_eq(status, OSTLER_E_BUSY, "%s after %llu", ostler_status_name(status), (unsigned long long)accepted);
    handle(listener, accepted);
    for (uint64_t id = 2; id < 2 + accepted; id++)
        expect_accepted(id);
    expect_nothing_more();
    fixture_close(listener);
}

/* What its listener has not taken when it goes has another one, or nobody. */
Test(notes, each_ends_once_when_its_listener_goes, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = subscribe_to(serving, "t", NULL);

    notify_later("t", 1, OSTLER_NEVER);
    notify_later("t", 2, ostler_deadline(PATIENCE));
    fixture_close(listener);
    driver->close(serving);
    serving = fixture_open(NULL, NULL);
    struct ostler_reply reply = fixture_reply(client);
    cr_assert_eq(reply.call_id, 1);
    cr_expect_eq(reply.kind, OSTLER_REPLY_LOST);
    cr_expect_eq(reply.status, OSTLER_E_UNDELIVERABLE);
    fixture_reply_clear(&reply);
    listener = subscribe_to(serving, "t", NULL);
    struct ostler_incoming *incoming = NULL;
    ostler_time deadline = ostler_deadline(PATIENCE);
    for (reply.call_id = 0; reply.call_id == 0 && ostler_now() < deadline;) {
        driver->replies_poll(client, ostler_deadline(0.01), &reply, 1);
        if (driver->listener_poll(listener, OSTLER_AT_ONCE, &incoming, 1) == 1)
            settle(incoming);
    }
    cr_expect_eq(reply.call_id, 2);
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT);
    expect_nothing_more();
    fixture_close(listener);
}

Test(notes, closing_drops_what_is_open, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = subscribe_to(serving, "t", NULL);

    notify_later("t", 1, OSTLER_NEVER);
    notify_later("elsewhere", 2, ostler_deadline(PATIENCE));
    driver->close(client);
    client = fixture_open(NULL, NULL);
    expect_nothing_more();
    fixture_close(listener);
}

/* --- Casts -------------------------------------------------------------------------------------------------------- */

static struct ostler_outgoing cast_later(uint64_t id)
{
    struct ostler_outgoing message = fixture_message(id);

    message.acceptance = true;
    message.accept_by = message.deadline;
    message.expiry = OSTLER_NEVER;
    return message;
}

Test(notes, casts_are_accepted_when_they_are_sent, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");

    for (uint64_t id = 1; id <= 3 * TOGETHER; id++) {
        struct ostler_outgoing message = cast_later(id);
        message.more = id % TOGETHER != 0;
        message.target.fanout = id % 2;
        cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
    }
    driver->flush(client);
    for (uint64_t id = 1; id <= 3 * TOGETHER; id++)
        expect_accepted(id);
    for (uint64_t id = 1; id <= 3 * TOGETHER; id++) {
        struct ostler_incoming *incoming = fixture_take(listener);
        cr_assert_not_null(incoming);
        cr_expect_not(incoming->wants_reply);
        driver->incoming_free(incoming);
    }
    struct ostler_outgoing careful = cast_later(1000);
    careful.target.topic = "nobody";
    careful.at_least_once = true;
    cr_expect_eq(driver->send(client, &careful, NULL, &error), OSTLER_E_UNDELIVERABLE);
    expect_nothing_more();
    fixture_close(listener);
}

Test(notes, an_event_loop_sees_that_one_was_accepted, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    struct pollfd watched = {.fd = driver->replies_fd(client), .events = POLLIN};

    for (uint64_t id = 1; id <= MANY; id++) {
        struct ostler_outgoing message = cast_later(id);
        cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
        cr_assert_eq(poll(&watched, 1, (int)(PATIENCE * 1000)), 1);
        expect_accepted(id);
        struct ostler_incoming *incoming = fixture_take(listener);
        cr_assert_not_null(incoming);
        driver->incoming_free(incoming);
    }
    fixture_close(listener);
}
