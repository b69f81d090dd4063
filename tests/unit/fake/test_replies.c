/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

static bool is_readable(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};

    return poll(&watched, 1, 0) == 1;
}

/* Sends a call to `listener`'s topic and takes it there. */
static struct ostler_incoming *ask(ostler_driver_transport *transport, ostler_driver_listener *listener, uint64_t id)
{
    struct ostler_outgoing call = fixture_call("ask", id, 60.0);

    cr_assert_eq(fixture_send(transport, &call), OSTLER_OK);
    return fixture_take(listener);
}

static enum ostler_status say(struct ostler_incoming *incoming, const char *text, bool failed)
{
    struct ostler_answer answer = {.failed = failed, .value = text ? json_object_new_string(text) : NULL};
    enum ostler_status status = fake->incoming_reply(incoming, &answer, NULL);

    json_object_put(answer.value);
    fake->incoming_free(incoming);
    return status;
}

Test(replies, each_kind_comes_with_its_id, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *listener = fixture_listen(transport, "one");
    struct ostler_incoming *incoming = ask(transport, listener, 11);
    struct ostler_reply reply;

    fake->incoming_heartbeat(incoming);
    cr_expect_eq(say(incoming, "done", false), OSTLER_OK);
    reply = fixture_reply(transport);
    cr_expect_eq(reply.call_id, 11);
    cr_expect_eq(reply.kind, OSTLER_REPLY_HEARTBEAT);
    reply = fixture_reply(transport);
    cr_expect_eq(reply.call_id, 11);
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT);
    cr_expect_str_eq(json_object_get_string(reply.value), "done");
    json_object_put(reply.value);

    cr_expect_eq(say(ask(transport, listener, 12), "wrong", true), OSTLER_OK);
    reply = fixture_reply(transport);
    cr_expect_eq(reply.call_id, 12);
    cr_expect_eq(reply.kind, OSTLER_REPLY_FAILURE);
    json_object_put(reply.value);

    cr_expect_eq(say(ask(transport, listener, 13), NULL, false), OSTLER_OK);
    reply = fixture_reply(transport);
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT);
    cr_expect_null(reply.value);

    fixture_end(listener);
    fake->close(transport);
}

Test(replies, the_descriptor_tells_what_a_poll_would_give, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *listener = fixture_listen(transport, "one");
    struct ostler_reply replies[2];

    /* A reply that is there before anybody asks for the descriptor counts too. */
    say(ask(transport, listener, 1), NULL, false);
    int fd = fake->replies_fd(transport);
    cr_assert_geq(fd, 0);
    cr_expect(is_readable(fd));
    say(ask(transport, listener, 2), NULL, false);
    say(ask(transport, listener, 3), NULL, false);
    cr_expect_eq(fake->replies_poll(transport, OSTLER_AT_ONCE, replies, 2), 2);
    cr_expect(is_readable(fd));
    cr_expect_eq(fake->replies_poll(transport, OSTLER_AT_ONCE, replies, 2), 1);
    cr_expect_not(is_readable(fd));
    cr_expect_eq(fake->replies_poll(transport, OSTLER_AT_ONCE, replies, 2), 0);
    say(ask(transport, listener, 4), NULL, false);
    cr_expect(is_readable(fd));
    cr_expect_eq(fake->replies_fd(transport), fd);

    fixture_end(listener);
    fake->close(transport);
}

static void *wake_when_asleep(void *transport)
{
    fake->replies_wake(transport);
    return NULL;
}

Test(replies, a_wake_ends_this_poll_or_the_next, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    struct ostler_reply reply;
    pthread_t thread;

    fake->replies_wake(transport);
    cr_expect_eq(fake->replies_poll(transport, OSTLER_NEVER, &reply, 1), 0);
    pthread_create(&thread, NULL, wake_when_asleep, transport);
    cr_expect_eq(fake->replies_poll(transport, OSTLER_NEVER, &reply, 1), 0);
    pthread_join(thread, NULL);
    cr_expect_eq(fake->replies_poll(transport, ostler_deadline(0.01), &reply, 1), 0);
    fake->close(transport);
}

Test(replies, what_is_not_collected_is_bounded, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open("reply_queue_size = 4");
    ostler_driver_listener *listener = fixture_listen(transport, "one");
    struct ostler_incoming *talker = ask(transport, listener, 1);

    for (int i = 0; i < 10; i++)
        fake->incoming_heartbeat(talker);
    cr_expect_eq(fixture_waiting(transport, "replies_waiting"), 2);
    cr_expect_eq(say(ask(transport, listener, 2), "a", false), OSTLER_OK);
    cr_expect_eq(say(ask(transport, listener, 3), "b", false), OSTLER_OK);
    cr_expect_eq(say(talker, "c", false), OSTLER_E_DELIVERY);
    cr_expect_eq(fixture_waiting(transport, "replies_waiting"), 4);

    fixture_end(listener);
    fake->close(transport);
}

Test(replies, an_answer_to_a_caller_that_is_gone_goes_nowhere, .timeout = 60)
{
    ostler_driver_transport *caller = fixture_open(NULL), *server = fixture_open(NULL);
    ostler_driver_listener *listener = fixture_listen(server, "one");
    struct ostler_incoming *incoming = ask(caller, listener, 1);
    struct ostler_outgoing call = fixture_call("unread", 2, 60.0), cast = fixture_cast("kept");

    cr_assert_eq(fixture_send(caller, &call), OSTLER_OK);
    cr_assert_eq(fixture_send(caller, &cast), OSTLER_OK);
    fake->close(caller);
    fake->incoming_heartbeat(incoming);
    cr_expect_eq(say(incoming, "late", false), OSTLER_OK);
    /* Its other call is not worth doing; its cast is. */
    cr_expect_str_eq(fixture_drain(listener), "kept");

    fixture_end(listener);
    fake->close(server);
}

Test(replies, an_answer_that_no_wire_carries_is_refused, .timeout = 60)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *listener = fixture_listen(transport, "one");

    struct ostler_incoming *incoming = ask(transport, listener, 1);
    struct ostler_answer answer = {.value = json_object_new_string("\xff")};

    cr_expect_eq(fake->incoming_reply(incoming, &answer, NULL), OSTLER_E_INVALID);
    json_object_put(answer.value);
    cr_expect_eq(fixture_waiting(transport, "replies_waiting"), 0);
    /* The caller can still be told why. */
    cr_expect_eq(say(incoming, "refused", true), OSTLER_OK);
    struct ostler_reply reply = fixture_reply(transport);
    cr_expect_eq(reply.kind, OSTLER_REPLY_FAILURE);
    cr_expect_str_eq(json_object_get_string(reply.value), "refused");
    json_object_put(reply.value);
    fixture_end(listener);
    fake->close(transport);
}

/* The answer goes home in the memory of the request, where it fits. */
Test(replies, a_value_of_any_size_goes_there_and_back, .timeout = 60)
{
    static const int sizes[] = {0, 1, 100, 1000, 1100, 5000, 100000};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    static char text[100000];
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *listener = fixture_listen(transport, "one");

    memset(text, 'x', sizeof text);
    for (int i = 0; i < SIZES * SIZES; i++) {
        struct json_object *asked = json_object_new_string_len(text, sizes[i / SIZES]);
        struct ostler_outgoing call = fixture_call("ask", 1, 60.0);
        call.message.args = json_object_new_object();
        json_object_object_add(call.message.args, "asked", asked);
        cr_assert_eq(fixture_send(transport, &call), OSTLER_OK);
        struct ostler_incoming *incoming = fixture_take(listener);
        cr_expect(json_object_equal(incoming->message.args, call.message.args));
        struct ostler_answer answer = {.value = json_object_new_string_len(text, sizes[i % SIZES])};
        cr_assert_eq(fake->incoming_reply(incoming, &answer, NULL), OSTLER_OK);
        /* What was asked is there until the request is freed, whatever becomes of the answer. */
        struct ostler_reply reply = fixture_reply(transport);
        cr_expect(json_object_equal(reply.value, answer.value));
        cr_expect(json_object_equal(incoming->message.args, call.message.args));
        fake->incoming_free(incoming);
        json_object_put(reply.value);
        json_object_put(answer.value);
        json_object_put(call.message.args);
    }
    fixture_end(listener);
    fake->close(transport);
}

Test(replies, an_answer_may_outlive_its_request_and_its_transport, .timeout = 60)
{
    ostler_driver_transport *caller = fixture_open(NULL), *server = fixture_open(NULL);
    ostler_driver_listener *listener = fixture_listen(server, "one");
    struct ostler_answer answer = {.value = json_object_new_string("answer")};
    struct ostler_incoming *first = ask(caller, listener, 1), *second = ask(caller, listener, 2);

    cr_expect_eq(fake->incoming_reply(first, &answer, NULL), OSTLER_OK);
    fake->incoming_free(first);
    cr_expect_eq(fake->incoming_reply(second, &answer, NULL), OSTLER_OK);
    /* One answer is collected after its request is freed, the other one never. */
    struct ostler_reply reply = fixture_reply(caller);
    cr_expect_eq(reply.call_id, 1);
    cr_expect_str_eq(json_object_get_string(reply.value), "answer");
    fake->close(caller);
    fake->incoming_free(second);
    json_object_put(reply.value);
    json_object_put(answer.value);
    fixture_end(listener);
    fake->close(server);
}
