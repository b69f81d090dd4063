/* SPDX-License-Identifier: Apache-2.0 */
/* How calls end: once, in time, and with nobody else's answer. */
#include "check.h"
#include "fixture.h"
#include "probe.h"

#include <math.h>
#include <stdlib.h>

static struct json_object *seconds_of(double seconds)
{
    return fixture_args("seconds", json_object_new_double(seconds));
}

static void timeouts(void)
{
    static const double spans[] = {0.2, 0.7, 0.0};
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();

    fixture_await_server(transport, "one");
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        ostler_client *client = fixture_client(transport, spans[i]);
        ostler_time begin = ostler_now();
        enum ostler_status status = fixture_call(client, "hold", NULL, NULL, NULL);
        double took = (double)(ostler_now() - begin) / 1e9;
        EXPECT(status == OSTLER_E_TIMEOUT, "ended with %s", ostler_status_name(status));
        EXPECT(took >= spans[i] * 0.99, "ended after %.3f s of %.1f", took, spans[i]);
        EXPECT(took <= spans[i] + CHECK_SLACK, "ended after %.3f s of %.1f", took, spans[i]);
        ostler_client_free(client);
    }
    probe_release();
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void nobody_there(void)
{
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, 0.5), *named = fixture_client_to(transport, "nobody", false, 0.5);
    ostler_client *const clients[] = {client, named};

    for (size_t i = 0; i < 2; i++) {
        ostler_time begin = ostler_now();
        enum ostler_status status = fixture_call(clients[i], "echo", NULL, NULL, NULL);
        double took = (double)(ostler_now() - begin) / 1e9;
        EXPECT(status == OSTLER_E_TIMEOUT || status == OSTLER_E_UNDELIVERABLE || status == OSTLER_E_DELIVERY,
               "ended with %s", ostler_status_name(status));
        EXPECT(took <= 0.5 + CHECK_SLACK, "ended after %.3f s", took);
        ostler_client_free(clients[i]);
    }
    ostler_transport_unref(transport);
}

static void at_least_once(void)
{
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, 5.0), *sure = NULL;
    struct ostler_prepare changes = OSTLER_PREPARE_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;

    changes.fields = OSTLER_PREPARE_AT_LEAST_ONCE;
    changes.options.at_least_once = true;
    REQUIRE(ostler_client_prepare(client, &changes, &sure, NULL) == OSTLER_OK, "prepare");
    enum ostler_status status = fixture_call(sure, "mark", fixture_id(1), NULL, &error);
    EXPECT(status == OSTLER_E_UNDELIVERABLE, "a call to nobody ended with %s", ostler_status_name(status));
    status = fixture_cast(sure, "mark", fixture_id(2), &error);
    EXPECT(status == OSTLER_E_UNDELIVERABLE, "a cast to nobody ended with %s", ostler_status_name(status));

    struct served served = fixture_serve("one");
    fixture_await_server(transport, "one");
    EXPECT(fixture_call(sure, "mark", fixture_id(3), NULL, &error) == OSTLER_OK, "%s", error.message);
    EXPECT(probe_runs() == 1, "%zu requests ran, two of them undeliverable", probe_runs() - 1);
    ostler_error_clear(&error);
    ostler_client_free(sure);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

/* Calls give up, their answers come while others wait: each of those gets its own. */
static void late_replies(void)
{
    enum { ROUNDS = 10, HELD = 8, CALLS = 20 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *hasty = fixture_client(transport, 0.3), *patient = fixture_client(transport, PATIENCE);
    struct outcome outcomes[HELD];

    fixture_await_server(transport, "one");
    for (int round = 0; round < ROUNDS; round++) {
        size_t before = fixture_outcomes();
        for (int i = 0; i < HELD; i++) {
            outcomes[i] = (struct outcome){0};
            EXPECT(fixture_start(hasty, "hold", NULL, &outcomes[i], NULL) == OSTLER_OK, "start");
        }
        REQUIRE(fixture_await_outcomes(before + HELD, PATIENCE), "%zu of %d ended", fixture_outcomes() - before, HELD);
        for (int i = 0; i < HELD; i++)
            EXPECT(outcomes[i].times == 1 && outcomes[i].status == OSTLER_E_TIMEOUT, "ended %d times, with %s",
                   outcomes[i].times, ostler_status_name(outcomes[i].status));
        probe_release();
        for (int i = 0; i < CALLS; i++) {
            struct json_object *result = NULL;
            enum ostler_status status = fixture_call(
                patient, "echo", fixture_args("arg", json_object_new_int(round * CALLS + i)), &result, NULL);
            EXPECT(status == OSTLER_OK && json_object_get_int(result) == round * CALLS + i, "%s, %s",
                   ostler_status_name(status), json_object_to_json_string(result));
            json_object_put(result);
        }
        REQUIRE(probe_await_holding(0, PATIENCE), "requests are still held");
        probe_hold_again();
    }
    EXPECT(fixture_outcomes() == ROUNDS * HELD, "%zu callbacks for %d calls", fixture_outcomes(), ROUNDS * HELD);
    probe_release();
    ostler_client_free(hasty);
    ostler_client_free(patient);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void cancellation(void)
{
    enum { CALLS = 20 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct outcome outcomes[CALLS] = {{0}};
    ostler_call *calls[CALLS];

    fixture_await_server(transport, "one");
    for (int i = 0; i < CALLS; i++)
        REQUIRE(fixture_start(client, "hold", NULL, &outcomes[i], &calls[i]) == OSTLER_OK, "start");
    REQUIRE(probe_await_holding(CALLS, PATIENCE), "not all requests arrived");
    for (int i = 0; i < CALLS; i += 2) {
        EXPECT(!ostler_call_is_done(calls[i]), "done before it was cancelled");
        ostler_call_cancel(calls[i]);
        EXPECT(ostler_call_is_done(calls[i]), "not done after it was cancelled");
        ostler_call_cancel(calls[i]);
    }
    EXPECT(fixture_await_outcomes(CALLS / 2, PATIENCE), "%zu callbacks", fixture_outcomes());
    probe_release();
    EXPECT(fixture_await_outcomes(CALLS, PATIENCE), "%zu of %d ended", fixture_outcomes(), CALLS);
    EXPECT(fixture_works(client), "after cancellations");
    for (int i = 0; i < CALLS; i++) {
        ostler_call_cancel(calls[i]);
        EXPECT(outcomes[i].times == 1, "call %d ended %d times", i, outcomes[i].times);
        EXPECT(outcomes[i].status == (i % 2 ? OSTLER_OK : OSTLER_E_CANCELLED), "call %d ended with %s", i,
               ostler_status_name(outcomes[i].status));
        ostler_call_unref(calls[i]);
    }
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void closed_with_calls_waiting(void)
{
    enum { CALLS = 50 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE * 2);
    struct outcome outcomes[CALLS] = {{0}};

    fixture_await_server(transport, "one");
    for (int i = 0; i < CALLS; i++)
        REQUIRE(fixture_start(client, "hold", NULL, &outcomes[i], NULL) == OSTLER_OK, "start");
    REQUIRE(probe_await_holding(CALLS, PATIENCE), "not all requests arrived");
    ostler_client_free(client);
    ostler_transport_unref(transport);
    for (int i = 0; i < CALLS; i++)
        EXPECT(outcomes[i].times == 1 && outcomes[i].status == OSTLER_E_CANCELLED, "call %d ended %d times, with %s", i,
               outcomes[i].times, ostler_status_name(outcomes[i].status));
    probe_release();
    fixture_end(&served);
    EXPECT(fixture_outcomes() == CALLS, "%zu callbacks for %d calls", fixture_outcomes(), CALLS);
}

static void too_many_calls(void)
{
    enum { MOST = 10 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport_with(false, MOST);
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct outcome outcomes[MOST + 1] = {{0}};

    fixture_await_server(transport, "one");
    for (int i = 0; i < MOST; i++)
        REQUIRE(fixture_start(client, "hold", NULL, &outcomes[i], NULL) == OSTLER_OK, "start");
    EXPECT(fixture_start(client, "hold", NULL, &outcomes[MOST], NULL) == OSTLER_E_BUSY, "one more than may wait");
    EXPECT(fixture_call(client, "whoami", NULL, NULL, NULL) == OSTLER_E_BUSY, "one more than may wait");
    probe_release();
    EXPECT(fixture_await_outcomes(MOST, PATIENCE), "%zu of %d ended", fixture_outcomes(), MOST);
    EXPECT(fixture_works(client), "after too many calls");
    EXPECT(outcomes[MOST].times == 0, "a call that was not started ended");
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

/* Calls that are given up and repeated by their callers, to a server that is busy: none runs two times. */
static void at_most_once(void)
{
    enum { CALLS = 2000, AT_ONCE = 100 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *hasty = fixture_client(transport, 0.05), *patient = fixture_client(transport, PATIENCE);
    struct outcome *outcomes = calloc(CALLS, sizeof *outcomes);
    struct outcome held[64] = {{0}};
    size_t answered = 0, timed_out = 0, late = 0;

    REQUIRE(outcomes, "no memory");
    fixture_await_server(transport, "one");
    for (size_t i = 0; i < 60; i++)
        fixture_start(patient, "hold", seconds_of(0.01 * (double)i), &held[i], NULL);
    for (int i = 0; i < CALLS; i++) {
        enum ostler_status status = fixture_start(hasty, "mark", fixture_id(i), &outcomes[i], NULL);
        /* On a busy machine its time may be over before it is sent. */
        REQUIRE(status == OSTLER_OK || status == OSTLER_E_TIMEOUT, "start: %s", ostler_status_name(status));
        if (status != OSTLER_OK) {
            outcomes[i].times++;
            outcomes[i].status = status;
            late++;
        }
        if (i % AT_ONCE == AT_ONCE - 1 && (size_t)i > late + AT_ONCE / 2)
            fixture_await_outcomes((size_t)i - late - AT_ONCE / 2, PATIENCE);
    }
    REQUIRE(fixture_await_outcomes(CALLS + 60 - late, PATIENCE), "%zu of %zu ended", fixture_outcomes(),
            CALLS + 60 - late);
    EXPECT(fixture_works(patient), "afterwards");
    for (int i = 0; i < CALLS; i++) {
        EXPECT(outcomes[i].times == 1, "call %d ended %d times", i, outcomes[i].times);
        if (outcomes[i].status == OSTLER_OK) {
            answered++;
            EXPECT(outcomes[i].number == i, "call %d got the answer of %lld", i, (long long)outcomes[i].number);
            EXPECT(probe_runs_of((size_t)i) == 1, "call %d ran %u times", i, probe_runs_of((size_t)i));
        } else {
            timed_out++;
            EXPECT(outcomes[i].status == OSTLER_E_TIMEOUT, "call %d ended with %s", i,
                   ostler_status_name(outcomes[i].status));
        }
    }
    EXPECT(probe_most_runs() <= 1, "one call ran %u times", probe_most_runs());
    EXPECT(answered + timed_out == CALLS, "%zu answered, %zu timed out", answered, timed_out);
    ostler_client_free(hasty);
    ostler_client_free(patient);
    ostler_transport_unref(transport);
    fixture_end(&served);
    free(outcomes);
}

const struct check check_ends[] = {
    {"ends/timeout", "a call that is not answered ends with a timeout, at its deadline", timeouts, 0},
    {"ends/nobody", "a call that nobody serves ends within its deadline", nobody_there, 0},
    {"ends/at-least-once", "with at_least_once a message that nobody serves is undeliverable, and does not run later",
     at_least_once, 0},
    {"ends/late-replies", "no reply ever reaches another call", late_replies, 240},
    {"ends/cancel", "a call that is cancelled ends once, with that", cancellation, 0},
    {"ends/closed", "calls that wait when their transport is closed end once each, cancelled",
     closed_with_calls_waiting, 0},
    {"ends/too-many", "no more calls wait than a transport allows; one more is told so", too_many_calls, 0},
    {"ends/at-most-once", "a call runs at most once, and ends in exactly one way", at_most_once, 240},
    {.name = NULL},
};
