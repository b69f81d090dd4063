/* SPDX-License-Identifier: Apache-2.0 */
#include "topic.h"
#include "exchange.h"
#include "listener.h"
#include "lock.h"

#include <ostler/thread.h>

#include <stdlib.h>
#include <string.h>

/* --- Queues ------------------------------------------------------------------------------------------------------- */

static struct fake_queue *find_queue(struct fake_topic *topic, const char *server)
{
    struct fake_queue *queue;

    HASH_FIND_STR(topic->queues, server, queue);
    return queue;
}

static struct fake_queue *make_queue(struct fake_topic *topic, const char *server)
{
    size_t size = strlen(server) + 1;
    struct fake_queue *queue = calloc(1, sizeof *queue + size);

    if (!queue)
        return NULL;
    memcpy(queue->server, server, size);
    fake_ring_init(&queue->ring, sizeof(struct fake_message *));
    HASH_ADD_STR(topic->queues, server, queue);
    if (!queue->hh.tbl) {
        free(queue);
        return NULL;
    }
    fake_exchanges_count(+1);
    return queue;
}

static void ring_free_messages(struct fake_ring *ring)
{
    struct fake_message *message;

    while (fake_ring_take(ring, &message, 1))
        fake_message_free(message);
    fake_ring_fini(ring);
}

static void remove_queue(struct fake_topic *topic, struct fake_queue *queue)
{
    HASH_DEL(topic->queues, queue);
    ring_free_messages(&queue->ring);
    free(queue);
    fake_exchanges_count(-1);
}

/* --- Making, ending, looking ------------------------------------------------------------------------------------- */

struct fake_topic *fake_topic_new(const char *key, size_t key_size)
{
    struct fake_topic *topic = calloc(1, sizeof *topic + key_size);

    if (!topic)
        return NULL;
    atomic_init(&topic->users, 0);
    memcpy(topic->key, key, key_size);
    topic->key_size = key_size;
    topic->next_expiry = OSTLER_NEVER;
    fake_lock_init(&topic->lock);
    ostler_cond_init(&topic->room);
    fake_ring_init(&topic->backlog, sizeof(struct fake_message *));
    return topic;
}

void fake_topic_free(struct fake_topic *topic)
{
    struct fake_queue *queue, *next;

    HASH_ITER (hh, topic->queues, queue, next) {
        remove_queue(topic, queue);
    }
    ring_free_messages(&topic->backlog);
    free(topic->served);
    pthread_cond_destroy(&topic->room);
    pthread_mutex_destroy(&topic->lock);
    free(topic);
}

bool fake_topic_is_idle(struct fake_topic *topic)
{
    pthread_mutex_lock(&topic->lock);
    bool idle = !topic->queues && topic->backlog.count == 0;
    pthread_mutex_unlock(&topic->lock);
    return idle;
}

size_t fake_topic_servers(struct fake_topic *topic)
{
    pthread_mutex_lock(&topic->lock);
    size_t count = topic->served_count;
    pthread_mutex_unlock(&topic->lock);
    return count;
}

size_t fake_topic_waiting(struct fake_topic *topic)
{
    struct fake_queue *queue, *next;

    pthread_mutex_lock(&topic->lock);
    size_t count = topic->backlog.count;
    HASH_ITER (hh, topic->queues, queue, next) {
        count += queue->ring.count;
    }
    pthread_mutex_unlock(&topic->lock);
    return count;
}

/* --- Dropping what nobody waits for ------------------------------------------------------------------------------- */

static void sweep_ring(struct fake_topic *topic, struct fake_ring *ring, ostler_time now,
                       const struct fake_replies *closed)
{
    struct fake_message *message;

    for (size_t left = ring->count; left && fake_ring_take(ring, &message, 1); left--) {
        ostler_time deadline = message->base.incoming.deadline;
        if (deadline <= now || (closed && message->replies == closed)) {
            fake_message_free(message);
            continue;
        }
        if (deadline < topic->next_expiry)
            topic->next_expiry = deadline;
        fake_ring_push(ring, &message); /* there is room: one was taken */
    }
}

static void sweep(struct fake_topic *topic, ostler_time now, const struct fake_replies *closed)
{
    struct fake_queue *queue, *next;

    topic->next_expiry = OSTLER_NEVER;
    sweep_ring(topic, &topic->backlog, now, closed);
    HASH_ITER (hh, topic->queues, queue, next) {
        sweep_ring(topic, &queue->ring, now, closed);
        if (queue->ring.count == 0 && !queue->listener)
            remove_queue(topic, queue);
    }
    if (topic->waiting)
        pthread_cond_broadcast(&topic->room);
}

void fake_topic_sweep(struct fake_topic *topic, ostler_time now, const struct fake_replies *closed)
{
    pthread_mutex_lock(&topic->lock);
    sweep(topic, now, closed);
    pthread_mutex_unlock(&topic->lock);
}

/* --- Putting; the lock is held ------------------------------------------------------------------------------------ */

static enum ostler_status append(struct fake_topic *topic, struct fake_ring *ring, struct fake_message *message,
                                 size_t queue_size)
{
    if (ring->count >= queue_size)
        return OSTLER_E_BUSY;
    if (!fake_ring_push(ring, &message))
        return OSTLER_E_NOMEM;
    if (message->base.incoming.deadline < topic->next_expiry)
        topic->next_expiry = message->base.incoming.deadline;
    return OSTLER_OK;
}

/* To the servers in turn; one whose queue is full is passed over. *taker is whose it is now, to be signalled, or NULL. */
static enum ostler_status place_in_turn(struct fake_topic *topic, struct fake_message *message, size_t queue_size,
                                        struct fake_listener **taker)
{
    enum ostler_status status = OSTLER_E_BUSY;

    *taker = NULL;
    if (topic->served_count == 0)
        return append(topic, &topic->backlog, message, queue_size);
    for (size_t i = 0; i < topic->served_count && status == OSTLER_E_BUSY; i++) {
        size_t index = (topic->turn + i) % topic->served_count;
        status = append(topic, &topic->served[index]->ring, message, queue_size);
        *taker = topic->served[index]->listener;
        if (status == OSTLER_OK)
            topic->turn = (index + 1) % topic->served_count;
    }
    return status;
}

/* *taker is NULL if it does not listen. */
static enum ostler_status place_for_server(struct fake_topic *topic, struct fake_message *message, const char *server,
                                           const struct fake_limits *limits, struct fake_listener **taker,
                                           struct ostler_error *error)
{
    struct fake_queue *queue = find_queue(topic, server);

    if (!queue && !fake_exchanges_have_room(limits->max_queues))
        return ostler_error_set(error, OSTLER_E_DELIVERY,
                                "no server %s listens, and there are %zu queues already (option max_queues)", server,
                                limits->max_queues);
    if (!queue)
        queue = make_queue(topic, server);
    *taker = queue ? queue->listener : NULL;
    return queue ? append(topic, &queue->ring, message, limits->queue_size) : OSTLER_E_NOMEM;
}

static bool is_served(struct fake_topic *topic, const struct ostler_target *target)
{
    struct fake_queue *queue;

    if (target->fanout || !target->server)
        return topic->served_count != 0;
    queue = find_queue(topic, target->server);
    return queue && queue->listener;
}

static enum ostler_status place_in_all(struct fake_topic *topic, struct fake_message **messages, size_t queue_size)
{
    for (size_t i = 0; i < topic->served_count; i++) {
        struct fake_ring *ring = &topic->served[i]->ring;
        if (ring->count >= queue_size)
            return OSTLER_E_BUSY;
        if (!fake_ring_reserve(ring))
            return OSTLER_E_NOMEM;
    }
    for (size_t i = 0; i < topic->served_count; i++) {
        append(topic, &topic->served[i]->ring, messages[i], queue_size);
        fake_listener_signal(topic->served[i]->listener);
    }
    return OSTLER_OK;
}

static enum ostler_status nobody_listens(const struct ostler_target *target, struct ostler_error *error)
{
    bool named = target->server && !target->fanout;

    return ostler_error_set(error, OSTLER_E_UNDELIVERABLE, "no server%s%s listens to topic %s in exchange %s",
                            named ? " " : "", named ? target->server : "", target->topic, target->exchange);
}

/* After a full queue: OSTLER_OK to try again. */
static enum ostler_status wait_for_room(struct fake_topic *topic, const struct ostler_outgoing *outgoing,
                                        size_t queue_size, struct ostler_error *error)
{
    ostler_time now = ostler_now();
    ostler_time until = outgoing->deadline < topic->next_expiry ? outgoing->deadline : topic->next_expiry;

    if (topic->next_expiry <= now) {
        sweep(topic, now, NULL);
        return OSTLER_OK;
    }
    if (outgoing->deadline == OSTLER_AT_ONCE)
        return ostler_error_set(error, OSTLER_E_BUSY, "topic %s: %zu messages wait in a queue that holds no more",
                                outgoing->target.topic, queue_size);
    if (outgoing->retry == 0)
        return ostler_error_set(error, OSTLER_E_DELIVERY, "topic %s: %zu messages wait in a queue that holds no more",
                                outgoing->target.topic, queue_size);
    if (outgoing->deadline <= now)
        return ostler_error_set(error, OSTLER_E_TIMEOUT,
                                "topic %s: no room within the time allowed in a queue of %zu messages",
                                outgoing->target.topic, queue_size);
    topic->waiting++;
    ostler_cond_wait(&topic->room, &topic->lock, until);
    topic->waiting--;
    return OSTLER_OK;
}

/* --- Putting ------------------------------------------------------------------------------------------------------ */

enum ostler_status fake_topic_put(struct fake_topic *topic, struct fake_message *message,
                                  const struct ostler_outgoing *outgoing, const struct fake_limits *limits,
                                  unsigned *receivers, struct ostler_error *error)
{
    const struct ostler_target *target = &outgoing->target;
    struct fake_listener *taker = NULL;
    enum ostler_status status;
    bool served;

    pthread_mutex_lock(&topic->lock);
    do {
        served = is_served(topic, target);
        if (!served && outgoing->at_least_once) {
            status = nobody_listens(target, error);
            break;
        }
        /* Where nobody takes messages, nobody drops what has expired. */
        if (!served && topic->next_expiry != OSTLER_NEVER && topic->next_expiry <= ostler_now())
            sweep(topic, ostler_now(), NULL);
        status = target->server ? place_for_server(topic, message, target->server, limits, &taker, error)
                                : place_in_turn(topic, message, limits->queue_size, &taker);
        if (status == OSTLER_E_NOMEM)
            ostler_error_set(error, status, "no memory to queue a message");
    } while (status == OSTLER_E_BUSY &&
             (status = wait_for_room(topic, outgoing, limits->queue_size, error)) == OSTLER_OK);
    bool rouse = status == OSTLER_OK && taker && fake_listener_must_rouse(taker);
    pthread_mutex_unlock(&topic->lock);

    if (rouse)
        fake_listener_rouse(taker);
    if (status == OSTLER_OK && receivers)
        *receivers = served ? 1 : 0;
    return status;
}

enum ostler_status fake_topic_put_all(struct fake_topic *topic, struct fake_message **messages, size_t count,
                                      const struct ostler_outgoing *outgoing, const struct fake_limits *limits,
                                      unsigned *receivers, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    pthread_mutex_lock(&topic->lock);
    do {
        if (topic->served_count == 0 && outgoing->at_least_once)
            status = nobody_listens(&outgoing->target, error);
        else if (topic->served_count <= count)
            status = place_in_all(topic, messages, limits->queue_size);
        else
            status = OSTLER_OK;
        if (status == OSTLER_E_NOMEM)
            ostler_error_set(error, status, "no memory to queue a message");
        if (status == OSTLER_OK)
            *receivers = (unsigned)topic->served_count;
    } while (status == OSTLER_E_BUSY &&
             (status = wait_for_room(topic, outgoing, limits->queue_size, error)) == OSTLER_OK);
    pthread_mutex_unlock(&topic->lock);
    return status;
}

/* --- Servers that come and go; the lock is held ------------------------------------------------------------------- */

static bool reserve_turn(struct fake_topic *topic)
{
    if (topic->served_count < topic->served_capacity)
        return true;
    size_t capacity = topic->served_capacity ? topic->served_capacity * 2 : 8;
    struct fake_queue **served = realloc(topic->served, capacity * sizeof(struct fake_queue *));
    if (!served)
        return false;
    topic->served = served;
    topic->served_capacity = capacity;
    return true;
}

enum ostler_status fake_topic_attach(struct fake_topic *topic, const char *server, struct fake_listener *listener,
                                     struct fake_queue **queue, struct ostler_error *error)
{
    struct fake_queue *found = find_queue(topic, server);

    if (found && found->listener)
        return ostler_error_set(error, OSTLER_E_LISTEN, "a server %s listens to topic %s already", server,
                                topic->key + strlen(topic->key) + 1);
    if (!reserve_turn(topic) || (!found && !(found = make_queue(topic, server))))
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a server's queue");
    found->listener = listener;
    topic->served[topic->served_count++] = found;
    *queue = found;
    return OSTLER_OK;
}

static void leave_turn(struct fake_topic *topic, struct fake_queue *queue)
{
    size_t index = 0;

    while (topic->served[index] != queue)
        index++;
    topic->served_count--;
    memmove(topic->served + index, topic->served + index + 1,
            (topic->served_count - index) * sizeof(struct fake_queue *));
    if (topic->turn > index)
        topic->turn--;
    if (topic->turn >= topic->served_count)
        topic->turn = 0;
}

void fake_topic_detach(struct fake_topic *topic, struct fake_queue *queue, size_t queue_size, struct fake_ring *rest)
{
    struct fake_listener *taker = NULL;
    struct fake_message *message;

    leave_turn(topic, queue);
    queue->listener = NULL;
    for (size_t left = queue->ring.count; left && fake_ring_take(&queue->ring, &message, 1); left--) {
        if (message->route == FAKE_TO_SERVER && fake_ring_push(&queue->ring, &message))
            continue;
        if (message->route == FAKE_TO_TOPIC && place_in_turn(topic, message, queue_size, &taker) == OSTLER_OK) {
            if (taker)
                fake_listener_signal(taker);
            continue;
        }
        if (!fake_ring_push(rest, &message))
            fake_message_lose(message, "the server stopped before it took the request");
    }
    if (queue->ring.count == 0)
        remove_queue(topic, queue);
    if (topic->waiting)
        pthread_cond_broadcast(&topic->room);
}
