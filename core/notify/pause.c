/* SPDX-License-Identifier: Apache-2.0 */
#include "pause.h"

#include "listener_parts.h"

#include <ostler/log.h>

#include <stdlib.h>
#include <utlist.h>

#define SHORTEST (INT64_C(10) * 1000 * 1000)
#define LONGEST  (INT64_C(1000) * 1000 * 1000)
/* More than that are not held back. */
enum { PAUSED_MAX = 65536 };

struct paused {
    struct paused *prev, *next;
    struct ostler_incoming *incoming;
    ostler_time due;
};

void pause_init(struct pause *pause)
{
    *pause = (struct pause){.count = 0};
    atomic_init(&pause->length, SHORTEST);
    pthread_mutex_init(&pause->lock, NULL);
}

void pause_fini(struct pause *pause)
{
    pthread_mutex_destroy(&pause->lock);
}

void pause_open(struct pause *pause)
{
    pthread_mutex_lock(&pause->lock);
    pause->closed = false;
    pthread_mutex_unlock(&pause->lock);
    atomic_store(&pause->length, SHORTEST);
}

static void give_back(struct ostler_listener *listener, struct ostler_incoming *incoming)
{
    struct ostler_server *server = &listener->server;
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct generation *generation = incoming->core;

    if (server->ops->incoming_settle(incoming, OSTLER_SETTLE_REQUEUE, &error) != OSTLER_OK)
        ostler_log(OSTLER_LOG_WARNING, "listener", "%s: a notification will come again: %s", server->label,
                   error.message ? error.message : "it could not be given back");
    ostler_error_clear(&error);
    server->ops->incoming_free(incoming);
    generation_release(generation);
    server_request_ended(server);
}

/* With the lock held; false if it may not be held back. */
static bool hold(struct pause *pause, struct paused *paused)
{
    struct paused *later;

    if (pause->closed || pause->count >= PAUSED_MAX)
        return false;
    ostler_time length = atomic_load(&pause->length);
    paused->due = ostler_now() + length;
    atomic_store(&pause->length, length * 2 < LONGEST ? length * 2 : LONGEST);
    /* Usually the last one. */
    if (!pause->first || pause->first->prev->due <= paused->due) {
        DL_APPEND(pause->first, paused);
    } else {
        DL_FOREACH (pause->first, later)
            if (later->due > paused->due)
                break;
        DL_PREPEND_ELEM(pause->first, later, paused);
    }
    pause->count++;
    return true;
}

void pause_give_back(struct ostler_listener *listener, struct ostler_incoming *incoming)
{
    struct pause *pause = &listener->pause;
    struct paused *paused = malloc(sizeof *paused);
    bool held = false, first = false;

    /* Once it is held anybody may give it back, and with the last one under way the listener may be freed. */
    atomic_fetch_add(&listener->server.requests, 1);
    if (paused) {
        paused->incoming = incoming;
        pthread_mutex_lock(&pause->lock);
        held = hold(pause, paused);
        first = held && pause->first == paused;
        pthread_mutex_unlock(&pause->lock);
    }
    if (first)
        server_wake(&listener->server);
    if (!held) {
        free(paused);
        give_back(listener, incoming);
    }
    server_request_ended(&listener->server);
}

void pause_handled(struct pause *pause)
{
    if (atomic_load_explicit(&pause->length, memory_order_relaxed) != SHORTEST)
        atomic_store(&pause->length, SHORTEST);
}

/* The next one that is due; NULL if there is none, and *due is when there will be. */
static struct paused *take_due(struct pause *pause, bool all, ostler_time *due)
{
    struct paused *paused;

    pthread_mutex_lock(&pause->lock);
    pause->closed |= all;
    paused = pause->first;
    if (paused && !all && paused->due > ostler_now()) {
        *due = paused->due;
        paused = NULL;
    }
    if (paused) {
        DL_DELETE(pause->first, paused);
        pause->count--;
    }
    pthread_mutex_unlock(&pause->lock);
    return paused;
}

ostler_time pause_tend(struct ostler_listener *listener)
{
    bool all = atomic_load(&listener->server.draining);
    ostler_time due = OSTLER_NEVER;
    struct paused *paused;

    while ((paused = take_due(&listener->pause, all, &due))) {
        give_back(listener, paused->incoming);
        free(paused);
    }
    return due;
}
