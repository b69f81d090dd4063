/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdlib.h>

Test(listener, a_name_is_taken_once_per_topic)
{
    ostler_driver_transport *transport = fixture_open(NULL), *other = fixture_open(NULL);
    struct ostler_target target = {.exchange = "exchange", .topic = "topic", .server = "one"};
    ostler_driver_listener *one = fixture_listen(transport, "one"), *again = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_expect_eq(fake->listen(other, &target, &again, &error), OSTLER_E_LISTEN);
    cr_expect_str_eq(error.message, "a server one listens to topic topic already");
    cr_expect_null(again);
    target.topic = "elsewhere";
    cr_expect_eq(fake->listen(other, &target, &again, NULL), OSTLER_OK);
    fixture_end(again);
    /* Free again as soon as it stops, even before it is closed. */
    fake->listener_stop(one);
    again = fixture_listen(other, "one");
    fake->listener_close(one);
    fixture_end(again);
    ostler_error_clear(&error);
    fake->close(transport);
    fake->close(other);
}

Test(listener, a_request_is_taken_with_all_that_was_sent)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one");
    struct ostler_outgoing call = fixture_call("method", 5, 60.0);

    call.message.namespace_ = "space";
    call.message.version = "2.1";
    call.monitor_timeout = 3.5;
    cr_assert_eq(fixture_send(transport, &call), OSTLER_OK);
    struct ostler_incoming *incoming = fixture_take(one);
    cr_expect_str_eq(incoming->message.method, "method");
    cr_expect_str_eq(incoming->message.namespace_, "space");
    cr_expect_str_eq(incoming->message.version, "2.1");
    cr_expect_eq(incoming->monitor_timeout, 3.5);
    cr_expect_eq(incoming->deadline, call.expiry);
    cr_expect(incoming->wants_reply);
    cr_expect_null(incoming->core);
    fake->incoming_free(incoming);

    struct ostler_outgoing cast = fixture_cast("bare");
    cr_assert_eq(fixture_send(transport, &cast), OSTLER_OK);
    incoming = fixture_take(one);
    cr_expect_null(incoming->message.namespace_);
    cr_expect_null(incoming->message.version);
    cr_expect_eq(incoming->deadline, OSTLER_NEVER);
    cr_expect_not(incoming->wants_reply);
    fake->incoming_free(incoming);
    fixture_end(one);
    fake->close(transport);
}

Test(listener, what_a_stopping_server_has_not_taken_goes_where_it_belongs)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one");
    struct ostler_outgoing topic = fixture_cast("topic"), named = fixture_cast("named"), all = fixture_cast("all");

    named.target.server = "one";
    all.target.fanout = true;
    fixture_send(transport, &topic);
    fixture_send(transport, &named);
    fixture_send(transport, &all);
    ostler_driver_listener *two = fixture_listen(transport, "two");
    fake->listener_stop(one);
    cr_expect_str_eq(fixture_drain(one), "all");
    fake->listener_close(one);
    cr_expect_str_eq(fixture_drain(two), "topic");
    one = fixture_listen(transport, "one");
    cr_expect_str_eq(fixture_drain(one), "named");
    fixture_end(one);

    /* The last server of a topic leaves its requests to the next one. */
    fixture_send(transport, &topic);
    fixture_end(two);
    two = fixture_listen(transport, "three");
    cr_expect_str_eq(fixture_drain(two), "topic");
    fixture_end(two);
    fake->close(transport);
}

Test(listener, a_call_that_nobody_can_answer_any_more_is_reported_lost, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one");
    struct ostler_outgoing call = fixture_call("gather", 8, 60.0);

    call.target.fanout = true;
    fixture_send(transport, &call);
    fake->listener_stop(one);
    fake->listener_close(one);
    struct ostler_reply reply = fixture_reply(transport);
    cr_expect_eq(reply.call_id, 8);
    cr_expect_eq(reply.kind, OSTLER_REPLY_LOST);
    cr_expect_eq(reply.status, OSTLER_E_DELIVERY);
    cr_expect_not_null(reply.reason);
    free(reply.reason);
    fake->close(transport);
}

static void *wake(void *listener)
{
    fake->listener_wake(listener);
    return NULL;
}

Test(listener, a_wake_ends_this_poll_or_the_next, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one");
    struct ostler_incoming *incoming;
    pthread_t thread;

    fake->listener_wake(one);
    cr_expect_eq(fake->listener_poll(one, OSTLER_NEVER, &incoming, 1), 0);
    pthread_create(&thread, NULL, wake, one);
    cr_expect_eq(fake->listener_poll(one, OSTLER_NEVER, &incoming, 1), 0);
    pthread_join(thread, NULL);
    cr_expect_eq(fake->listener_poll(one, ostler_deadline(0.01), &incoming, 1), 0);
    fixture_end(one);
    fake->close(transport);
}

/* --- Many threads at once ----------------------------------------------------------------------------------------- */

enum { SENDERS = 3, SERVERS = 3, CALLS = 3000 };

struct worker {
    ostler_driver_transport *transport;
    ostler_driver_listener *listener;
    pthread_t thread;
    size_t served;
};

static void *serve(void *argument)
{
    struct worker *worker = argument;
    struct ostler_incoming *incoming[16];

    for (;;) {
        size_t count = fake->listener_poll(worker->listener, OSTLER_NEVER, incoming, 16);
        if (count == 0)
            return NULL;
        for (size_t i = 0; i < count; i++) {
            if (fake->incoming_open(incoming[i], NULL) != OSTLER_OK)
                abort();
            struct ostler_answer answer = {.value = incoming[i]->message.args};
            fake->incoming_reply(incoming[i], &answer, NULL);
            fake->incoming_free(incoming[i]);
            worker->served++;
        }
    }
}

/* Sends calls that carry their ids, and takes as many replies. */
static void *call_and_collect(void *argument)
{
    struct worker *worker = argument;
    struct ostler_reply replies[16];
    size_t sent = 0, got = 0, wrong = 0;

    while (got < CALLS) {
        for (; sent < CALLS && sent - got < 64; sent++) {
            struct ostler_outgoing call = fixture_call("ask", sent + 1, 60.0);
            call.message.args = json_object_new_object();
            json_object_object_add(call.message.args, "id", json_object_new_int64((int64_t)sent + 1));
            wrong += fixture_send(worker->transport, &call) != OSTLER_OK;
            json_object_put(call.message.args);
        }
        size_t count = fake->replies_poll(worker->transport, ostler_deadline(30.0), replies, 16);
        if (count == 0)
            break;
        for (size_t i = 0; i < count; i++) {
            int64_t id = json_object_get_int64(json_object_object_get(replies[i].value, "id"));
            wrong += (uint64_t)id != replies[i].call_id;
            json_object_put(replies[i].value);
        }
        got += count;
    }
    worker->served = wrong ? 0 : got;
    return NULL;
}

Test(listener, calls_of_many_threads_come_home_from_many_servers, .timeout = 120)
{
    static const char *const names[SERVERS] = {"one", "two", "three"};
    struct worker senders[SENDERS] = {{NULL}}, servers[SERVERS] = {{NULL}};
    size_t served = 0;

    for (int i = 0; i < SERVERS; i++) {
        servers[i].transport = fixture_open("queue_size = 40");
        servers[i].listener = fixture_listen(servers[i].transport, names[i]);
        pthread_create(&servers[i].thread, NULL, serve, &servers[i]);
    }
    for (int i = 0; i < SENDERS; i++) {
        senders[i].transport = fixture_open("queue_size = 40");
        pthread_create(&senders[i].thread, NULL, call_and_collect, &senders[i]);
    }
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        cr_expect_eq(senders[i].served, CALLS);
    }
    for (int i = 0; i < SERVERS; i++) {
        fake->listener_wake(servers[i].listener);
        pthread_join(servers[i].thread, NULL);
        served += servers[i].served;
        fixture_end(servers[i].listener);
        fake->close(servers[i].transport);
    }
    cr_expect_eq(served, (size_t)SENDERS * CALLS);
    for (int i = 0; i < SENDERS; i++)
        fake->close(senders[i].transport);
}
