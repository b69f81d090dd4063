/* SPDX-License-Identifier: Apache-2.0 */
/* Many calls at once, from callbacks, threads and event loops; answers that come later; answers of many. */
#include "check.h"
#include "fixture.h"
#include "probe.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void thousands_in_flight(void)
{
    enum { CALLS = 5000 };
    struct served one = fixture_serve("one"), two = fixture_serve("two");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE * 3);
    struct outcome *outcomes = calloc(CALLS, sizeof *outcomes);

    REQUIRE(outcomes, "no memory");
    fixture_await_server(transport, "one");
    fixture_await_server(transport, "two");
    for (int i = 0; i < CALLS; i++)
        REQUIRE(fixture_start(client, "mark", fixture_id(i), &outcomes[i], NULL) == OSTLER_OK, "call %d", i);
    EXPECT(fixture_await_outcomes(CALLS, PATIENCE * 3), "%zu of %d ended", fixture_outcomes(), CALLS);
    for (int i = 0; i < CALLS; i++)
        EXPECT(outcomes[i].times == 1 && outcomes[i].status == OSTLER_OK && outcomes[i].number == i,
               "call %d ended %d times, with %s and %lld", i, outcomes[i].times, ostler_status_name(outcomes[i].status),
               (long long)outcomes[i].number);
    EXPECT(probe_runs() == CALLS && probe_most_runs() == 1, "%zu runs", probe_runs());
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&one);
    fixture_end(&two);
    free(outcomes);
}

/* --- Calls from callbacks ----------------------------------------------------------------------------------------- */

enum { CHAIN = 100 };

struct chain {
    ostler_client *client;
    int64_t next;
    struct outcome end;
};

static void next_in_chain(void *user, enum ostler_status status, struct json_object *result,
                          const struct ostler_error *error)
{
    struct chain *chain = user;

    EXPECT(status == OSTLER_OK, "%s", error ? error->message : "");
    EXPECT(json_object_get_int64(result) == chain->next, "link %lld", (long long)chain->next);
    if (++chain->next < CHAIN && status == OSTLER_OK) {
        struct json_object *args = fixture_id(chain->next);
        EXPECT(ostler_client_call_async(chain->client, NULL, "mark", args, next_in_chain, chain, NULL, NULL) ==
                   OSTLER_OK,
               "link %lld", (long long)chain->next);
        json_object_put(args);
    } else {
        fixture_start(chain->client, "whoami", NULL, &chain->end, NULL);
    }
}

static void calls_from_callbacks(void)
{
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    struct chain chain = {.client = fixture_client(transport, PATIENCE)};
    struct json_object *args = fixture_id(0);

    fixture_await_server(transport, "one");
    REQUIRE(ostler_client_call_async(chain.client, NULL, "mark", args, next_in_chain, &chain, NULL, NULL) == OSTLER_OK,
            "start");
    json_object_put(args);
    EXPECT(fixture_await_outcomes(1, PATIENCE), "the chain did not end");
    EXPECT(probe_runs() == CHAIN, "%zu of %d links", probe_runs(), CHAIN);
    ostler_client_free(chain.client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

/* --- An event loop ------------------------------------------------------------------------------------------------ */

/* Runs the loop until `count` calls have ended; returns how many process() said it ended. */
static size_t run_loop(ostler_transport *transport, size_t count)
{
    ostler_time deadline = ostler_deadline(PATIENCE);
    struct pollfd watched = {.fd = ostler_transport_fd(transport), .events = POLLIN};
    size_t ended = 0;

    while (fixture_outcomes() < count && ostler_now() < deadline) {
        if (poll(&watched, 1, ostler_time_left_ms(deadline)) > 0)
            ended += ostler_transport_process(transport);
    }
    return ended;
}

static void event_loop(void)
{
    enum { CALLS = 300 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport_with(true, 0);
    /* Their deadlines lie beyond the loop's, so that nothing but the descriptor can tell of answers. */
    ostler_client *client = fixture_client(transport, PATIENCE * 3), *hasty = fixture_client(transport, 0.3);
    struct outcome outcomes[CALLS + 1] = {{0}};
    size_t started = 0;

    EXPECT(ostler_transport_fd(transport) >= 0, "no descriptor");
    /* Where servers have to be found, the first calls may be refused. */
    ostler_time deadline = ostler_deadline(PATIENCE);
    while (started < CALLS && ostler_now() < deadline) {
        if (fixture_start(client, "mark", fixture_id((int64_t)started), &outcomes[started], NULL) == OSTLER_OK)
            started++;
        else
            run_loop(transport, started);
    }
    REQUIRE(started == CALLS, "%zu of %d calls could be started", started, CALLS);
    run_loop(transport, CALLS);
    for (int i = 0; i < CALLS; i++)
        EXPECT(outcomes[i].times == 1 && outcomes[i].status == OSTLER_OK && outcomes[i].number == i,
               "call %d ended %d times, with %s", i, outcomes[i].times, ostler_status_name(outcomes[i].status));

    /* The descriptor also tells of a deadline, when nothing comes. */
    REQUIRE(fixture_start(hasty, "hold", NULL, &outcomes[CALLS], NULL) == OSTLER_OK, "start");
    EXPECT(outcomes[CALLS].times == 0, "ended outside process()");
    EXPECT(run_loop(transport, CALLS + 1) == 1, "process() did not tell of one end");
    EXPECT(outcomes[CALLS].times == 1 && outcomes[CALLS].status == OSTLER_E_TIMEOUT, "ended with %s",
           ostler_status_name(outcomes[CALLS].status));
    probe_release();
    ostler_client_free(client);
    ostler_client_free(hasty);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

/* --- Many threads ------------------------------------------------------------------------------------------------- */

enum { THREADS = 8, PER_THREAD = 200 };

struct caller {
    pthread_t thread;
    ostler_client *client;
    int64_t first;
    size_t right;
};

static void *call_many(void *argument)
{
    struct caller *caller = argument;

    for (int64_t i = caller->first; i < caller->first + PER_THREAD; i++) {
        struct json_object *result = NULL;
        if (fixture_call(caller->client, "mark", fixture_id(i), &result, NULL) == OSTLER_OK)
            caller->right += json_object_get_int64(result) == i;
        json_object_put(result);
    }
    return NULL;
}

static void many_threads(void)
{
    struct served one = fixture_serve("one"), two = fixture_serve("two");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct caller callers[THREADS];

    fixture_await_server(transport, "one");
    fixture_await_server(transport, "two");
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.client = client, .first = i * PER_THREAD};
        REQUIRE(pthread_create(&callers[i].thread, NULL, call_many, &callers[i]) == 0, "no thread");
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
        EXPECT(callers[i].right == PER_THREAD, "thread %d got %zu of %d answers", i, callers[i].right, PER_THREAD);
    }
    EXPECT(probe_runs() == THREADS * PER_THREAD && probe_most_runs() == 1, "%zu runs", probe_runs());
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&one);
    fixture_end(&two);
}

/* --- Answers that come later -------------------------------------------------------------------------------------- */

static void deferred_answers(void)
{
    enum { CALLS = 300 };
    struct served served = fixture_serve_with("one", "blocking", NULL);
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct outcome outcomes[CALLS] = {{0}};

    fixture_await_server(transport, "one");
    for (int i = 0; i < CALLS; i++)
        REQUIRE(fixture_start(client, "keep", fixture_id(i), &outcomes[i], NULL) == OSTLER_OK, "start");
    EXPECT(probe_await_kept(CALLS, PATIENCE), "not all requests were kept");
    EXPECT(fixture_works(client), "while requests are kept");
    EXPECT(fixture_outcomes() == 0, "%zu kept requests ended before they were answered", fixture_outcomes());
    probe_answer_kept();
    EXPECT(fixture_await_outcomes(CALLS, PATIENCE), "%zu of %d ended", fixture_outcomes(), CALLS);
    for (int i = 0; i < CALLS; i++)
        EXPECT(outcomes[i].times == 1 && outcomes[i].status == OSTLER_OK && outcomes[i].number == i,
               "call %d ended %d times, with %s and %lld", i, outcomes[i].times, ostler_status_name(outcomes[i].status),
               (long long)outcomes[i].number);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

/* Calls that reach a server together, the last of which takes long. */
static void answers_before_a_long_one(const char *executor)
{
    enum { ROUNDS = 5, QUICK = 20 };
    struct served served = fixture_serve_with("one", executor, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct outcome outcomes[ROUNDS][QUICK + 1] = {{{0}}};
    size_t before = fixture_outcomes();

    fixture_await_server(transport, "one");
    for (size_t round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < QUICK; i++)
            REQUIRE(fixture_start(client, "echo", fixture_args("arg", json_object_new_int(i)), &outcomes[round][i],
                                  NULL) == OSTLER_OK,
                    "start");
        REQUIRE(fixture_start(client, "hold", NULL, &outcomes[round][QUICK], NULL) == OSTLER_OK, "start");
        EXPECT(fixture_await_outcomes(before + round * (QUICK + 1) + QUICK, PATIENCE / 2),
               "%s: answers wait for a request that is at work", executor);
        EXPECT(outcomes[round][QUICK].times == 0, "%s: it has ended", executor);
        probe_release();
        EXPECT(fixture_await_outcomes(before + (round + 1) * (QUICK + 1), PATIENCE), "%s: not all ended", executor);
        probe_hold_again();
    }
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void long_ones(void)
{
    answers_before_a_long_one("blocking");
    answers_before_a_long_one("threading");
}

static void one_answer_counts(void)
{
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct json_object *result = NULL;

    fixture_await_server(transport, "one");
    EXPECT(fixture_call(client, "twice", NULL, &result, NULL) == OSTLER_OK, "twice");
    EXPECT(result && strcmp(json_object_get_string(result), "first") == 0, "%s", json_object_to_json_string(result));
    json_object_put(result);
    result = NULL;
    EXPECT(fixture_works(client), "after two answers");
    EXPECT(fixture_call(client, "nothing", NULL, &result, NULL) == OSTLER_OK && !result, "no answer is null");
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
    EXPECT(probe_second_answer() == OSTLER_E_INVALID, "the second answer was told %s",
           ostler_status_name(probe_second_answer()));
}

/* --- Gather ------------------------------------------------------------------------------------------------------- */

static const char *const three[] = {"one", "two", "three"};

static void gather_from(ostler_client *client, size_t expected)
{
    struct ostler_gathered *answers = NULL;
    size_t count = 0;
    unsigned seen[3] = {0};
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *args = fixture_args("server", json_object_new_string("two"));
    enum ostler_status status = ostler_client_gather(client, NULL, "fail_on", args, expected, &answers, &count, &error);

    EXPECT(status == OSTLER_OK, "%s", error.message);
    EXPECT(count == 3, "%zu answers of 3 servers, %zu expected", count, expected);
    for (size_t i = 0; i < count; i++) {
        if (answers[i].status == OSTLER_E_REMOTE) {
            EXPECT(answers[i].error.remote_class && strcmp(answers[i].error.remote_class, "NotHere") == 0, "%s",
                   answers[i].error.message);
            seen[1]++;
        }
        for (int s = 0; s < 3 && answers[i].status == OSTLER_OK; s++)
            seen[s] += strcmp(json_object_get_string(answers[i].result), three[s]) == 0;
    }
    for (int s = 0; s < 3; s++)
        EXPECT(seen[s] == 1, "%u answers of server %s", seen[s], three[s]);
    ostler_gathered_free(answers, count);
    ostler_error_clear(&error);
    json_object_put(args);
}

static void gather(void)
{
    struct served served[3];

    for (int i = 0; i < 3; i++)
        served[i] = fixture_serve(three[i]);
    ostler_transport *transport = fixture_transport();
    for (int i = 0; i < 3; i++)
        fixture_await_server(transport, three[i]);
    ostler_client *client = fixture_client(transport, PATIENCE), *brief = fixture_client(transport, 3.0);
    gather_from(client, 3);
    /* More than there are, and as many as there are: until the timeout at most. */
    gather_from(brief, 5);
    gather_from(brief, 0);
    EXPECT(fixture_works(client), "after gathers");
    ostler_client_free(brief);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    for (int i = 0; i < 3; i++)
        fixture_end(&served[i]);
}

/* --- Call monitoring ---------------------------------------------------------------------------------------------- */

static void monitored_call(void)
{
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE * 2), *monitored = NULL;
    struct ostler_prepare changes = OSTLER_PREPARE_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;

    fixture_await_server(transport, "one");
    changes.fields = OSTLER_PREPARE_CALL_MONITOR_TIMEOUT;
    changes.options.call_monitor_timeout = 2.0;
    REQUIRE(ostler_client_prepare(client, &changes, &monitored, NULL) == OSTLER_OK, "prepare");
    enum ostler_status status =
        fixture_call(monitored, "hold", fixture_args("seconds", json_object_new_double(7.0)), NULL, &error);
    EXPECT(status == OSTLER_OK, "a call of 7 s, monitored for signs of life every 2 s: %s", error.message);
    ostler_error_clear(&error);
    ostler_client_free(monitored);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

const struct check check_flow[] = {
    {"flow/thousands", "of thousands of asynchronous calls in flight each ends exactly once, with its own answer",
     thousands_in_flight, 240},
    {"flow/from-callbacks", "a callback may start the next call", calls_from_callbacks, 0},
    {"flow/event-loop", "with an event loop of the program calls end inside process(), and the descriptor tells when",
     event_loop, 0},
    {"flow/threads", "many threads call over one transport, and each gets its own answers", many_threads, 240},
    {"flow/deferred", "answers may come later, from any thread, in any order", deferred_answers, 0},
    {"flow/long-ones", "an answer does not wait for a request that takes long", long_ones, 0},
    {"flow/one-answer", "a request is answered exactly once; the first answer counts", one_answer_counts, 0},
    {"flow/gather", "a gather collects one answer of each server, failures included", gather, 0},
    {"flow/monitored", "signs of life keep a long call alive that is monitored", monitored_call, 0},
    {.name = NULL},
};
