/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that start, stop, come and go. */
#include "check.h"
#include "fixture.h"
#include "probe.h"

#include <pthread.h>
#include <stdatomic.h>

/* --- Start and stop while calls arrive ---------------------------------------------------------------------------- */

enum { CALLERS = 4, CYCLES = 8 };

struct caller {
    pthread_t thread;
    ostler_client *client;
    atomic_bool *enough;
    int64_t first;
    size_t answered, refused, other;
};

static void *call_until_enough(void *argument)
{
    struct caller *caller = argument;

    for (int64_t id = caller->first; !atomic_load(caller->enough) && id < caller->first + PROBE_IDS / CALLERS; id++) {
        struct json_object *result = NULL;
        struct ostler_error error = OSTLER_ERROR_INIT;
        enum ostler_status status = fixture_call(caller->client, "mark", fixture_id(id), &result, &error);
        if (status == OSTLER_OK) {
            caller->answered++;
            EXPECT(json_object_get_int64(result) == id, "call %lld got another answer", (long long)id);
            EXPECT(probe_runs_of((size_t)id) == 1, "call %lld ran %u times", (long long)id, probe_runs_of((size_t)id));
        } else if (status == OSTLER_E_TIMEOUT || status == OSTLER_E_DELIVERY || status == OSTLER_E_UNDELIVERABLE) {
            /* Nobody was there to take it. Had it run, its answer would have come. */
            caller->refused++;
            EXPECT(probe_runs_of((size_t)id) == 0, "call %lld ran and ended with: %s", (long long)id, error.message);
        } else {
            EXPECT(false, "call %lld ended with: %s", (long long)id, error.message);
        }
        json_object_put(result);
        ostler_error_clear(&error);
    }
    return NULL;
}

static void start_and_stop(void)
{
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    struct caller callers[CALLERS];
    atomic_bool enough = false;
    size_t answered = 0;
    struct ostler_error error = OSTLER_ERROR_INIT;

    fixture_await_server(transport, "one");
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){
            .client = fixture_client(transport, 10.0), .enough = &enough, .first = i * (PROBE_IDS / CALLERS)};
        REQUIRE(pthread_create(&callers[i].thread, NULL, call_until_enough, &callers[i]) == 0, "no thread");
    }
    for (size_t cycle = 0; cycle < CYCLES; cycle++) {
        /* A cycle counts only if requests arrived in it. */
        EXPECT(probe_await_runs(probe_runs() + 20, PATIENCE), "no request arrives in cycle %zu", cycle);
        ostler_server_stop(served.server);
        EXPECT(ostler_server_wait(served.server, PATIENCE, &error) == OSTLER_OK, "%s", error.message);
        REQUIRE(ostler_server_start(served.server, &error) == OSTLER_OK, "%s", error.message);
    }
    EXPECT(probe_await_runs(probe_runs() + 20, PATIENCE), "no request arrives after the last cycle");
    atomic_store(&enough, true);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        answered += callers[i].answered;
        ostler_client_free(callers[i].client);
    }
    EXPECT(probe_runs() == answered, "%zu requests ran, %zu calls were answered", probe_runs(), answered);
    ostler_error_clear(&error);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void stop_with_requests_in_flight(void)
{
    enum { CALLS = 30 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct outcome outcomes[CALLS] = {{0}};
    struct ostler_error error = OSTLER_ERROR_INIT;

    fixture_await_server(transport, "one");
    for (int i = 0; i < CALLS; i++)
        REQUIRE(fixture_start(client, i % 2 ? "hold" : "keep", i % 2 ? NULL : fixture_id(i), &outcomes[i], NULL) ==
                    OSTLER_OK,
                "start");
    REQUIRE(probe_await_holding(CALLS / 2, PATIENCE) && probe_await_kept(CALLS / 2, PATIENCE), "not all arrived");
    ostler_server_stop(served.server);
    EXPECT(ostler_server_wait(served.server, 0.1, &error) == OSTLER_E_TASK_TIMEOUT, "wait with requests in flight");
    EXPECT(fixture_outcomes() == 0, "%zu calls ended when the server stopped", fixture_outcomes());
    probe_release();
    probe_answer_kept();
    EXPECT(ostler_server_wait(served.server, PATIENCE, &error) == OSTLER_OK, "%s", error.message);
    EXPECT(fixture_await_outcomes(CALLS, PATIENCE), "%zu of %d ended", fixture_outcomes(), CALLS);
    for (int i = 0; i < CALLS; i++)
        EXPECT(outcomes[i].times == 1 && outcomes[i].status == OSTLER_OK, "call %d ended %d times, with %s", i,
               outcomes[i].times, ostler_status_name(outcomes[i].status));
    ostler_error_clear(&error);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void a_new_server_is_found(void)
{
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, 0.2);

    /* The transport has looked for servers and found none. */
    EXPECT(fixture_call(client, "whoami", NULL, NULL, NULL) != OSTLER_OK, "nobody answers");
    struct served one = fixture_serve("one");
    ostler_time begin = ostler_now();
    fixture_await_server(transport, "one");
    double took = (double)(ostler_now() - begin) / 1e9;
    EXPECT(took <= 1.0 + CHECK_SLACK, "the first server was found after %.1f s", took);

    struct served two = fixture_serve("two");
    begin = ostler_now();
    while (!probe_runs_on("two") && ostler_now() - begin < (ostler_time)(PATIENCE * 1e9))
        fixture_call(client, "mark", fixture_id(1), NULL, NULL);
    EXPECT(probe_runs_on("two"), "calls to the topic never go to the second server");
    fixture_end(&two);

    /* With it gone, all go to the first again: none of ten in a row is lost on one that has left. */
    int in_a_row = 0;
    ostler_client *patient = fixture_client(transport, 5.0);
    begin = ostler_now();
    while (in_a_row < 10 && ostler_now() - begin < (ostler_time)(PATIENCE * 1e9))
        in_a_row = fixture_call(patient, "whoami", NULL, NULL, NULL) == OSTLER_OK ? in_a_row + 1 : 0;
    EXPECT(in_a_row == 10, "calls still go to a server that has stopped");
    ostler_client_free(patient);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&one);
}

static void two_of_one_name(void)
{
    struct served first = fixture_serve("one"), second = fixture_server("one", NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client_to(transport, "one", false, PATIENCE);
    struct ostler_error error = OSTLER_ERROR_INIT;

    fixture_await_server(transport, "one");
    enum ostler_status status = ostler_server_start(second.server, &error);
    EXPECT(status == OSTLER_OK || status == OSTLER_E_LISTEN, "%s", error.message);
    EXPECT(status == OSTLER_OK || (error.message && *error.message), "no reason is given");
    for (int i = 0; i < 10; i++)
        EXPECT(fixture_call(client, "mark", fixture_id(i), NULL, NULL) == OSTLER_OK, "call %d", i);
    EXPECT(probe_runs() == 10 && probe_most_runs() == 1, "%zu runs of 10 calls", probe_runs());

    /* Once the name is free, a server that was refused can be started. */
    fixture_end(&first);
    if (status == OSTLER_E_LISTEN)
        EXPECT(ostler_server_start(second.server, &error) == OSTLER_OK, "%s", error.message);
    fixture_await_server(transport, "one");
    ostler_error_clear(&error);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&second);
}

const struct check check_servers[] = {
    {"servers/cycles", "a server that starts and stops again and again loses no call that it has taken", start_and_stop,
     240},
    {"servers/in-flight", "a server that stops answers what it has taken", stop_with_requests_in_flight, 0},
    {"servers/come-and-go", "a server that comes is used within a second, one that has gone is not",
     a_new_server_is_found, 0},
    {"servers/one-name", "a second server of the same name is refused, or shares the work; it disturbs nobody",
     two_of_one_name, 0},
    {.name = NULL},
};
