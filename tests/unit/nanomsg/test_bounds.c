/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and servers that are slow, and what is kept for them. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPLIES = 10000, REPLY_SIZE = 1024 };

static const struct ostler_driver_ops *driver;
static ostler_driver_transport *serving, *client;
static struct ostler_error error = OSTLER_ERROR_INIT;

static void begin(void)
{
    driver = fixture_driver();
    serving = fixture_open(NULL, "reply_queue_bytes = 20000000");
    client = fixture_open(NULL, NULL);
}

static void end(void)
{
    driver->close(client);
    driver->close(serving);
    ostler_error_clear(&error);
    fixture_end();
}

static struct json_object *text_of(size_t size)
{
    struct json_object *args = json_object_new_object();
    char *text = calloc(1, size + 1);

    cr_assert_not_null(text);
    memset(text, 'x', size);
    json_object_object_add(args, "text", json_object_new_string(text));
    free(text);
    return args;
}

static void send_calls(uint64_t first, uint64_t count, struct json_object *args)
{
    struct ostler_outgoing message = fixture_message(0);

    message.message.args = args;
    message.deadline = message.expiry = ostler_deadline(100.0);
    for (uint64_t id = first; id < first + count; id++) {
        message.call_id = id;
        cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
    }
}

static void wait_until_served(struct fixture_server *server, unsigned count)
{
    ostler_time deadline = ostler_deadline(100.0);

    while (fixture_served(server) < count && ostler_now() < deadline)
        usleep(1000);
    cr_assert_eq(fixture_served(server), count);
}

/* A client that does not read has its replies kept, within the bound, and gets every one of them. */
Test(bounds, a_client_that_reads_late_gets_every_reply, .init = begin, .fini = end, .timeout = 200)
{
    struct fixture_server *server = fixture_serve(serving, "s");
    struct json_object *args = text_of(REPLY_SIZE);
    static bool seen[REPLIES + 1];

    send_calls(1, REPLIES, args);
    wait_until_served(server, REPLIES);
    cr_expect_gt(fixture_count(serving, "reply_bytes_queued"), 1000000);
    cr_expect_leq(fixture_count(serving, "reply_bytes_queued"), 20000000);
    for (int i = 0; i < REPLIES; i++) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        cr_assert(reply.call_id >= 1 && reply.call_id <= REPLIES && !seen[reply.call_id]);
        seen[reply.call_id] = true;
        fixture_reply_clear(&reply);
    }
    cr_expect_eq(fixture_count(serving, "replies_dropped"), 0);
    json_object_put(args);
    fixture_stop(server);
}

/* The acknowledgements are read although no thread polls the listener. */
Test(bounds, replies_go_out_while_every_worker_is_busy, .init = begin, .fini = end, .timeout = 200)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    struct json_object *args = text_of(REPLY_SIZE);
    struct ostler_incoming *taken[1000];
    size_t count = 0;

    while (count < 1000) {
        if (count % 50 == 0)
            send_calls(count + 1, 50, args);
        size_t got = driver->listener_poll(listener, ostler_deadline(10.0), taken + count, 50 - count % 50);
        cr_assert_gt(got, 0);
        count += got;
    }
    for (size_t i = 0; i < count; i++) {
        struct ostler_answer answer = {.value = args};
        cr_assert_eq(driver->incoming_open(taken[i], &error), OSTLER_OK);
        cr_assert_eq(driver->incoming_reply(taken[i], &answer, &error), OSTLER_OK);
        driver->incoming_free(taken[i]);
    }
    /* From here on nobody polls the listener. */
    for (size_t i = 0; i < count; i++) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%zu: %s", i, reply.reason);
        fixture_reply_clear(&reply);
    }
    json_object_put(args);
    fixture_close(listener);
}

Test(bounds, a_client_that_never_reads_is_given_up, .fini = end, .timeout = 200)
{
    driver = fixture_driver();
    serving = fixture_open(NULL, "reply_queue_bytes = 500000");
    client = fixture_open(NULL, NULL);
    ostler_driver_transport *other = fixture_open(NULL, NULL);
    struct fixture_server *server = fixture_serve(serving, "s");
    struct json_object *args = text_of(REPLY_SIZE);

    send_calls(1, 3000, args);
    wait_until_served(server, 3000);
    cr_expect_leq(fixture_count(serving, "reply_bytes_queued"), 500000);
    cr_expect_gt(fixture_count(serving, "replies_dropped"), 0);
    /* Nobody else is touched. */
    struct ostler_reply reply = fixture_call(other, fixture_message(1));
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    fixture_reply_clear(&reply);
    json_object_put(args);
    fixture_stop(server);
    driver->close(other);
}

Test(bounds, large_and_small_replies_mix, .init = begin, .fini = end, .timeout = 200)
{
    struct fixture_server *server = fixture_serve(serving, "s");
    static const size_t sizes[] = {10, 60000, 100, 131072, 90000, 1, 250000, 70000};
    uint64_t id = 0;

    for (int round = 0; round < 10; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct json_object *args = text_of(sizes[i]);
            send_calls(++id, 1, args);
            json_object_put(args);
        }
    wait_until_served(server, (unsigned)id);
    for (uint64_t i = 0; i < id; i++) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        fixture_reply_clear(&reply);
    }
    fixture_stop(server);
}

/* A server that takes nothing makes its senders wait, then tells them. */
Test(bounds, a_server_that_does_not_read_holds_senders_up, .init = begin, .fini = end, .timeout = 200)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    struct json_object *args = text_of(100000);
    struct ostler_outgoing message = fixture_message(0);
    struct ostler_incoming *incoming;
    enum ostler_status status = OSTLER_OK;
    int accepted = -1, taken = 0;

    message.message.args = args;
    while (status == OSTLER_OK && accepted < 1000) {
        accepted++;
        message.deadline = ostler_deadline(0.2);
        status = driver->send(client, &message, NULL, &error);
    }
    cr_expect_eq(status, OSTLER_E_DELIVERY);
    cr_expect_lt(accepted, 100);
    message.deadline = OSTLER_AT_ONCE;
    cr_expect_eq(driver->send(client, &message, NULL, &error), OSTLER_E_BUSY);
    while (taken < accepted && (incoming = fixture_take(listener))) {
        driver->incoming_free(incoming);
        taken++;
    }
    cr_expect_eq(taken, accepted);
    json_object_put(args);
    fixture_close(listener);
}

/* Two servers of a process: while one is busy the other one's thread reads for both, up to a bound. */
Test(bounds, what_is_read_for_a_busy_server_is_bounded, .fini = end, .timeout = 200)
{
    driver = fixture_driver();
    serving = fixture_open(NULL, "listener_queue_messages = 10");
    client = fixture_open(NULL, NULL);
    ostler_driver_listener *busy = fixture_listen(serving, "busy");
    struct fixture_server *idle = fixture_serve(serving, "idle");
    struct ostler_outgoing message = fixture_message(0);
    int lost = 0, taken = 0;

    message.target.server = "busy";
    for (uint64_t id = 1; id <= 30; id++) {
        message.call_id = id;
        cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
    }
    while (lost < 20) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert_eq(reply.kind, OSTLER_REPLY_LOST);
        cr_expect_eq(reply.status, OSTLER_E_DELIVERY);
        cr_expect_not_null(strstr(reply.reason, "too busy"), "%s", reply.reason);
        fixture_reply_clear(&reply);
        lost++;
    }
    for (; taken < 10; taken++) {
        struct ostler_incoming *incoming = fixture_take(busy);
        cr_assert_not_null(incoming);
        fixture_answer(incoming, "1");
    }
    for (; taken > 0; taken--) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        fixture_reply_clear(&reply);
    }
    fixture_stop(idle);
    fixture_close(busy);
}
