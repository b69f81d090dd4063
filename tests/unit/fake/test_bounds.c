/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>

static enum ostler_status send_by(ostler_driver_transport *transport, struct ostler_outgoing outgoing,
                                  ostler_time deadline)
{
    outgoing.deadline = deadline;
    return fixture_send(transport, &outgoing);
}

Test(bounds, a_full_queue_ends_a_send_as_its_deadline_says, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open("queue_size = 2");
    ostler_driver_listener *one = fixture_listen(transport, "one");
    struct ostler_outgoing cast = fixture_cast("x");
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_expect_eq(fixture_send(transport, &cast), OSTLER_OK);
    cr_expect_eq(send_by(transport, cast, OSTLER_AT_ONCE), OSTLER_OK);
    cr_expect_eq(send_by(transport, cast, OSTLER_AT_ONCE), OSTLER_E_BUSY);
    cr_expect_eq(send_by(transport, cast, ostler_deadline(0.02)), OSTLER_E_TIMEOUT);
    cast.target.fanout = true;
    cr_expect_eq(send_by(transport, cast, OSTLER_AT_ONCE), OSTLER_E_BUSY);
    cast.target.fanout = false;
    cast.retry = 0;
    cr_expect_eq(fake->send(transport, &cast, NULL, &error), OSTLER_E_DELIVERY);
    cr_expect_not_null(strstr(error.message, "topic"));
    cr_expect_str_eq(fixture_drain(one), "x x");
    ostler_error_clear(&error);
    fixture_end(one);
    fake->close(transport);
}

Test(bounds, a_full_server_is_passed_over, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open("queue_size = 2");
    ostler_driver_listener *one = fixture_listen(transport, "one"), *two = fixture_listen(transport, "two");
    struct ostler_outgoing cast = fixture_cast("named");

    cast.target.server = "one";
    fixture_send(transport, &cast);
    fixture_send(transport, &cast);
    cast = fixture_cast("x");
    cr_expect_eq(send_by(transport, cast, OSTLER_AT_ONCE), OSTLER_OK);
    cr_expect_eq(send_by(transport, cast, OSTLER_AT_ONCE), OSTLER_OK);
    cr_expect_eq(send_by(transport, cast, OSTLER_AT_ONCE), OSTLER_E_BUSY);
    cr_expect_str_eq(fixture_drain(one), "named named");
    cr_expect_str_eq(fixture_drain(two), "x x");
    fixture_end(one);
    fixture_end(two);
    fake->close(transport);
}

Test(bounds, fanout_is_all_or_none, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open("queue_size = 1");
    ostler_driver_listener *one = fixture_listen(transport, "one"), *two = fixture_listen(transport, "two");
    struct ostler_outgoing cast = fixture_cast("named");

    cast.target.server = "two";
    fixture_send(transport, &cast);
    cast = fixture_cast("all");
    cast.target.fanout = true;
    cr_expect_eq(send_by(transport, cast, OSTLER_AT_ONCE), OSTLER_E_BUSY);
    cr_expect_str_eq(fixture_drain(one), "");
    cr_expect_str_eq(fixture_drain(two), "named");
    cr_expect_eq(send_by(transport, cast, OSTLER_AT_ONCE), OSTLER_OK);
    cr_expect_str_eq(fixture_drain(one), "all");
    fixture_end(one);
    fixture_end(two);
    fake->close(transport);
}

struct sender {
    ostler_driver_transport *transport;
    struct ostler_outgoing outgoing;
    enum ostler_status status;
};

static void *send_in_thread(void *argument)
{
    struct sender *sender = argument;

    sender->status = fixture_send(sender->transport, &sender->outgoing);
    return NULL;
}

Test(bounds, a_sender_gets_the_room_that_a_poll_makes, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open("queue_size = 1");
    ostler_driver_listener *one = fixture_listen(transport, "one");
    struct sender sender = {.transport = transport, .outgoing = fixture_cast("second")};
    struct ostler_outgoing first = fixture_cast("first");
    struct ostler_incoming *incoming;
    pthread_t thread;

    cr_assert_eq(fixture_send(transport, &first), OSTLER_OK);
    pthread_create(&thread, NULL, send_in_thread, &sender);
    incoming = fixture_take(one);
    cr_assert_str_eq(incoming->message.method, "first");
    fake->incoming_free(incoming);
    incoming = fixture_take(one);
    cr_assert_str_eq(incoming->message.method, "second");
    fake->incoming_free(incoming);
    pthread_join(thread, NULL);
    cr_expect_eq(sender.status, OSTLER_OK);
    fixture_end(one);
    fake->close(transport);
}

Test(bounds, a_sender_gets_the_room_of_what_expires, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open("queue_size = 1");
    struct ostler_outgoing call = fixture_call("call", 1, 0.05), cast = fixture_cast("cast");

    cr_assert_eq(fixture_send(transport, &call), OSTLER_OK);
    cr_expect_eq(send_by(transport, cast, ostler_deadline(30.0)), OSTLER_OK);
    ostler_driver_listener *one = fixture_listen(transport, "one");
    cr_expect_str_eq(fixture_drain(one), "cast");
    fixture_end(one);
    fake->close(transport);
}

Test(bounds, expired_calls_are_not_handed_out, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one");
    struct ostler_outgoing call = fixture_call("late", 1, 60.0), cast = fixture_cast("good");

    call.expiry = ostler_now();
    fixture_send(transport, &call);
    fixture_send(transport, &cast);
    fixture_send(transport, &call);
    cr_expect_str_eq(fixture_drain(one), "good");
    fixture_send(transport, &call);
    cr_expect_str_eq(fixture_drain(one), "");
    fixture_end(one);
    fake->close(transport);
}

Test(bounds, expired_calls_to_nobody_are_not_kept, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    struct ostler_outgoing call = fixture_call("call", 1, 60.0);

    call.expiry = ostler_now();
    for (int i = 0; i < 100; i++) {
        call.target.server = i % 2 ? "one" : NULL;
        cr_assert_eq(fixture_send(transport, &call), OSTLER_OK);
        cr_assert_leq(fixture_waiting(transport, "requests_waiting"), 1);
    }
    fake->close(transport);
}

Test(bounds, queues_for_nobody_have_a_ceiling, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open("max_queues = 3");
    struct ostler_outgoing cast = fixture_cast("x");
    struct ostler_error error = OSTLER_ERROR_INIT;
    char name[24];

    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "server%d", i);
        cast.target.server = name;
        cr_expect_eq(fixture_send(transport, &cast), OSTLER_OK);
    }
    cast.target.server = "third";
    cr_expect_eq(fake->send(transport, &cast, NULL, &error), OSTLER_E_DELIVERY);
    cr_expect_not_null(strstr(error.message, "max_queues"));
    cast.target.server = NULL;
    cast.target.topic = "another";
    cr_expect_eq(fake->send(transport, &cast, NULL, &error), OSTLER_E_DELIVERY);
    cr_expect_not_null(strstr(error.message, "max_queues"));

    /* Servers are always welcome, and what they take makes room. */
    ostler_driver_listener *one = fixture_listen(transport, "server0");
    cr_expect_str_eq(fixture_drain(one), "x");
    fixture_end(one);
    cast = fixture_cast("y");
    cast.target.server = "third";
    cr_expect_eq(fixture_send(transport, &cast), OSTLER_OK);
    ostler_error_clear(&error);
    fake->close(transport);
}

Test(bounds, topics_of_expired_calls_make_room_for_others, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open("max_queues = 1");
    struct ostler_outgoing call = fixture_call("call", 1, 60.0), cast = fixture_cast("x");

    call.expiry = ostler_now();
    cr_expect_eq(fixture_send(transport, &call), OSTLER_OK);
    cast.target.topic = "another";
    cr_expect_eq(fixture_send(transport, &cast), OSTLER_OK);
    fake->close(transport);
}

Test(bounds, what_no_wire_carries_is_not_sent, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    struct ostler_outgoing cast = fixture_cast("x");

    cast.message.args = json_object_new_object();
    json_object_object_add(cast.message.args, "a", json_object_new_string("\xff"));
    cr_expect_eq(fixture_send(transport, &cast), OSTLER_E_INVALID);
    cr_expect_eq(fixture_waiting(transport, "requests_waiting"), 0);
    cr_expect_eq(fixture_waiting(transport, "topics"), 0);
    json_object_put(cast.message.args);
    fake->close(transport);
}
