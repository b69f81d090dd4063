/* SPDX-License-Identifier: Apache-2.0 */
/* A queue in one array that grows by doubling. Its user keeps the lock and says how long it may get. */
#ifndef FAKE_RING_H
#define FAKE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct fake_ring {
    char *slots;
    size_t item_size;
    size_t capacity;
    size_t first;
    size_t count;
};

/* An empty one allocates nothing. */
void fake_ring_init(struct fake_ring *ring, size_t item_size);
/* Frees the array, not what its items point to. */
void fake_ring_fini(struct fake_ring *ring);

/* Makes sure that the next push cannot fail; false without memory. */
bool fake_ring_reserve(struct fake_ring *ring);
/* Copies *item to the end; false without memory. */
bool fake_ring_push(struct fake_ring *ring, const void *item);
/* Moves up to max items from the front to items; returns how many. */
size_t fake_ring_take(struct fake_ring *ring, void *items, size_t max);

#endif
