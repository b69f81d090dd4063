/* SPDX-License-Identifier: Apache-2.0 */
/* Between driver and executor: where the executor's work comes from, and how many requests are under way. */
#include "server_parts.h"

#include <ostler/thread.h>

#include <string.h>

/* More than an executor asks for at once. */
#define POLL_MAX 32

/* Nothing to poll any more: sleeps until the executor wakes it. */
static void sleep_until_woken(struct ostler_server *server)
{
    pthread_mutex_lock(&server->lock);
    if (!server->drained) {
        server->drained = true;
        pthread_cond_broadcast(&server->changed);
    }
    while (!server->poll_woken)
        pthread_cond_wait(&server->changed, &server->lock);
    server->poll_woken = false;
    pthread_mutex_unlock(&server->lock);
}

size_t server_poll(void *self, ostler_time deadline, void **items, size_t max)
{
    struct ostler_server *server = self;
    struct ostler_incoming *incoming[POLL_MAX];

    generations_reap(&server->generations);
    bool draining = atomic_load(&server->draining);
    if (max > POLL_MAX)
        max = POLL_MAX;
    size_t count = server->ops->listener_poll(server->listener, draining ? OSTLER_AT_ONCE : deadline, incoming, max);
    /* A wake may have ended the first poll before it looked. */
    if (count == 0 && draining)
        count = server->ops->listener_poll(server->listener, OSTLER_AT_ONCE, incoming, max);
    if (count == 0) {
        if (draining && !server->holding)
            sleep_until_woken(server);
        return 0;
    }

    /* Requests belong to the endpoints of the moment in which they are taken. */
    struct generation *generation = generations_hold(&server->generations, (unsigned)count);
    atomic_fetch_add(&server->requests, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        incoming[i]->core = generation;
        items[i] = incoming[i];
    }
    return count;
}

void server_wake(void *self)
{
    struct ostler_server *server = self;

    pthread_mutex_lock(&server->lock);
    server->poll_woken = true;
    pthread_cond_broadcast(&server->changed);
    ostler_driver_listener *listener = server->listener;
    server->wakers++;
    pthread_mutex_unlock(&server->lock);
    if (listener)
        server->ops->listener_wake(listener);
    pthread_mutex_lock(&server->lock);
    if (--server->wakers == 0)
        pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

void server_work_close(struct ostler_server *server)
{
    pthread_mutex_lock(&server->lock);
    ostler_driver_listener *listener = server->listener;
    server->listener = NULL;
    while (server->wakers > 0)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
    if (listener)
        server->ops->listener_close(listener);
}

void server_work_init(struct ostler_server *server, struct ostler_work *work)
{
    *work = (struct ostler_work){.self = server,
                                 .poll = server->role->poll,
                                 .wake = server_wake,
                                 .run = server->role->run,
                                 .name = server->target.topic};
}

void server_work_begin(struct ostler_server *server, ostler_driver_listener *listener)
{
    atomic_store(&server->draining, false);
    pthread_mutex_lock(&server->lock);
    server->listener = listener;
    server->drained = false;
    server->poll_woken = false;
    pthread_mutex_unlock(&server->lock);
}

void server_work_drain(struct ostler_server *server)
{
    atomic_store(&server->draining, true);
    server_wake(server);
}

bool server_work_drained(struct ostler_server *server, ostler_time deadline)
{
    bool in_time = true;

    pthread_mutex_lock(&server->lock);
    while (!server->drained && in_time)
        in_time = ostler_cond_wait(&server->changed, &server->lock, deadline);
    bool drained = server->drained;
    pthread_mutex_unlock(&server->lock);
    return drained;
}

bool server_work_ended(struct ostler_server *server, ostler_time deadline)
{
    bool in_time = true;

    pthread_mutex_lock(&server->lock);
    while (atomic_load(&server->requests) > 0 && in_time)
        in_time = ostler_cond_wait(&server->changed, &server->lock, deadline);
    bool ended = atomic_load(&server->requests) == 0;
    pthread_mutex_unlock(&server->lock);
    return ended;
}

/* Only the last one takes the lock, so that who waits for it cannot free the server under it. */
void server_request_ended(struct ostler_server *server)
{
    unsigned left = atomic_load(&server->requests);

    while (left > 1)
        if (atomic_compare_exchange_weak(&server->requests, &left, left - 1))
            return;
    pthread_mutex_lock(&server->lock);
    if (atomic_fetch_sub(&server->requests, 1) == 1)
        pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}
