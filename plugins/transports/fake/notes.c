/* SPDX-License-Identifier: Apache-2.0 */
#include "notes.h"
#include "exchange.h"

#include <ostler/log.h>
#include <ostler/thread.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* Bytes of a notification that are packed without asking for memory. */
enum { SMALL = 1024 };

/* One lock for all: what it guards is a few pointers each time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A notification in a queue, or in the hands of a listener. */
struct note {
    struct fake_incoming base; /* first */
    struct queue *queue;       /* where it came from; lives until the last transport closes */
    uint64_t number;           /* its place there */
    bool settled;
    struct note *prev, *next;
    char packed[]; /* the notification and its context */
};

/* What was sent to one exchange, topic and priority, once for each pool that listens to it and once for those without. */
struct queue {
    struct note *notes; /* oldest first */
    size_t count;
    uint64_t numbers; /* notes so far */
    bool said_dropped;
    UT_hash_handle hh;
    size_t route_size; /* of the beginning of `key` */
    size_t key_size;
    char key[]; /* "EXCHANGE\0TOPIC.PRIORITY\0", the route, then "POOL\0" */
};

struct fake_subscriber {
    pthread_cond_t arrived;
    bool woken;
    bool stopped;
    size_t queue_count;
    size_t turn; /* the queue that is looked at first */
    struct fake_subscriber *prev, *next;
    struct queue *queues[];
};

/* Guarded by the lock. */
static struct queue *queues;
static struct fake_subscriber *subscribers;
static size_t transports;
static unsigned senders_waiting;
static pthread_cond_t room; /* of CLOCK_MONOTONIC: set up with the first transport */

/* --- Queues; with the lock held ----------------------------------------------------------------------------------- */

enum { KEY_MAX = 4 * (OSTLER_NAME_MAX + 1) };

/* Writes the key and sets *route_size; returns its size, 0 if a name is too long. */
static size_t make_key(const char *exchange, const char *topic, const char *priority, const char *pool,
                       char key[KEY_MAX], size_t *route_size)
{
    if (strlen(exchange) > OSTLER_NAME_MAX || strlen(topic) > OSTLER_NAME_MAX || strlen(priority) > OSTLER_NAME_MAX ||
        (pool && strlen(pool) > OSTLER_NAME_MAX))
        return 0;
    char *end = stpcpy(key, exchange) + 1;
    end = stpcpy(stpcpy(stpcpy(end, topic), "."), priority) + 1;
    *route_size = (size_t)(end - key);
    end = stpcpy(end, pool ? pool : "") + 1;
    return (size_t)(end - key);
}

static enum ostler_status name_too_long(struct ostler_error *error)
{
    return ostler_error_set(error, OSTLER_E_TARGET, "an exchange, topic or pool has more than %d bytes",
                            OSTLER_NAME_MAX);
}

static struct queue *make_queue(const char *key, size_t key_size, size_t route_size)
{
    struct queue *queue = calloc(1, sizeof *queue + key_size);

    if (!queue)
        return NULL;
    memcpy(queue->key, key, key_size);
    queue->key_size = key_size;
    queue->route_size = route_size;
    HASH_ADD_KEYPTR(hh, queues, queue->key, key_size, queue);
    if (!queue->hh.tbl) {
        free(queue);
        return NULL;
    }
    fake_exchanges_count(+1);
    return queue;
}

static enum ostler_status need_queue(const char *key, size_t key_size, size_t route_size, size_t max_queues,
                                     struct queue **queue, struct ostler_error *error)
{
    HASH_FIND(hh, queues, key, key_size, *queue);
    if (*queue)
        return OSTLER_OK;
    if (!fake_exchanges_have_room(max_queues))
        return ostler_error_set(error, OSTLER_E_DELIVERY, "there are %zu queues already (option max_queues)",
                                max_queues);
    *queue = make_queue(key, key_size, route_size);
    return *queue ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a queue");
}

static bool takes_from(const struct fake_subscriber *subscriber, const struct queue *queue)
{
    for (size_t i = 0; i < subscriber->queue_count; i++)
        if (subscriber->queues[i] == queue)
            return true;
    return false;
}

static void signal_subscribers(const struct queue *queue)
{
    struct fake_subscriber *subscriber;

    DL_FOREACH (subscribers, subscriber)
        if (takes_from(subscriber, queue))
            pthread_cond_signal(&subscriber->arrived);
}

/* Takes back what was unpacked of it. */
static void shut_note(struct note *note)
{
    struct ostler_incoming *incoming = &note->base.incoming;

    json_object_put(incoming->message.context);
    json_object_put(incoming->notification);
    incoming->message.context = incoming->notification = NULL;
}

static void free_note(struct note *note)
{
    shut_note(note);
    free(note);
}

/* --- Transports --------------------------------------------------------------------------------------------------- */

void fake_notes_open(void)
{
    pthread_mutex_lock(&lock);
    if (transports++ == 0)
        ostler_cond_init(&room);
    pthread_mutex_unlock(&lock);
}

static void remove_queue(struct queue *queue)
{
    struct note *note, *next;

    DL_FOREACH_SAFE (queue->notes, note, next)
        free_note(note);
    HASH_DEL(queues, queue);
    free(queue);
    fake_exchanges_count(-1);
}

void fake_notes_close(void)
{
    struct queue *queue, *next;

    pthread_mutex_lock(&lock);
    if (--transports == 0) {
        HASH_ITER (hh, queues, queue, next) {
            remove_queue(queue);
        }
        pthread_cond_destroy(&room);
    }
    pthread_mutex_unlock(&lock);
}

size_t fake_notes_waiting(void)
{
    struct queue *queue, *next;
    size_t count = 0;

    pthread_mutex_lock(&lock);
    HASH_ITER (hh, queues, queue, next) {
        count += queue->count;
    }
    pthread_mutex_unlock(&lock);
    return count;
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

static struct note *make_note(const struct fake_packed *packed)
{
    struct note *note = calloc(1, sizeof *note + packed->length);

    if (!note)
        return NULL;
    note->base.incoming.deadline = OSTLER_NEVER;
    note->base.is_note = true;
    memcpy(note->packed, packed->bytes, packed->length);
    return note;
}

static void free_notes(struct note *notes)
{
    struct note *note, *next;

    DL_FOREACH_SAFE (notes, note, next)
        free_note(note);
}

/* Adds copies until there are `count`. */
static enum ostler_status make_notes(const struct fake_packed *packed, size_t count, struct note **notes, size_t *made,
                                     struct ostler_error *error)
{
    for (; *made < count; ++*made) {
        struct note *note = make_note(packed);
        if (!note)
            return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notification");
        DL_APPEND(*notes, note);
    }
    return OSTLER_OK;
}

static bool is_on_route(const struct queue *queue, const struct queue *first)
{
    return queue->route_size == first->route_size && memcmp(queue->key, first->key, first->route_size) == 0;
}

/* The queue without a pool of a route on which only pools listen: nobody may ever read it. */
static bool is_forsaken(const struct queue *queue)
{
    const struct fake_subscriber *subscriber;

    if (queue->key_size > queue->route_size + 1)
        return false;
    DL_FOREACH (subscribers, subscriber)
        if (takes_from(subscriber, queue))
            return false;
    return true;
}

/* With the lock held: how many queues are on the route of `first`, and whether all have room, a forsaken one beside others
 * left out. */
static size_t look_at_route(const struct queue *first, size_t queue_size, bool *has_room)
{
    struct queue *queue, *next;
    size_t count = 0, full = 0, forsaken = 0;

    HASH_ITER (hh, queues, queue, next) {
        if (!is_on_route(queue, first))
            continue;
        count++;
        if (queue->count < queue_size)
            continue;
        full++;
        forsaken += is_forsaken(queue);
    }
    *has_room = full == 0 || (full == forsaken && count > 1);
    return count;
}

static void drop_oldest(struct queue *queue)
{
    struct note *note = queue->notes;

    if (!queue->said_dropped)
        ostler_log(OSTLER_LOG_WARNING, "fake",
                   "%s: only pools listen; the oldest notifications kept for those without one "
                   "are dropped",
                   queue->key + strlen(queue->key) + 1);
    queue->said_dropped = true;
    DL_DELETE(queue->notes, note);
    queue->count--;
    free_note(note);
}

/* With the lock held: one note into each queue of the route. */
static void put_notes(const struct queue *first, size_t queue_size, struct note **notes)
{
    struct queue *queue, *next;

    HASH_ITER (hh, queues, queue, next) {
        if (!is_on_route(queue, first))
            continue;
        struct note *note = *notes;
        DL_DELETE(*notes, note);
        note->queue = queue;
        note->number = queue->numbers++;
        if (queue->count >= queue_size)
            drop_oldest(queue);
        DL_APPEND(queue->notes, note);
        queue->count++;
        signal_subscribers(queue);
    }
}

/* With the lock held: OSTLER_OK to try again. */
static enum ostler_status wait_for_room(const struct ostler_outgoing_notification *notification, size_t queue_size,
                                        struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    if (notification->deadline == OSTLER_AT_ONCE)
        status = OSTLER_E_BUSY;
    else if (notification->retry == 0)
        status = OSTLER_E_DELIVERY;
    else if (notification->deadline <= ostler_now())
        status = OSTLER_E_TIMEOUT;
    if (status != OSTLER_OK)
        return ostler_error_set(error, status, "%s.%s: %zu notifications wait in a queue that holds no more",
                                notification->topic, notification->priority, queue_size);
    senders_waiting++;
    ostler_cond_wait(&room, &lock, notification->deadline);
    senders_waiting--;
    return OSTLER_OK;
}

/* One copy for each queue. They are made without the lock; pools may come meanwhile: then more are made. */
static enum ostler_status send_copies(const struct ostler_outgoing_notification *notification,
                                      const struct fake_limits *limits, const struct fake_packed *packed,
                                      struct ostler_error *error)
{
    struct note *notes = NULL;
    struct queue *first = NULL;
    size_t made = 0, wanted = 1, route_size;
    char key[KEY_MAX];
    bool done = false;
    size_t key_size =
        make_key(notification->exchange, notification->topic, notification->priority, NULL, key, &route_size);
    enum ostler_status status = key_size ? OSTLER_OK : name_too_long(error);

    while (status == OSTLER_OK && !done) {
        status = make_notes(packed, wanted, &notes, &made, error);
        if (status != OSTLER_OK)
            break;
        bool has_room = false;
        pthread_mutex_lock(&lock);
        status = need_queue(key, key_size, route_size, limits->max_queues, &first, error);
        if (status == OSTLER_OK)
            wanted = look_at_route(first, limits->queue_size, &has_room);
        if (status == OSTLER_OK && !has_room)
            status = wait_for_room(notification, limits->queue_size, error);
        done = has_room && wanted <= made;
        if (done)
            put_notes(first, limits->queue_size, &notes);
        pthread_mutex_unlock(&lock);
    }
    free_notes(notes);
    return status;
}

enum ostler_status fake_notes_notify(const struct ostler_outgoing_notification *notification,
                                     const struct fake_limits *limits, struct ostler_error *error)
{
    char small[SMALL];
    struct fake_packed packed;

    fake_packed_init(&packed, small, sizeof small);
    enum ostler_status status = fake_pack(&packed, notification->message, error);
    if (status == OSTLER_OK)
        status = fake_pack_members(&packed, notification->context, error);
    if (status == OSTLER_OK)
        status = send_copies(notification, limits, &packed, error);
    fake_packed_clear(&packed);
    return status;
}

/* --- Listening ---------------------------------------------------------------------------------------------------- */

static enum ostler_status find_queues(struct fake_subscriber *subscriber,
                                      const struct ostler_subscription *subscription, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < subscription->count && status == OSTLER_OK; i++) {
        const struct ostler_subscribed *wanted = &subscription->subscribed[i];
        char key[KEY_MAX];
        size_t route_size;
        size_t key_size =
            make_key(wanted->exchange, wanted->topic, wanted->priority, subscription->pool, key, &route_size);
        if (key_size == 0)
            return name_too_long(error);
        /* A listener counts for itself: the ceiling is for queues that senders leave behind. */
        status = need_queue(key, key_size, route_size, SIZE_MAX, &subscriber->queues[i], error);
        subscriber->queue_count += status == OSTLER_OK;
    }
    return status;
}

enum ostler_status fake_subscriber_open(const struct ostler_subscription *subscription,
                                        struct fake_subscriber **subscriber, struct ostler_error *error)
{
    struct fake_subscriber *made = calloc(1, sizeof *made + subscription->count * sizeof made->queues[0]);

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a listener");
    ostler_cond_init(&made->arrived);
    pthread_mutex_lock(&lock);
    enum ostler_status status = find_queues(made, subscription, error);
    if (status == OSTLER_OK)
        DL_APPEND(subscribers, made);
    pthread_mutex_unlock(&lock);
    if (status == OSTLER_OK)
        *subscriber = made;
    else
        fake_subscriber_close(made);
    return status;
}

/* With the lock held: in turn from each queue, so that none waits for another. */
static size_t take(struct fake_subscriber *subscriber, struct ostler_incoming **incoming, size_t max)
{
    size_t taken = 0, empty = 0;

    while (!subscriber->stopped && taken < max && empty < subscriber->queue_count) {
        struct queue *queue = subscriber->queues[subscriber->turn];
        struct note *note = queue->notes;
        subscriber->turn = (subscriber->turn + 1) % subscriber->queue_count;
        empty = note ? 0 : empty + 1;
        if (!note)
            continue;
        DL_DELETE(queue->notes, note);
        queue->count--;
        incoming[taken++] = &note->base.incoming;
    }
    if (taken && senders_waiting)
        pthread_cond_broadcast(&room);
    return taken;
}

size_t fake_subscriber_poll(struct fake_subscriber *subscriber, ostler_time deadline, struct ostler_incoming **incoming,
                            size_t max)
{
    size_t taken;

    pthread_mutex_lock(&lock);
    while ((taken = take(subscriber, incoming, max)) == 0 && !subscriber->stopped && !subscriber->woken &&
           deadline != OSTLER_AT_ONCE && (deadline == OSTLER_NEVER || ostler_now() < deadline))
        ostler_cond_wait(&subscriber->arrived, &lock, deadline);
    if (taken == 0)
        subscriber->woken = false;
    pthread_mutex_unlock(&lock);
    return taken;
}

void fake_subscriber_wake(struct fake_subscriber *subscriber)
{
    pthread_mutex_lock(&lock);
    subscriber->woken = true;
    pthread_cond_signal(&subscriber->arrived);
    pthread_mutex_unlock(&lock);
}

/* What waits stays in its queue. */
void fake_subscriber_stop(struct fake_subscriber *subscriber)
{
    pthread_mutex_lock(&lock);
    subscriber->stopped = true;
    DL_DELETE(subscribers, subscriber);
    pthread_cond_signal(&subscriber->arrived);
    pthread_mutex_unlock(&lock);
}

void fake_subscriber_close(struct fake_subscriber *subscriber)
{
    pthread_cond_destroy(&subscriber->arrived);
    free(subscriber);
}

enum ostler_status fake_note_open(struct ostler_incoming *incoming, struct ostler_error *error)
{
    const char *at = ((struct note *)incoming)->packed;

    if (fake_unpack(&at, &incoming->notification) && fake_unpack(&at, &incoming->message.context))
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notification");
}

/* --- After the work ----------------------------------------------------------------------------------------------- */

enum ostler_status fake_notes_settle(struct ostler_incoming *incoming, enum ostler_settlement settlement)
{
    struct note *note = (struct note *)incoming;

    note->settled = settlement == OSTLER_SETTLE_HANDLED;
    return OSTLER_OK;
}

/* To its place; beyond the queue's size if it must be, as it was taken from there. */
static void put_back(struct note *note)
{
    struct note *later;

    shut_note(note);
    pthread_mutex_lock(&lock);
    DL_FOREACH (note->queue->notes, later)
        if (later->number > note->number)
            break;
    if (later)
        DL_PREPEND_ELEM(note->queue->notes, later, note);
    else
        DL_APPEND(note->queue->notes, note);
    note->queue->count++;
    signal_subscribers(note->queue);
    pthread_mutex_unlock(&lock);
}

void fake_note_free(struct ostler_incoming *incoming)
{
    struct note *note = (struct note *)incoming;

    if (note->settled)
        free_note(note);
    else
        put_back(note);
}
