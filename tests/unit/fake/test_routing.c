/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <criterion/criterion.h>
#include <json-c/json.h>

static void cast(ostler_driver_transport *transport, const char *method, const char *server, bool fanout)
{
    struct ostler_outgoing outgoing = fixture_cast(method);

    outgoing.target.server = server;
    outgoing.target.fanout = fanout;
    cr_assert_eq(fixture_send(transport, &outgoing), OSTLER_OK);
}

static unsigned receivers_of(ostler_driver_transport *transport, const char *server, bool fanout)
{
    struct ostler_outgoing outgoing = fixture_cast("x");
    unsigned receivers = 99;

    outgoing.target.server = server;
    outgoing.target.fanout = fanout;
    cr_assert_eq(fake->send(transport, &outgoing, &receivers, NULL), OSTLER_OK);
    return receivers;
}

Test(routing, servers_of_a_topic_take_turns)
{
    ostler_driver_transport *a = fixture_open(NULL), *b = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(a, "one"), *two = fixture_listen(b, "two"),
                           *three = fixture_listen(b, "three");

    for (int i = 0; i < 7; i++)
        cast(i % 2 ? a : b, (const char *[]){"0", "1", "2", "3", "4", "5", "6"}[i], NULL, false);
    cr_expect_str_eq(fixture_drain(one), "0 3 6");
    cr_expect_str_eq(fixture_drain(two), "1 4");
    cr_expect_str_eq(fixture_drain(three), "2 5");

    /* Whose turn it is outlives a server that leaves. */
    fixture_end(one);
    cast(a, "7", NULL, false);
    cast(a, "8", NULL, false);
    cr_expect_str_eq(fixture_drain(two), "7");
    cr_expect_str_eq(fixture_drain(three), "8");
    fixture_end(two);
    fixture_end(three);
    fake->close(a);
    fake->close(b);
}

Test(routing, one_named_server_gets_what_is_its)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one"), *two = fixture_listen(transport, "two");

    cast(transport, "a", "two", false);
    cast(transport, "b", "two", false);
    cr_expect_str_eq(fixture_drain(one), "");
    cr_expect_str_eq(fixture_drain(two), "a b");
    fixture_end(one);
    fixture_end(two);
    fake->close(transport);
}

Test(routing, fanout_reaches_every_server_and_wins_over_a_name)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one"), *two = fixture_listen(transport, "two");

    cast(transport, "all", NULL, true);
    cast(transport, "too", "one", true);
    cr_expect_str_eq(fixture_drain(one), "all too");
    cr_expect_str_eq(fixture_drain(two), "all too");
    fixture_end(one);
    fixture_end(two);
    fake->close(transport);
}

Test(routing, each_server_of_a_fanout_has_its_own_copy)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one"), *two = fixture_listen(transport, "two");
    struct ostler_outgoing outgoing = fixture_cast("all");

    outgoing.target.fanout = true;
    outgoing.message.args = json_object_new_object();
    outgoing.message.context = json_object_new_object();
    json_object_object_add(outgoing.message.args, "a", json_object_new_string("text"));
    json_object_object_add(outgoing.message.context, "user", json_object_new_string("me"));
    cr_assert_eq(fixture_send(transport, &outgoing), OSTLER_OK);

    struct ostler_incoming *first = fixture_take(one), *second = fixture_take(two);
    cr_expect_neq(first->message.args, second->message.args);
    cr_expect_neq(first->message.args, outgoing.message.args);
    cr_expect(json_object_equal(first->message.args, outgoing.message.args));
    cr_expect(json_object_equal(second->message.args, outgoing.message.args));
    cr_expect(json_object_equal(first->message.context, outgoing.message.context));
    cr_expect_not(first->wants_reply);
    json_object_put(outgoing.message.args);
    json_object_put(outgoing.message.context);
    fake->incoming_free(first);
    fake->incoming_free(second);
    fixture_end(one);
    fixture_end(two);
    fake->close(transport);
}

Test(routing, exchanges_and_topics_are_apart)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    ostler_driver_listener *one = fixture_listen(transport, "one");
    struct ostler_outgoing outgoing = fixture_cast("elsewhere");

    outgoing.target.exchange = "other";
    cr_expect_eq(fixture_send(transport, &outgoing), OSTLER_OK);
    outgoing.target.fanout = true;
    cr_expect_eq(fixture_send(transport, &outgoing), OSTLER_OK);
    outgoing = fixture_cast("elsewhere");
    outgoing.target.topic = "other";
    cr_expect_eq(fixture_send(transport, &outgoing), OSTLER_OK);
    cr_expect_str_eq(fixture_drain(one), "");
    fixture_end(one);
    fake->close(transport);
}

Test(routing, what_is_sent_early_waits_for_its_server)
{
    ostler_driver_transport *transport = fixture_open(NULL);

    cast(transport, "topic", NULL, false);
    cast(transport, "named", "one", false);
    cast(transport, "lost", NULL, true);
    cast(transport, "other", "two", false);
    ostler_driver_listener *one = fixture_listen(transport, "one");
    cast(transport, "later", NULL, false);
    cr_expect_str_eq(fixture_drain(one), "topic named later");
    fixture_end(one);
    cr_expect_eq(fixture_waiting(transport, "requests_waiting"), 1);
    fake->close(transport);
}

Test(routing, the_number_of_receivers)
{
    ostler_driver_transport *transport = fixture_open(NULL);

    cr_expect_eq(receivers_of(transport, NULL, false), 0);
    cr_expect_eq(receivers_of(transport, "one", false), 0);
    cr_expect_eq(receivers_of(transport, NULL, true), 0);
    ostler_driver_listener *one = fixture_listen(transport, "one"), *two = fixture_listen(transport, "two");
    cr_expect_eq(receivers_of(transport, NULL, false), 1);
    cr_expect_eq(receivers_of(transport, "one", false), 1);
    cr_expect_eq(receivers_of(transport, "three", false), 0);
    cr_expect_eq(receivers_of(transport, NULL, true), 2);
    fixture_end(one);
    fixture_end(two);
    fake->close(transport);
}

Test(routing, at_least_once_wants_somebody_there)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    struct ostler_outgoing outgoing = fixture_cast("x");
    struct ostler_error error = OSTLER_ERROR_INIT;

    outgoing.at_least_once = true;
    cr_expect_eq(fake->send(transport, &outgoing, NULL, &error), OSTLER_E_UNDELIVERABLE);
    cr_expect_str_eq(error.message, "no server listens to topic topic in exchange exchange");
    outgoing.target.fanout = true;
    cr_expect_eq(fixture_send(transport, &outgoing), OSTLER_E_UNDELIVERABLE);
    outgoing.target.fanout = false;
    outgoing.target.server = "two";
    ostler_driver_listener *one = fixture_listen(transport, "one");
    cr_expect_eq(fake->send(transport, &outgoing, NULL, &error), OSTLER_E_UNDELIVERABLE);
    cr_expect_str_eq(error.message, "no server two listens to topic topic in exchange exchange");
    outgoing.target.server = "one";
    cr_expect_eq(fixture_send(transport, &outgoing), OSTLER_OK);
    cr_expect_str_eq(fixture_drain(one), "x");
    ostler_error_clear(&error);
    fixture_end(one);
    fake->close(transport);
}

Test(routing, names_too_long_are_refused)
{
    ostler_driver_transport *transport = fixture_open(NULL);
    char name[OSTLER_NAME_MAX + 2];
    struct ostler_target target = {.exchange = "exchange", .topic = name, .server = "one"};
    ostler_driver_listener *listener = NULL;
    struct ostler_outgoing outgoing = fixture_cast("x");

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_expect_eq(fake->listen(transport, &target, &listener, NULL), OSTLER_E_TARGET);
    outgoing.target.server = name;
    cr_expect_eq(fixture_send(transport, &outgoing), OSTLER_E_TARGET);
    name[OSTLER_NAME_MAX] = '\0';
    cr_expect_eq(fake->listen(transport, &target, &listener, NULL), OSTLER_OK);
    fixture_end(listener);
    fake->close(transport);
}

Test(routing, all_transports_share_exchanges_until_the_last_ends)
{
    ostler_driver_transport *a = fixture_open(NULL), *b = fixture_open(NULL);

    cast(a, "kept", NULL, false);
    fake->close(a);
    ostler_driver_listener *one = fixture_listen(b, "one");
    cr_expect_str_eq(fixture_drain(one), "kept");
    cast(b, "gone", "two", false);
    fixture_end(one);
    fake->close(b);

    a = fixture_open(NULL);
    cr_expect_eq(fixture_waiting(a, "topics"), 0);
    fake->close(a);
}
