/* SPDX-License-Identifier: Apache-2.0 */
/* One measured stretch of time: when to go on, and what was counted. */
#ifndef OSTLER_BENCH_RUNNER_H
#define OSTLER_BENCH_RUNNER_H

#include "counter.h"
#include "histogram.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One thread's counts. */
struct tally {
    struct histogram latencies; /* of calls that succeeded, in nanoseconds */
    uint64_t errors;
};

/* Messages that nobody answers are sent no faster than they are received: so many may be on their way. */
#define RUN_AHEAD_MAX 10000

struct run {
    uint64_t calls; /* 0: until the end */
    uint64_t end;   /* nanoseconds, on the monotonic clock */
    atomic_uint_fast64_t claimed;
    const struct counter *counter; /* NULL: every message is answered */
    uint64_t counted_before;
    unsigned receivers; /* of each message */
};

uint64_t run_clock(void);

/* Whether to make one more call; waits while too many messages are on their way. Any thread. */
bool run_goes_on(struct run *run);

/* A call that began at @p began has ended now. */
void tally_add(struct tally *tally, bool success, uint64_t began);

void tally_merge(struct tally *tally, const struct tally *from);

/* Waits until all that was sent has been received, or nothing more comes. Returns how many messages are missing. */
uint64_t run_await_receivers(const struct run *run, uint64_t sent);

#endif
