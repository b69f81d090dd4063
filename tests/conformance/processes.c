/* SPDX-License-Identifier: Apache-2.0 */
/* Servers and clients that die or hang, in processes of their own. */
#include "check.h"
#include "fixture.h"
#include "peer.h"
#include "probe.h"

#include <string.h>

static bool ended_well(const struct outcome *outcome)
{
    return outcome->times == 1 && (outcome->status == OSTLER_OK || outcome->status == OSTLER_E_TIMEOUT ||
                                   outcome->status == OSTLER_E_DELIVERY || outcome->status == OSTLER_E_UNDELIVERABLE);
}

static void killed_server(void)
{
    enum { CALLS = 40 };
    struct outcome outcomes[CALLS] = {{0}};

    peer_require();
    struct peer doomed = peer_start_server("doomed");
    struct served healthy = fixture_serve("healthy");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, 5.0);
    fixture_await_server(transport, "doomed");
    fixture_await_server(transport, "healthy");
    for (int i = 0; i < CALLS; i++)
        REQUIRE(fixture_start(client, "hold", NULL, &outcomes[i], NULL) == OSTLER_OK, "start");
    REQUIRE(probe_await_holding(CALLS / 2, PATIENCE), "half of the calls should be at either server");
    peer_kill(&doomed);
    probe_release();
    EXPECT(fixture_await_outcomes(CALLS, 5.0 + CHECK_SLACK), "%zu of %d ended", fixture_outcomes(), CALLS);
    for (int i = 0; i < CALLS; i++)
        EXPECT(ended_well(&outcomes[i]), "call %d ended %d times, with %s", i, outcomes[i].times,
               ostler_status_name(outcomes[i].status));

    /* Its death has been noticed: of ten calls in a row none goes there. */
    int in_a_row = 0;
    ostler_time deadline = ostler_deadline(PATIENCE);
    while (in_a_row < 10 && ostler_now() < deadline)
        in_a_row = fixture_call(client, "whoami", NULL, NULL, NULL) == OSTLER_OK ? in_a_row + 1 : 0;
    EXPECT(in_a_row == 10, "calls still go to a server that was killed");

    /* Its name is free for the next. */
    struct served next = fixture_serve("doomed");
    fixture_await_server(transport, "doomed");
    fixture_end(&next);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&healthy);
}

static void silent_server(void)
{
    peer_require();
    struct peer silent = peer_start_server("silent");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client_to(transport, "silent", false, 90.0), *monitored = NULL;
    struct ostler_prepare changes = OSTLER_PREPARE_INIT;
    struct outcome outcome = {0};

    changes.fields = OSTLER_PREPARE_CALL_MONITOR_TIMEOUT;
    changes.options.call_monitor_timeout = 2.0;
    REQUIRE(ostler_client_prepare(client, &changes, &monitored, NULL) == OSTLER_OK, "prepare");
    fixture_await_server(transport, "silent");
    ostler_time begin = ostler_now();
    REQUIRE(fixture_start(monitored, "hold", NULL, &outcome, NULL) == OSTLER_OK, "start");
    /* It lives on signs of life for longer than it could without. */
    EXPECT(!fixture_await_outcomes(1, 5.0), "ended with %s while the server worked on it",
           ostler_status_name(outcome.status));
    peer_pause(&silent);
    EXPECT(fixture_await_outcomes(1, 2.0 + CHECK_SLACK), "a server that hangs is not noticed");
    EXPECT(outcome.times == 1 && outcome.status == OSTLER_E_TIMEOUT, "ended %d times, with %s", outcome.times,
           ostler_status_name(outcome.status));
    EXPECT(ostler_now() - begin < INT64_C(60000000000), "only at its deadline");
    peer_resume(&silent);
    peer_end(&silent);
    EXPECT(outcome.times == 1, "the call ended once more when the server woke");
    ostler_client_free(monitored);
    ostler_client_free(client);
    ostler_transport_unref(transport);
}

static void client_that_disappears(void)
{
    peer_require();
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);

    fixture_await_server(transport, "one");
    for (int round = 0; round < 3; round++) {
        struct peer busy = peer_start_client("mark"), waiting = peer_start_client("hold");
        EXPECT(probe_await_runs(probe_runs() + 50, PATIENCE), "its calls do not arrive");
        EXPECT(probe_await_holding(4, PATIENCE), "its calls do not arrive");
        peer_kill(&busy);
        peer_kill(&waiting);
        probe_release();
        EXPECT(probe_await_holding(0, PATIENCE), "answers to a client that is gone do not end");
        probe_hold_again();
        EXPECT(fixture_works(client), "after a client was killed");
    }
    probe_release();
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void restarted_server(void)
{
    peer_require();
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, 5.0);

    for (int round = 0; round < 3; round++) {
        struct peer peer = peer_start_server("phoenix");
        fixture_await_server(transport, "phoenix");
        EXPECT(fixture_works(client), "round %d", round);
        if (round % 2)
            peer_end(&peer);
        else
            peer_kill(&peer);
    }
    ostler_client_free(client);
    ostler_transport_unref(transport);
}

const struct check check_processes[] = {
    {"processes/killed-server", "a killed server's calls end within their deadlines, and it is not called again",
     killed_server, 0},
    {"processes/silent-server", "a monitored call to a server that hangs ends before its deadline", silent_server, 180},
    {"processes/lost-client", "a client that disappears with calls running disturbs nobody", client_that_disappears,
     180},
    {"processes/restart", "a server that was killed or ended can come back under its name", restarted_server, 0},
    {.name = NULL},
};
