/* SPDX-License-Identifier: Apache-2.0 */
/* How many messages have been received, in a file that all receivers and the sender map: nothing has to be asked for over
 * the transport that is measured. */
#ifndef OSTLER_BENCH_COUNTER_H
#define OSTLER_BENCH_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

/* Servers with a number beyond that share a place. */
#define COUNTER_PLACES 64

/* A cache line each. Python's contestant writes the same layout. */
struct counter_place {
    _Atomic uint64_t received;
    uint64_t unused[7];
};

struct counter {
    struct counter_place places[COUNTER_PLACES];
};

/* Maps @p file, made if it is not there. NULL: errno says why. */
struct counter *counter_open(const char *file);

/* NULL is fine. */
void counter_close(struct counter *counter);

void counter_add(struct counter *counter, unsigned number);

uint64_t counter_sum(const struct counter *counter);

#endif
