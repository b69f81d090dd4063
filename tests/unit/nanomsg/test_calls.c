/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and replies in one process. */
#include "fixture.h"

#include <ostler/log.h>

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void expect_from(uint64_t id, const char *named, const char *expected)
{
    struct ostler_outgoing message = fixture_message(id);

    message.message.method = "which";
    message.target.server = named;
    struct ostler_reply reply = fixture_call(client, message);
    cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    cr_expect_eq(reply.call_id, id);
    cr_expect_str_eq(json_object_get_string(reply.value), expected);
    fixture_reply_clear(&reply);
}

Test(calls, all_of_a_request_arrives, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    struct ostler_outgoing message = fixture_message(7);

    message.message = (struct ostler_message){.method = "method",
                                              .namespace_ = "",
                                              .version = "1.5",
                                              .context = json_tokener_parse("{\"user\":\"\\u00e4\"}"),
                                              .args = json_tokener_parse("{\"a\":[1,2.5,null,\"/\"]}")};
    message.monitor_timeout = 2.5;
    cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
    struct ostler_incoming *incoming = fixture_take(listener);
    cr_assert_not_null(incoming);
    cr_expect_str_eq(incoming->message.method, "method");
    cr_expect_str_eq(incoming->message.namespace_, "");
    cr_expect_str_eq(incoming->message.version, "1.5");
    cr_expect(json_object_equal(incoming->message.context, message.message.context));
    cr_expect(json_object_equal(incoming->message.args, message.message.args));
    cr_expect(incoming->wants_reply);
    cr_expect_float_eq(incoming->monitor_timeout, 2.5, 0.01);
    cr_expect_eq(incoming->deadline, message.expiry);
    driver->incoming_heartbeat(incoming);
    fixture_answer(incoming, "[\"answer\"]");
    struct ostler_reply reply = fixture_reply(client);
    cr_expect(reply.kind == OSTLER_REPLY_HEARTBEAT && reply.call_id == 7);
    reply = fixture_reply(client);
    cr_expect(reply.kind == OSTLER_REPLY_RESULT && reply.call_id == 7);
    cr_expect_str_eq(json_object_to_json_string_ext(reply.value, JSON_C_TO_STRING_PLAIN), "[\"answer\"]");
    fixture_reply_clear(&reply);
    json_object_put(message.message.context);
    json_object_put(message.message.args);
    fixture_close(listener);
}

Test(calls, absent_parts_are_absent, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    struct ostler_outgoing message = fixture_message(0);

    cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
    struct ostler_incoming *incoming = fixture_take(listener);
    cr_assert_not_null(incoming);
    cr_expect_null(incoming->message.namespace_);
    cr_expect_null(incoming->message.version);
    cr_expect_not(incoming->wants_reply);
    cr_expect_eq(incoming->deadline, OSTLER_NEVER);
    driver->incoming_free(incoming);
    fixture_close(listener);
}

Test(calls, servers_take_turns_or_are_named, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_transport *other = fixture_open(NULL, NULL);
    struct fixture_server *a = fixture_serve(serving, "a"), *b = fixture_serve(other, "b");
    struct fixture_server *c = fixture_serve(serving, "c");

    for (uint64_t i = 0; i < 6; i++) {
        char expected[2] = {(char)('a' + i % 3), 0};
        expect_from(i + 1, NULL, expected);
    }
    for (uint64_t i = 0; i < 4; i++)
        expect_from(i + 10, "b", "b");
    fixture_stop(a);
    fixture_stop(b);
    fixture_stop(c);
    driver->close(other);
}

Test(calls, fanout_reaches_each_server_once, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_transport *other = fixture_open(NULL, NULL);
    struct fixture_server *servers[3] = {fixture_serve(serving, "a"), fixture_serve(serving, "b"),
                                         fixture_serve(other, "c")};
    struct ostler_outgoing message = fixture_message(5);
    unsigned receivers = 0;
    char seen[4] = "";

    message.target.fanout = true;
    message.message.method = "which";
    cr_assert_eq(driver->send(client, &message, &receivers, &error), OSTLER_OK, "%s", error.message);
    cr_expect_eq(receivers, 3);
    for (int i = 0; i < 3; i++) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT);
        cr_expect_eq(reply.call_id, 5);
        cr_expect_null(strstr(seen, json_object_get_string(reply.value)));
        strcat(seen, json_object_get_string(reply.value));
        fixture_reply_clear(&reply);
    }
    for (int i = 0; i < 3; i++)
        fixture_stop(servers[i]);
    driver->close(other);
}

Test(calls, fanout_to_nobody_is_no_failure, .init = begin, .fini = end, .timeout = 60)
{
    struct ostler_outgoing message = fixture_message(0);
    unsigned receivers = 99;

    message.target.fanout = true;
    cr_expect_eq(driver->send(client, &message, &receivers, &error), OSTLER_OK);
    cr_expect_eq(receivers, 0);
    message.at_least_once = true;
    cr_expect_eq(driver->send(client, &message, &receivers, &error), OSTLER_E_UNDELIVERABLE);
}

Test(calls, nobody_is_an_error_that_says_so, .init = begin, .fini = end, .timeout = 60)
{
    struct ostler_outgoing call = fixture_message(1), cast = fixture_message(0);

    call.deadline = cast.deadline = ostler_deadline(0.2);
    cr_expect_eq(driver->send(client, &call, NULL, &error), OSTLER_E_TIMEOUT);
    cr_expect_not_null(strstr(error.message, "nobody serves topic \"topic\""), "%s", error.message);
    cr_expect_eq(driver->send(client, &cast, NULL, &error), OSTLER_E_UNDELIVERABLE);
    call.deadline = cast.deadline = OSTLER_NEVER;
    call.at_least_once = true;
    cr_expect_eq(driver->send(client, &call, NULL, &error), OSTLER_E_UNDELIVERABLE);
    cast.retry = 0;
    cr_expect_eq(driver->send(client, &cast, NULL, &error), OSTLER_E_UNDELIVERABLE);
    cast.retry = 2;
    cr_expect_eq(driver->send(client, &cast, NULL, &error), OSTLER_E_UNDELIVERABLE);
}

Test(calls, names_that_are_too_long_are_refused, .init = begin, .fini = end, .timeout = 60)
{
    struct ostler_outgoing message = fixture_message(1);
    char name[OSTLER_NAME_MAX + 2];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    message.target.topic = name;
    cr_expect_eq(driver->send(client, &message, NULL, &error), OSTLER_E_TARGET);
    message = fixture_message(1);
    message.message.method = name;
    cr_expect_eq(driver->send(client, &message, NULL, &error), OSTLER_E_INVALID);
}

static struct json_object *long_text(size_t size)
{
    struct json_object *args = json_object_new_object();
    char *text = malloc(size + 1);

    cr_assert_not_null(text);
    memset(text, 'x', size);
    text[size] = 0;
    json_object_object_add(args, "text", json_object_new_string(text));
    free(text);
    return args;
}

Test(calls, eight_megabytes_are_carried_both_ways, .init = begin, .fini = end, .timeout = 120)
{
    struct fixture_server *server = fixture_serve(serving, "s");
    struct ostler_outgoing message = fixture_message(1);

    message.message.args = long_text(8 * 1024 * 1024);
    for (int i = 0; i < 3; i++) {
        message.call_id = (uint64_t)i + 1;
        struct ostler_reply reply = fixture_call(client, message);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        cr_expect(json_object_equal(reply.value, message.message.args));
        fixture_reply_clear(&reply);
    }
    json_object_put(message.message.args);
    fixture_stop(server);
}

Test(calls, too_large_a_message_is_refused_where_it_is_sent, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_transport *small = fixture_open(NULL, "max_message_size = 100000");
    struct fixture_server *server = fixture_serve(small, "s");
    struct ostler_outgoing message = fixture_message(1);

    message.message.args = long_text(100000);
    cr_expect_eq(driver->send(small, &message, NULL, &error), OSTLER_E_INVALID);
    cr_expect_not_null(strstr(error.message, "limit of this transport is 100000"), "%s", error.message);
    json_object_put(message.message.args);

    /* The request just fits, the reply does not: the server answers with a failure that says so. */
    message.message.args = long_text(98000);
    message.message.method = "echo";
    struct ostler_reply reply = fixture_call(small, message);
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT);
    fixture_reply_clear(&reply);
    json_object_put(message.message.args);
    message.message.args = long_text(99800);
    message.call_id = 2;
    reply = fixture_call(client, message);
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    fixture_reply_clear(&reply);
    json_object_put(message.message.args);
    message.message.args = long_text(100500);
    message.call_id = 3;
    reply = fixture_call(client, message);
    cr_expect_eq(reply.kind, OSTLER_REPLY_FAILURE);
    cr_expect_not_null(strstr(json_object_get_string(reply.value), "limit of this transport"));
    fixture_reply_clear(&reply);
    json_object_put(message.message.args);
    fixture_stop(server);
    driver->close(small);
}

Test(calls, wakes_end_polls, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    struct ostler_incoming *incoming;
    struct ostler_reply reply;

    driver->listener_wake(listener);
    cr_expect_eq(driver->listener_poll(listener, OSTLER_NEVER, &incoming, 1), 0);
    driver->replies_wake(client);
    cr_expect_eq(driver->replies_poll(client, OSTLER_NEVER, &reply, 1), 0);
    cr_expect_eq(driver->listener_poll(listener, ostler_deadline(0.01), &incoming, 1), 0);
    cr_expect_eq(driver->replies_poll(client, ostler_deadline(0.01), &reply, 1), 0);
    fixture_close(listener);
}

Test(calls, the_descriptor_tells_of_replies, .init = begin, .fini = end, .timeout = 60)
{
    struct fixture_server *server = fixture_serve(serving, "s");
    struct ostler_outgoing message = fixture_message(1);
    struct pollfd wait = {.fd = driver->replies_fd(client), .events = POLLIN};
    struct ostler_reply reply = {.call_id = 0};

    /* From an event loop: nothing waits, not even for the connection. */
    message.deadline = OSTLER_AT_ONCE;
    cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
    for (int i = 0; i < 1000 && reply.call_id == 0; i++) {
        cr_assert_eq(poll(&wait, 1, 10000), 1);
        driver->replies_poll(client, OSTLER_AT_ONCE, &reply, 1);
    }
    cr_expect_eq(reply.call_id, 1);
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT);
    fixture_reply_clear(&reply);
    fixture_stop(server);
}

Test(calls, a_second_server_of_one_name_is_refused, .init = begin, .fini = end, .timeout = 60)
{
    struct ostler_target target = {.exchange = "exchange", .topic = "topic", .server = "s"};
    struct fixture_server *server = fixture_serve(serving, "s");
    ostler_driver_listener *second = NULL;

    cr_expect_eq(driver->listen(serving, &target, &second, &error), OSTLER_E_LISTEN);
    cr_expect_eq(driver->listen(client, &target, &second, &error), OSTLER_E_LISTEN);
    cr_expect_not_null(strstr(error.message, "running already"), "%s", error.message);
    expect_from(1, "s", "s");
    fixture_stop(server);
}

/* What a server has not taken when it stops goes to another one. */
Test(calls, what_a_stopped_server_has_not_taken_goes_to_another, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_transport *other = fixture_open(NULL, NULL);
    ostler_driver_listener *first = fixture_listen(serving, "a");
    struct ostler_outgoing message = fixture_message(0);

    for (uint64_t id = 1; id <= 10; id++) {
        message.call_id = id;
        cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
    }
    struct fixture_server *second = fixture_serve(other, "b");
    driver->listener_stop(first);
    for (int i = 0; i < 10; i++) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        fixture_reply_clear(&reply);
    }
    cr_expect_eq(fixture_served(second), 10);
    driver->listener_close(first);
    fixture_stop(second);
    driver->close(other);
}

Test(calls, a_cast_is_there_when_its_sender_has_closed, .init = begin, .fini = end, .timeout = 60)
{
    struct fixture_server *server = fixture_serve(serving, "s");

    for (int round = 0; round < 20; round++) {
        ostler_driver_transport *sender = fixture_open(NULL, NULL);
        for (int i = 0; i < 10; i++) {
            struct ostler_outgoing message = fixture_message(0);
            cr_assert_eq(driver->send(sender, &message, NULL, &error), OSTLER_OK, "%s", error.message);
        }
        driver->close(sender);
    }
    ostler_time deadline = ostler_deadline(10.0);
    while (fixture_served(server) < 200 && ostler_now() < deadline)
        usleep(1000);
    cr_expect_eq(fixture_served(server), 200);
    fixture_stop(server);
}

Test(calls, many_transports_find_each_other, .init = begin, .fini = end, .timeout = 120)
{
    enum { MANY = 40 };
    ostler_driver_transport *transports[MANY];
    struct fixture_server *servers[MANY];
    char name[16];

    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "s%d", i);
        transports[i] = fixture_open(NULL, "max_sockets = 8");
        servers[i] = fixture_serve(transports[i], name);
    }
    for (int i = 0; i < MANY; i++) {
        struct ostler_outgoing message = fixture_message((uint64_t)i + 1);
        snprintf(name, sizeof name, "s%d", (i * 7) % MANY);
        message.target.server = name;
        struct ostler_reply reply = fixture_call(transports[i], message);
        cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        fixture_reply_clear(&reply);
    }
    for (int i = 0; i < MANY; i++)
        fixture_stop(servers[i]);
    for (int i = 0; i < MANY; i++)
        driver->close(transports[i]);
}

/* A client with few sockets talks to many servers: the one longest unused is closed, and nothing is lost. */
Test(calls, connections_are_bounded, .init = begin, .fini = end, .timeout = 120)
{
    enum { MANY = 20 };
    ostler_driver_transport *transports[MANY], *caller = fixture_open(NULL, "max_sockets = 4");
    struct fixture_server *servers[MANY];
    char name[16];

    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "s%d", i);
        transports[i] = fixture_open(NULL, NULL);
        servers[i] = fixture_serve(transports[i], name);
    }
    for (uint64_t id = 1; id <= 2 * MANY; id++) {
        struct ostler_reply reply = fixture_call(caller, fixture_message(id));
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        fixture_reply_clear(&reply);
        cr_expect_leq(fixture_count(caller, "connections"), 4);
    }
    for (int i = 0; i < MANY; i++)
        fixture_stop(servers[i]);
    driver->close(caller);
    for (int i = 0; i < MANY; i++)
        driver->close(transports[i]);
}

/* --- Counts that both sides keep ---------------------------------------------------------------------------------- */

enum { SENDERS = 4, ROUNDS = 200 };

static pthread_barrier_t together;
static atomic_int warnings;

static void *cast_at_once(void *user)
{
    struct ostler_error problem = OSTLER_ERROR_INIT;
    struct ostler_outgoing message = fixture_message(0);

    pthread_barrier_wait(&together);
    enum ostler_status status = driver->send(user, &message, NULL, &problem);
    cr_assert_eq(status, OSTLER_OK, "%s", problem.message);
    return NULL;
}

static void count_warnings(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)user;
    (void)module;
    (void)text;
    if (level <= OSTLER_LOG_WARNING)
        atomic_fetch_add(&warnings, 1);
}

/* The server hears of the connection from whichever message is there first; what it says it has received must be what was
 * sent all the same, or else closing takes a second and warns. */
Test(calls, the_first_messages_of_several_threads_are_counted, .init = begin, .fini = end, .timeout = 240)
{
    struct fixture_server *server = fixture_serve(serving, "s");

    ostler_log_set_sink(count_warnings, NULL);
    pthread_barrier_init(&together, NULL, SENDERS);
    for (int round = 0; round < ROUNDS; round++) {
        ostler_driver_transport *fresh = fixture_open(NULL, NULL);
        pthread_t senders[SENDERS];
        for (int i = 0; i < SENDERS; i++)
            cr_assert_eq(pthread_create(&senders[i], NULL, cast_at_once, fresh), 0);
        for (int i = 0; i < SENDERS; i++)
            pthread_join(senders[i], NULL);
        driver->close(fresh);
    }
    cr_expect_eq(atomic_load(&warnings), 0);
    pthread_barrier_destroy(&together);
    fixture_stop(server);
    ostler_log_set_sink(NULL, NULL);
}

static void *close_transport(void *user)
{
    driver->close(user);
    return NULL;
}

static json_object *large_arguments(void)
{
    json_object *arguments = json_object_new_object();
    char text[5000];

    memset(text, 'x', sizeof text);
    json_object_object_add(arguments, "text", json_object_new_string_len(text, sizeof text));
    return arguments;
}

/* The goodbye has to wait for room, too. */
Test(calls, what_fills_a_connection_is_there_before_it_is_closed, .init = begin, .fini = end, .timeout = 60)
{
    ostler_driver_listener *listener = fixture_listen(serving, "s");
    ostler_driver_transport *full = fixture_open(NULL, NULL);
    struct ostler_outgoing message = fixture_message(0);
    size_t sent = 0, taken = 0;
    pthread_t closing;

    ostler_log_set_sink(count_warnings, NULL);
    message.message.args = large_arguments();
    while (driver->send(full, &message, NULL, &error) == OSTLER_OK) {
        sent++;
        message.deadline = OSTLER_AT_ONCE;
    }
    cr_assert_gt(sent, 1, "%s", error.message);
    cr_assert_eq(pthread_create(&closing, NULL, close_transport, full), 0);
    for (; taken < sent; taken++) {
        struct ostler_incoming *incoming = fixture_take(listener);
        cr_assert_not_null(incoming, "%zu of %zu came", taken, sent);
        driver->incoming_free(incoming);
    }
    /* The goodbye is read by a poll as well. */
    while (pthread_tryjoin_np(closing, NULL) != 0) {
        struct ostler_incoming *none = NULL;
        cr_assert_eq(driver->listener_poll(listener, ostler_deadline(0.01), &none, 1), 0);
    }
    cr_expect_eq(atomic_load(&warnings), 0);
    ostler_log_set_sink(NULL, NULL);
    json_object_put(message.message.args);
    fixture_close(listener);
}
