/* SPDX-License-Identifier: Apache-2.0 */
/* The measuring itself: calls made in a loop, by threads that wait for each or by one transport with many under way. */
#ifndef OSTLER_CLI_BENCH_H
#define OSTLER_CLI_BENCH_H

#include "histogram.h"

#include <ostler/client.h>
#include <ostler/clock.h>

#include <pthread.h>
#include <stdatomic.h>

/* So many failures in a row end it, on one thread or on all calls under way. */
#define BENCH_FAILURES_MAX 100
/* Statuses are counted by their number. */
#define BENCH_STATUSES 32

/* What one thread counts; added up when all have ended. */
struct bench_tally {
    struct histogram latencies; /* of calls that succeeded, in nanoseconds */
    uint64_t errors[BENCH_STATUSES];
    unsigned failures_in_a_row;
    enum ostler_status first_status;
    char *first_message;
    atomic_uint_fast64_t ended; /* for the progress line: read by another thread */
};

/* What to call, and how. The two values are copied for each thread. */
struct bench_plan {
    const ostler_client *client;
    struct json_object *context;
    const char *method;
    struct json_object *arguments;
    unsigned threads;   /* of synchronous calls; 0: asynchronous ones */
    unsigned in_flight; /* calls under way at one time, in all */
    uint64_t calls;     /* how many to make; 0: as many as fit into the time */
    double seconds;     /* 0: until all calls are made */
};

/* One run. Make it with bench_new(). */
struct bench;

/* Called about once a second with the calls that have ended so far and the seconds since the start. */
typedef void (*bench_progress_fn)(void *user, uint64_t ended, double seconds);

/* OSTLER_E_NOMEM. @p plan stays the caller's and must stay as it is. */
enum ostler_status bench_new(const struct bench_plan *plan, struct bench **bench, struct ostler_error *error);

/* Makes the calls, returns when all have ended. *tally is the sum; the caller clears it. @p progress may be NULL.
 *  OSTLER_E_SYSTEM (no thread), OSTLER_E_NOMEM. */
enum ostler_status bench_run(struct bench *bench, bench_progress_fn progress, void *user, struct bench_tally *tally,
                             double *seconds, struct ostler_error *error);

/* No new calls from here on; bench_run() returns when those under way have ended. Any thread. */
void bench_stop(struct bench *bench);

void bench_free(struct bench *bench);

void bench_tally_clear(struct bench_tally *tally);

#endif
