/* SPDX-License-Identifier: Apache-2.0 */
#include "listener.h"
#include "exchange.h"

#include <ostler/thread.h>

#include <stdlib.h>
#include <string.h>

struct fake_listener {
    struct fake_topic *topic;
    size_t queue_size;

    /* Guarded by the topic's lock. */
    struct fake_queue *queue; /* NULL once it has stopped */
    struct fake_ring rest;    /* what was left to it when it stopped */
    pthread_cond_t arrived;
    bool sleeping; /* a poll waits for `arrived` and has not been signalled yet */
    bool woken;
    unsigned rousers; /* senders that are about to signal */
};

enum ostler_status fake_listener_open(const struct ostler_target *target, const struct fake_limits *limits,
                                      struct fake_listener **listener, struct ostler_error *error)
{
    struct fake_listener *made = calloc(1, sizeof *made);
    enum ostler_status status;

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a listener");
    /* A server counts for itself: the ceiling is for queues that senders leave behind. */
    status = fake_exchanges_get(target, SIZE_MAX, &made->topic, error);
    if (status != OSTLER_OK) {
        free(made);
        return status;
    }
    made->queue_size = limits->queue_size;
    fake_ring_init(&made->rest, sizeof(struct fake_message *));
    ostler_cond_init(&made->arrived);
    pthread_mutex_lock(&made->topic->lock);
    status = fake_topic_attach(made->topic, target->server, made, &made->queue, error);
    pthread_mutex_unlock(&made->topic->lock);
    if (status != OSTLER_OK) {
        fake_listener_close(made);
        return status;
    }
    *listener = made;
    return OSTLER_OK;
}

void fake_listener_close(struct fake_listener *listener)
{
    struct fake_message *message;

    pthread_mutex_lock(&listener->topic->lock);
    while (listener->rousers > 0)
        pthread_cond_wait(&listener->arrived, &listener->topic->lock);
    pthread_mutex_unlock(&listener->topic->lock);
    while (fake_ring_take(&listener->rest, &message, 1))
        fake_message_lose(message, "the server stopped before it took the request");
    fake_ring_fini(&listener->rest);
    pthread_cond_destroy(&listener->arrived);
    fake_exchanges_put(listener->topic);
    free(listener);
}

void fake_listener_stop(struct fake_listener *listener)
{
    struct fake_topic *topic = listener->topic;

    pthread_mutex_lock(&topic->lock);
    fake_topic_detach(topic, listener->queue, listener->queue_size, &listener->rest);
    listener->queue = NULL;
    fake_listener_signal(listener);
    pthread_mutex_unlock(&topic->lock);
}

void fake_listener_signal(struct fake_listener *listener)
{
    if (!listener->sleeping)
        return;
    listener->sleeping = false;
    pthread_cond_signal(&listener->arrived);
}

bool fake_listener_must_rouse(struct fake_listener *listener)
{
    if (!listener->sleeping)
        return false;
    listener->sleeping = false;
    listener->rousers++;
    return true;
}

void fake_listener_rouse(struct fake_listener *listener)
{
    struct fake_topic *topic = listener->topic;

    pthread_cond_signal(&listener->arrived);
    pthread_mutex_lock(&topic->lock);
    /* Who closes it waits for that. */
    if (--listener->rousers == 0 && !listener->queue)
        pthread_cond_broadcast(&listener->arrived);
    pthread_mutex_unlock(&topic->lock);
}

void fake_listener_wake(struct fake_listener *listener)
{
    pthread_mutex_lock(&listener->topic->lock);
    listener->woken = true;
    fake_listener_signal(listener);
    pthread_mutex_unlock(&listener->topic->lock);
}

/* With the lock held. What waited for any server is older than what has been dealt out. */
static size_t take(struct fake_listener *listener, struct ostler_incoming **incoming, size_t max)
{
    struct fake_topic *topic = listener->topic;

    if (!listener->queue)
        return fake_ring_take(&listener->rest, incoming, max);
    size_t taken = fake_ring_take(&topic->backlog, incoming, max);
    taken += fake_ring_take(&listener->queue->ring, incoming + taken, max - taken);
    if (taken && topic->waiting)
        pthread_cond_broadcast(&topic->room);
    return taken;
}

/* Waits until something can be taken, and takes it. */
static size_t wait_and_take(struct fake_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                            size_t max)
{
    struct fake_topic *topic = listener->topic;
    size_t taken;

    pthread_mutex_lock(&topic->lock);
    while ((taken = take(listener, incoming, max)) == 0 && listener->queue && !listener->woken &&
           deadline != OSTLER_AT_ONCE && (deadline == OSTLER_NEVER || ostler_now() < deadline)) {
        listener->sleeping = true;
        ostler_cond_wait(&listener->arrived, &topic->lock, deadline);
        listener->sleeping = false;
    }
    /* A wake ends a poll that has nothing: kept if this one has, as all of it may turn out to have expired. */
    if (taken == 0)
        listener->woken = false;
    pthread_mutex_unlock(&topic->lock);
    return taken;
}

/* Frees those whose callers have given up; returns how many are left, at the front. */
static size_t drop_expired(struct ostler_incoming **incoming, size_t count)
{
    ostler_time now = 0;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (incoming[i]->deadline != OSTLER_NEVER) {
            if (now == 0)
                now = ostler_now();
            if (incoming[i]->deadline <= now) {
                fake_message_free((struct fake_message *)incoming[i]);
                continue;
            }
        }
        incoming[kept++] = incoming[i];
    }
    return kept;
}

size_t fake_listener_poll(struct fake_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                          size_t max)
{
    size_t taken, kept;

    do {
        taken = wait_and_take(listener, deadline, incoming, max);
        kept = drop_expired(incoming, taken);
    } while (taken != 0 && kept == 0);
    return kept;
}
