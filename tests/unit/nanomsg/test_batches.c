/* SPDX-License-Identifier: Apache-2.0 */
/* Several requests in one message, several replies in one message; and that nothing is held back for long. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS = 8, ROUNDS = 200, LARGE = 20000 };

static const struct ostler_driver_ops *driver;
static ostler_driver_transport *serving, *client;
static struct ostler_error error = OSTLER_ERROR_INIT;

static void begin(void)
{
    driver = fixture_driver();
    serving = fixture_open(NULL, NULL);
    client = fixture_open(NULL, NULL);
}

static void end(void)
{
    driver->close(client);
    driver->close(serving);
    ostler_error_clear(&error);
    fixture_end();
}

static void send_call(uint64_t id, struct json_object *args, bool more)
{
    struct ostler_outgoing message = fixture_message(id);

    message.more = more;
    if (args)
        message.message.args = args;
    cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
}

static void answer_next(ostler_driver_listener *listener)
{
    struct ostler_incoming *incoming = fixture_take(listener);

    cr_assert_not_null(incoming);
    fixture_answer(incoming, "1");
}

/* So that there is a connection. */
static void call_once(ostler_driver_listener *listener)
{
    send_call(1, NULL, false);
    answer_next(listener);
    struct ostler_reply reply = fixture_reply(client);
    cr_assert_eq(reply.call_id, 1);
    fixture_reply_clear(&reply);
}

static void expect_result(uint64_t id)
{
    struct ostler_reply reply = fixture_reply(client);

    cr_assert_eq(reply.call_id, id, "%llu, not %llu", (unsigned long long)reply.call_id, (unsigned long long)id);
    cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    fixture_reply_clear(&reply);
}

/* Sends calls that leave together, and answers them. Returns in how many messages the answers came. */
static int64_t exchange_batch(ostler_driver_listener *listener, uint64_t first)
{
    int64_t before = fixture_count(client, "received");

    for (uint64_t i = 0; i < CALLS; i++)
        send_call(first + i, NULL, true);
    driver->flush(client);
    for (uint64_t i = 0; i < CALLS; i++)
        answer_next(listener);
    for (uint64_t i = 0; i < CALLS; i++)
        expect_result(first + i);
    return fixture_count(client, "received") - before;
}

/* On a busy machine what is held back may have to leave before the rest is there: not in every round. */
Test(batches, calls_and_replies_leave_together_and_in_order, .init = begin, .fini = end, .timeout = 120)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    int64_t messages = CALLS;

    call_once(listener);
    for (uint64_t round = 1; round <= ROUNDS && messages > 1; round++)
        messages = exchange_batch(listener, round * CALLS);
    cr_expect_eq(messages, 1);
    fixture_close(listener);
}

Test(batches, a_call_that_nobody_flushes_leaves_all_the_same, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");

    call_once(listener);
    send_call(2, NULL, true);
    answer_next(listener);
    expect_result(2);
    fixture_close(listener);
}

Test(batches, a_reply_does_not_wait_for_a_request_that_is_not_begun, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");

    call_once(listener);
    send_call(2, NULL, true);
    send_call(3, NULL, true);
    driver->flush(client);
    answer_next(listener);
    expect_result(2);
    answer_next(listener);
    expect_result(3);
    fixture_close(listener);
}

/* Alone each would have waited in the socket. */
Test(batches, a_small_queue_takes_what_came_together, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_transport *small = fixture_open(NULL, "listener_queue_messages = 1");
    ostler_driver_listener *listener = fixture_listen(small, "s");

    call_once(listener);
    for (uint64_t i = 0; i < CALLS; i++)
        send_call(10 + i, NULL, true);
    driver->flush(client);
    for (uint64_t i = 0; i < CALLS; i++)
        answer_next(listener);
    for (uint64_t i = 0; i < CALLS; i++)
        expect_result(10 + i);
    cr_expect_eq(fixture_count(small, "refused"), 0);
    fixture_close(listener);
    driver->close(small);
}

/* Small ones that are held, a large one that never is, one that is not to be held. */
Test(batches, order_stays, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    char *text = malloc(LARGE + 1);
    struct json_object *large = json_object_new_object();

    cr_assert_not_null(text);
    memset(text, 'x', LARGE);
    text[LARGE] = 0;
    json_object_object_add(large, "text", json_object_new_string(text));
    free(text);
    call_once(listener);
    for (uint64_t id = 10; id < 100; id++)
        send_call(id, id % 10 == 5 ? large : NULL, id % 10 != 9);
    for (uint64_t id = 10; id < 100; id++) {
        struct ostler_incoming *incoming = fixture_take(listener);
        cr_assert_not_null(incoming);
        struct json_object *sent = NULL;
        cr_expect_eq(json_object_object_get_ex(incoming->message.args, "text", &sent), id % 10 == 5);
        fixture_answer(incoming, "1");
    }
    for (uint64_t id = 10; id < 100; id++)
        expect_result(id);
    json_object_put(large);
    fixture_close(listener);
}

/* What was held back, or on its way, when its server went ends once: lost, or answered by the next one. */
Test(batches, each_call_ends_once_when_its_server_goes, .init = begin, .fini = end, .timeout = 120)
{
    ostler_driver_transport *leaving = fixture_open(NULL, NULL), *staying;
    ostler_driver_listener *listener = fixture_listen(leaving, "a");
    bool ended[CALLS] = {false};

    call_once(listener);
    for (uint64_t i = 0; i < CALLS; i++)
        send_call(100 + i, NULL, true);
    fixture_close(listener);
    driver->close(leaving);
    staying = fixture_open(NULL, NULL);
    struct fixture_server *server = fixture_serve(staying, "b");
    for (unsigned i = 0; i < CALLS; i++) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert(reply.call_id >= 100 && reply.call_id < 100 + CALLS, "%llu", (unsigned long long)reply.call_id);
        cr_expect_not(ended[reply.call_id - 100]);
        cr_expect(reply.kind == OSTLER_REPLY_RESULT || reply.kind == OSTLER_REPLY_LOST);
        ended[reply.call_id - 100] = true;
        fixture_reply_clear(&reply);
    }
    fixture_stop(server);
    driver->close(staying);
}
