/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

void fake_ring_init(struct fake_ring *ring, size_t item_size)
{
    *ring = (struct fake_ring){.item_size = item_size};
}

void fake_ring_fini(struct fake_ring *ring)
{
    free(ring->slots);
    fake_ring_init(ring, ring->item_size);
}

/* Copies the front `count` items, which may wrap around the end of the array. */
static void copy_front(const struct fake_ring *ring, void *items, size_t count)
{
    size_t before_end = ring->capacity - ring->first;
    size_t straight = count < before_end ? count : before_end;

    memcpy(items, ring->slots + ring->first * ring->item_size, straight * ring->item_size);
    memcpy((char *)items + straight * ring->item_size, ring->slots, (count - straight) * ring->item_size);
}

static bool grow(struct fake_ring *ring)
{
    size_t capacity = ring->capacity ? ring->capacity * 2 : FIRST_CAPACITY;
    char *slots = calloc(capacity, ring->item_size);

    if (!slots)
        return false;
    if (ring->count)
        copy_front(ring, slots, ring->count);
    free(ring->slots);
    ring->slots = slots;
    ring->capacity = capacity;
    ring->first = 0;
    return true;
}

bool fake_ring_reserve(struct fake_ring *ring)
{
    return ring->count < ring->capacity || grow(ring);
}

bool fake_ring_push(struct fake_ring *ring, const void *item)
{
    if (!fake_ring_reserve(ring))
        return false;
    /* Capacities are powers of two. */
    size_t end = (ring->first + ring->count) & (ring->capacity - 1);
    memcpy(ring->slots + end * ring->item_size, item, ring->item_size);
    ring->count++;
    return true;
}

size_t fake_ring_take(struct fake_ring *ring, void *items, size_t max)
{
    size_t taken = ring->count < max ? ring->count : max;

    if (taken == 0)
        return 0;
    copy_front(ring, items, taken);
    ring->first = (ring->first + taken) & (ring->capacity - 1);
    ring->count -= taken;
    return taken;
}
