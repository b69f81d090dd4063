/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <ostler/thread.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* Between two reports of progress. */
#define SECOND_NS INT64_C(1000000000)

/* One stream of calls. A synchronous one is a thread's. Of an asynchronous run there are two: the starter's, which makes
 * the first calls, and the transport's thread, which makes one more whenever one has ended. */
struct lane {
    struct bench *bench;
    struct json_object *context;
    struct json_object *arguments;
    struct bench_tally tally;
    pthread_t thread;
    bool joinable;
};

/* An asynchronous call under way. */
struct slot {
    struct lane *lane;
    ostler_time started;
};

struct bench {
    const struct bench_plan *plan;
    struct lane *lanes;
    unsigned lane_count;
    struct slot *slots;
    ostler_time end;
    atomic_bool stopped;
    atomic_uint_fast64_t claimed; /* calls begun, where their number is given */
    pthread_mutex_t lock;         /* guards running */
    pthread_cond_t changed;
    unsigned running; /* threads, or slots, that have not come to their end */
};

void bench_tally_clear(struct bench_tally *tally)
{
    free(tally->first_message);
    tally->first_message = NULL;
}

static void tally_success(struct bench_tally *tally, ostler_time started, ostler_time ended)
{
    histogram_add(&tally->latencies, ended > started ? (uint64_t)(ended - started) : 0);
    tally->failures_in_a_row = 0;
    atomic_fetch_add_explicit(&tally->ended, 1, memory_order_relaxed);
}

static void tally_failure(struct bench_tally *tally, enum ostler_status status, const struct ostler_error *error)
{
    if ((unsigned)status < BENCH_STATUSES)
        tally->errors[status]++;
    tally->failures_in_a_row++;
    atomic_fetch_add_explicit(&tally->ended, 1, memory_order_relaxed);
    if (tally->first_status == OSTLER_OK) {
        tally->first_status = status;
        tally->first_message = strdup(error->message ? error->message : ostler_status_text(status));
    }
}

static void tally_merge(struct bench_tally *tally, struct bench_tally *from)
{
    histogram_merge(&tally->latencies, &from->latencies);
    for (unsigned i = 0; i < BENCH_STATUSES; i++)
        tally->errors[i] += from->errors[i];
    if (tally->first_status == OSTLER_OK) {
        tally->first_status = from->first_status;
        tally->first_message = from->first_message;
        from->first_message = NULL;
    }
}

/* Whether to make one more call. */
static bool lane_goes_on(struct lane *lane, ostler_time now)
{
    struct bench *bench = lane->bench;
    uint64_t calls = bench->plan->calls;

    if (atomic_load_explicit(&bench->stopped, memory_order_relaxed) || now >= bench->end)
        return false;
    if (lane->tally.failures_in_a_row >= BENCH_FAILURES_MAX + bench->plan->in_flight)
        return false;
    return calls == 0 || atomic_fetch_add_explicit(&bench->claimed, 1, memory_order_relaxed) < calls;
}

static void one_less_running(struct bench *bench)
{
    pthread_mutex_lock(&bench->lock);
    if (--bench->running == 0)
        pthread_cond_signal(&bench->changed);
    pthread_mutex_unlock(&bench->lock);
}

static void *call_in_a_row(void *user)
{
    struct lane *lane = user;
    const struct bench_plan *plan = lane->bench->plan;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_time now = ostler_now();

    while (lane_goes_on(lane, now)) {
        struct json_object *result = NULL;
        ostler_time started = now;
        enum ostler_status status =
            ostler_client_call(plan->client, lane->context, plan->method, lane->arguments, &result, &error);

        now = ostler_now();
        if (status == OSTLER_OK)
            tally_success(&lane->tally, started, now);
        else
            tally_failure(&lane->tally, status, &error);
        json_object_put(result);
    }
    ostler_error_clear(&error);
    one_less_running(lane->bench);
    return NULL;
}

static void slot_done(void *user, enum ostler_status status, struct json_object *result,
                      const struct ostler_error *error);

/* Begins the slot's next call on @p lane; ends the slot if there is none. */
static void slot_next(struct slot *slot, struct lane *lane, ostler_time now)
{
    const struct bench_plan *plan = lane->bench->plan;
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = OSTLER_E_INVALID;

    while (status != OSTLER_OK && lane_goes_on(lane, now)) {
        slot->started = now;
        status = ostler_client_call_async(plan->client, lane->context, plan->method, lane->arguments, slot_done, slot,
                                          NULL, &error);
        if (status != OSTLER_OK) {
            tally_failure(&lane->tally, status, &error);
            now = ostler_now();
        }
    }
    ostler_error_clear(&error);
    if (status != OSTLER_OK)
        one_less_running(lane->bench);
}

/* Always in the transport's thread: slot->lane is the one for it. */
static void slot_done(void *user, enum ostler_status status, struct json_object *result,
                      const struct ostler_error *error)
{
    struct slot *slot = user;
    ostler_time now = ostler_now();

    (void)result;
    if (status == OSTLER_OK)
        tally_success(&slot->lane->tally, slot->started, now);
    else
        tally_failure(&slot->lane->tally, status, error);
    slot_next(slot, slot->lane, now);
}

static enum ostler_status start_threads(struct bench *bench, struct ostler_error *error)
{
    for (unsigned i = 0; i < bench->lane_count; i++) {
        struct lane *lane = &bench->lanes[i];
        int problem = pthread_create(&lane->thread, NULL, call_in_a_row, lane);

        if (problem != 0) {
            bench_stop(bench);
            pthread_mutex_lock(&bench->lock);
            bench->running -= bench->lane_count - i;
            pthread_mutex_unlock(&bench->lock);
            return ostler_error_set_errno(error, problem, "cannot make thread %u of %u", i + 1, bench->lane_count);
        }
        lane->joinable = true;
    }
    return OSTLER_OK;
}

static void start_slots(struct bench *bench)
{
    struct lane *starter = &bench->lanes[0], *transport = &bench->lanes[1];

    for (unsigned i = 0; i < bench->plan->in_flight; i++) {
        bench->slots[i].lane = transport;
        slot_next(&bench->slots[i], starter, ostler_now());
    }
}

static uint64_t count_ended(const struct bench *bench)
{
    uint64_t ended = 0;

    for (unsigned i = 0; i < bench->lane_count; i++)
        ended += atomic_load_explicit(&bench->lanes[i].tally.ended, memory_order_relaxed);
    return ended;
}

static void wait_for_end(struct bench *bench, ostler_time started, bench_progress_fn progress, void *user)
{
    ostler_time next = ostler_now();

    pthread_mutex_lock(&bench->lock);
    while (bench->running > 0) {
        next += SECOND_NS;
        while (bench->running > 0 && ostler_cond_wait(&bench->changed, &bench->lock, next))
            ;
        if (bench->running > 0 && progress) {
            pthread_mutex_unlock(&bench->lock);
            progress(user, count_ended(bench), (double)(ostler_now() - started) / 1e9);
            pthread_mutex_lock(&bench->lock);
        }
    }
    pthread_mutex_unlock(&bench->lock);
}

enum ostler_status bench_run(struct bench *bench, bench_progress_fn progress, void *user, struct bench_tally *tally,
                             double *seconds, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    ostler_time started = ostler_now();

    bench->running = bench->plan->threads > 0 ? bench->lane_count : bench->plan->in_flight;
    bench->end = bench->plan->seconds > 0.0 ? ostler_deadline(bench->plan->seconds) : OSTLER_NEVER;
    if (bench->plan->threads > 0)
        status = start_threads(bench, error);
    else
        start_slots(bench);
    wait_for_end(bench, started, progress, user);
    ostler_time ended = ostler_now();

    for (unsigned i = 0; i < bench->lane_count; i++)
        if (bench->lanes[i].joinable)
            pthread_join(bench->lanes[i].thread, NULL);
    if (status != OSTLER_OK)
        return status;
    memset(tally, 0, sizeof *tally);
    for (unsigned i = 0; i < bench->lane_count; i++)
        tally_merge(tally, &bench->lanes[i].tally);
    *seconds = (double)(ended - started) / 1e9;
    return OSTLER_OK;
}

void bench_stop(struct bench *bench)
{
    atomic_store(&bench->stopped, true);
}

static bool lane_init(struct lane *lane, struct bench *bench)
{
    lane->bench = bench;
    return json_object_deep_copy(bench->plan->context, &lane->context, NULL) == 0 &&
           json_object_deep_copy(bench->plan->arguments, &lane->arguments, NULL) == 0;
}

enum ostler_status bench_new(const struct bench_plan *plan, struct bench **bench, struct ostler_error *error)
{
    struct bench *made = calloc(1, sizeof *made);
    bool complete;

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    made->plan = plan;
    pthread_mutex_init(&made->lock, NULL);
    ostler_cond_init(&made->changed);
    made->lane_count = plan->threads > 0 ? plan->threads : 2;
    made->lanes = calloc(made->lane_count, sizeof *made->lanes);
    made->slots = calloc(plan->in_flight, sizeof *made->slots);
    complete = made->lanes && made->slots;
    for (unsigned i = 0; complete && i < made->lane_count; i++)
        complete = lane_init(&made->lanes[i], made);
    if (!complete) {
        bench_free(made);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    *bench = made;
    return OSTLER_OK;
}

void bench_free(struct bench *bench)
{
    if (!bench)
        return;
    for (unsigned i = 0; bench->lanes && i < bench->lane_count; i++) {
        bench_tally_clear(&bench->lanes[i].tally);
        json_object_put(bench->lanes[i].context);
        json_object_put(bench->lanes[i].arguments);
    }
    pthread_cond_destroy(&bench->changed);
    pthread_mutex_destroy(&bench->lock);
    free(bench->lanes);
    free(bench->slots);
    free(bench);
}
