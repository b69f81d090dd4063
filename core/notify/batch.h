/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting notifications until there are enough of them, or it is time. */
#ifndef NOTIFY_BATCH_H
#define NOTIFY_BATCH_H

#include <ostler/driver.h>

struct ostler_listener;

/* What was taken off the transport and is not settled, in the order of its arrival. */
struct batch {
    size_t count;
    size_t capacity;
    struct ostler_incoming **incoming;
};

void batch_free(struct batch *batch);

/* The executor's poll for a listener with batches: hands out a struct batch. */
size_t batch_poll(void *self, ostler_time deadline, void **items, size_t max);

#endif
