/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <json-c/json.h>
#include <stdlib.h>

enum { SLOT_BITS = 24, FIRST_SLOTS = 64 };
#define SLOT_MASK ((UINT64_C(1) << SLOT_BITS) - 1)
#define NO_SLOT   UINT32_MAX

void call_end_clear(struct call_end *end)
{
    json_object_put(end->value);
    free(end->reason);
    *end = (struct call_end){.status = OSTLER_OK};
}

void calls_init(struct calls *calls, uint32_t limit)
{
    *calls = (struct calls){.first_free = NO_SLOT, .limit = limit > CALLS_LIMIT ? CALLS_LIMIT : limit};
}

void calls_fini(struct calls *calls)
{
    free(calls->slots);
    free(calls->heap);
    calls_init(calls, calls->limit);
}

/* Slots and heap grow together, so that whoever gets a slot has a place in the heap. */
static enum ostler_status grow(struct calls *calls)
{
    if (calls->slot_count >= calls->limit)
        return OSTLER_E_BUSY;
    uint32_t wanted = calls->slot_count ? calls->slot_count * 2 : FIRST_SLOTS;
    if (wanted > calls->limit)
        wanted = calls->limit;

    struct call **heap = realloc(calls->heap, wanted * sizeof *heap);
    if (!heap)
        return OSTLER_E_NOMEM;
    calls->heap = heap;
    calls->heap_capacity = wanted;
    struct call_slot *slots = realloc(calls->slots, wanted * sizeof *slots);
    if (!slots)
        return OSTLER_E_NOMEM;
    calls->slots = slots;
    for (uint32_t i = wanted; i-- > calls->slot_count;) {
        slots[i] = (struct call_slot){.generation = 1, .next_free = calls->first_free};
        calls->first_free = i;
    }
    calls->slot_count = wanted;
    return OSTLER_OK;
}

static void heap_put(struct calls *calls, size_t index, struct call *call)
{
    calls->heap[index] = call;
    call->heap_index = index;
}

static void heap_up(struct calls *calls, struct call *call)
{
    size_t index = call->heap_index;

    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (call_due(calls->heap[parent]) <= call_due(call))
            break;
        heap_put(calls, index, calls->heap[parent]);
        index = parent;
    }
    heap_put(calls, index, call);
}

static void heap_down(struct calls *calls, struct call *call)
{
    size_t index = call->heap_index;

    for (;;) {
        size_t child = index * 2 + 1;
        if (child >= calls->heap_count)
            break;
        if (child + 1 < calls->heap_count && call_due(calls->heap[child + 1]) < call_due(calls->heap[child]))
            child++;
        if (call_due(call) <= call_due(calls->heap[child]))
            break;
        heap_put(calls, index, calls->heap[child]);
        index = child;
    }
    heap_put(calls, index, call);
}

void calls_due_changed(struct calls *calls, struct call *call)
{
    heap_up(calls, call);
    heap_down(calls, call);
}

static void heap_add(struct calls *calls, struct call *call)
{
    heap_put(calls, calls->heap_count++, call);
    heap_up(calls, call);
}

static void heap_remove(struct calls *calls, struct call *call)
{
    struct call *last = calls->heap[--calls->heap_count];

    if (last == call)
        return;
    heap_put(calls, call->heap_index, last);
    calls_due_changed(calls, last);
}

enum ostler_status calls_add(struct calls *calls, struct call *call)
{
    if (calls->first_free == NO_SLOT) {
        enum ostler_status status = grow(calls);
        if (status != OSTLER_OK)
            return status;
    }
    uint32_t index = calls->first_free;
    struct call_slot *slot = &calls->slots[index];

    calls->first_free = slot->next_free;
    slot->call = call;
    call->id = slot->generation << SLOT_BITS | index;
    calls->count++;
    if (call->style == CALL_ASYNC)
        heap_add(calls, call);
    return OSTLER_OK;
}

struct call *calls_find(const struct calls *calls, uint64_t id)
{
    uint64_t index = id & SLOT_MASK;

    if (index >= calls->slot_count)
        return NULL;
    struct call *call = calls->slots[index].call;
    return call && call->id == id ? call : NULL;
}

void calls_remove(struct calls *calls, struct call *call)
{
    uint32_t index = (uint32_t)(call->id & SLOT_MASK);
    struct call_slot *slot = &calls->slots[index];

    slot->call = NULL;
    slot->generation++;
    slot->next_free = calls->first_free;
    calls->first_free = index;
    calls->count--;
    call->id = 0;
    if (call->style == CALL_ASYNC)
        heap_remove(calls, call);
}

struct call *calls_next(const struct calls *calls, uint32_t *cursor)
{
    while (*cursor < calls->slot_count) {
        struct call *call = calls->slots[(*cursor)++].call;
        if (call)
            return call;
    }
    return NULL;
}
