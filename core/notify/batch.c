/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include "listener_parts.h"

#include <ostler/log.h>

#include <stdlib.h>

/* More than a driver hands out at once. */
#define POLL_MAX 16

void batch_free(struct batch *batch)
{
    if (batch)
        free(batch->incoming);
    free(batch);
}

static bool has_room(struct batch *batch, size_t limit)
{
    if (batch->count < batch->capacity)
        return true;
    size_t capacity = batch->capacity ? batch->capacity * 2 : POLL_MAX;
    if (capacity > limit)
        capacity = limit;
    struct ostler_incoming **incoming = realloc(batch->incoming, capacity * sizeof(struct ostler_incoming *));
    if (!incoming)
        return false;
    batch->incoming = incoming;
    batch->capacity = capacity;
    return true;
}

static bool make_room(struct ostler_listener *listener)
{
    if (!listener->batch)
        listener->batch = calloc(1, sizeof *listener->batch);
    return listener->batch && has_room(listener->batch, listener->batch_size);
}

static size_t hand_out(struct ostler_listener *listener, void **items)
{
    items[0] = listener->batch;
    listener->batch = NULL;
    return 1;
}

static bool is_due(const struct ostler_listener *listener)
{
    return listener->batch_due != OSTLER_NEVER && ostler_now() >= listener->batch_due;
}

/* What there is goes as it is; with nothing at all the executor tries again. */
static size_t out_of_memory(struct ostler_listener *listener, void **items)
{
    if (listener->batch && listener->batch->count > 0)
        return hand_out(listener, items);
    ostler_log(OSTLER_LOG_CRITICAL, "listener", "%s: no memory for a batch", listener->server.label);
    return 0;
}

size_t batch_poll(void *self, ostler_time deadline, void **items, size_t max)
{
    struct ostler_listener *listener = self;
    struct ostler_server *server = &listener->server;

    (void)max;
    for (;;) {
        if (!make_room(listener))
            return out_of_memory(listener, items);
        struct batch *batch = listener->batch;
        bool holds = batch->count > 0;
        size_t room = batch->capacity - batch->count;
        void *taken[POLL_MAX];

        /* Looked at before the poll: what is polled after the drain has begun is all that there is. */
        bool draining = atomic_load(&server->draining);
        server->holding = holds;
        ostler_time until = holds && listener->batch_due < deadline ? listener->batch_due : deadline;
        ostler_time due = pause_tend(listener);
        until = due < until ? due : until;
        size_t count = server_poll(server, until, taken, room < POLL_MAX ? room : POLL_MAX);
        for (size_t i = 0; i < count; i++)
            batch->incoming[batch->count++] = taken[i];
        if (!holds && count > 0)
            listener->batch_due =
                listener->batch_timeout < 0.0 ? OSTLER_NEVER : ostler_deadline(listener->batch_timeout);
        if (batch->count == listener->batch_size || (batch->count > 0 && is_due(listener)))
            return hand_out(listener, items);
        if (count == 0)
            return holds && draining ? hand_out(listener, items) : 0;
    }
}
