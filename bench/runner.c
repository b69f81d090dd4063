/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <time.h>

static const uint64_t nothing_more = 3000000000; /* nanoseconds without a message */
static const struct timespec a_moment = {.tv_nsec = 100000};

uint64_t run_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t received(const struct run *run)
{
    return counter_sum(run->counter) - run->counted_before;
}

/* Until the receivers have caught up. They may have died: not longer than the run. */
static void keep_distance(const struct run *run, uint64_t sent)
{
    while (sent > RUN_AHEAD_MAX && (sent - RUN_AHEAD_MAX) * run->receivers > received(run) && run_clock() < run->end)
        nanosleep(&a_moment, NULL);
}

bool run_goes_on(struct run *run)
{
    bool over = run_clock() >= run->end;
    uint64_t before = atomic_fetch_add_explicit(&run->claimed, 1, memory_order_relaxed);
    /* One call is made however short the time: a busy machine may need all of it to begin. */
    if (over && before > 0)
        return false;
    if (run->calls != 0 && before >= run->calls)
        return false;
    if (run->counter && before % 64 == 0)
        keep_distance(run, before);
    return true;
}

void tally_add(struct tally *tally, bool success, uint64_t began)
{
    if (success)
        histogram_add(&tally->latencies, run_clock() - began);
    else
        tally->errors++;
}

void tally_merge(struct tally *tally, const struct tally *from)
{
    histogram_merge(&tally->latencies, &from->latencies);
    tally->errors += from->errors;
}

uint64_t run_await_receivers(const struct run *run, uint64_t sent)
{
    uint64_t expected = sent * run->receivers, seen = received(run), seen_at = run_clock();

    while (seen < expected && run_clock() - seen_at < nothing_more) {
        nanosleep(&a_moment, NULL);
        uint64_t now = received(run);
        if (now != seen)
            seen_at = run_clock();
        seen = now;
    }
    return seen < expected ? (expected - seen + run->receivers - 1) / run->receivers : 0;
}
