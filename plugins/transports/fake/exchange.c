/* SPDX-License-Identifier: Apache-2.0 */
/* Names are short, and come from this process. */
#define HASH_FUNCTION HASH_FNV
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

/* A topic with users is in the map; one without may be freed by whoever holds the lock for writing. */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER; /* guards the two below */
static struct fake_topic *topics;
static size_t transports;

static atomic_size_t queues;

void fake_exchanges_count(int change)
{
    if (change > 0)
        atomic_fetch_add_explicit(&queues, 1, memory_order_relaxed);
    else
        atomic_fetch_sub_explicit(&queues, 1, memory_order_relaxed);
}

bool fake_exchanges_have_room(size_t max_queues)
{
    return atomic_load_explicit(&queues, memory_order_relaxed) < max_queues;
}

/* --- With the lock held for writing ------------------------------------------------------------------------------- */

static void remove_topic(struct fake_topic *topic)
{
    HASH_DEL(topics, topic);
    fake_topic_free(topic);
    fake_exchanges_count(-1);
}

static struct fake_topic *add_topic(const char *key, size_t key_size)
{
    struct fake_topic *topic = fake_topic_new(key, key_size);

    if (!topic)
        return NULL;
    HASH_ADD_KEYPTR(hh, topics, topic->key, key_size, topic);
    if (!topic->hh.tbl) {
        fake_topic_free(topic);
        return NULL;
    }
    fake_exchanges_count(+1);
    return topic;
}

static void sweep_all(const struct fake_replies *closed)
{
    struct fake_topic *topic, *next;
    ostler_time now = ostler_now();

    HASH_ITER (hh, topics, topic, next) {
        fake_topic_sweep(topic, now, closed);
        if (atomic_load(&topic->users) == 0 && fake_topic_is_idle(topic))
            remove_topic(topic);
    }
}

/* --- Transports --------------------------------------------------------------------------------------------------- */

void fake_exchanges_open(void)
{
    pthread_rwlock_wrlock(&lock);
    transports++;
    pthread_rwlock_unlock(&lock);
}

void fake_exchanges_close(const struct fake_replies *replies)
{
    struct fake_topic *topic, *next;

    pthread_rwlock_wrlock(&lock);
    sweep_all(replies);
    if (--transports == 0) {
        HASH_ITER (hh, topics, topic, next) {
            remove_topic(topic);
        }
    }
    pthread_rwlock_unlock(&lock);
}

/* --- Topics ------------------------------------------------------------------------------------------------------- */

enum { KEY_MAX = 2 * (OSTLER_NAME_MAX + 1) };

/* Returns the size, 0 if a name is too long. */
static size_t make_key(const struct ostler_target *target, char key[KEY_MAX])
{
    size_t exchange = strlen(target->exchange);
    size_t topic = strlen(target->topic);

    if (exchange > OSTLER_NAME_MAX || topic > OSTLER_NAME_MAX ||
        (target->server && strlen(target->server) > OSTLER_NAME_MAX))
        return 0;
    memcpy(key, target->exchange, exchange + 1);
    memcpy(key + exchange + 1, target->topic, topic + 1);
    return exchange + topic + 2;
}

/* With the lock held, in either way. */
static struct fake_topic *find_and_use(const char *key, size_t key_size)
{
    struct fake_topic *topic;

    HASH_FIND(hh, topics, key, key_size, topic);
    if (topic)
        atomic_fetch_add_explicit(&topic->users, 1, memory_order_relaxed);
    return topic;
}

static enum ostler_status make_and_use(const char *key, size_t key_size, size_t max_queues, struct fake_topic **topic,
                                       struct ostler_error *error)
{
    struct fake_topic *found = find_and_use(key, key_size);

    if (!found && !fake_exchanges_have_room(max_queues))
        sweep_all(NULL);
    if (!found && !fake_exchanges_have_room(max_queues))
        return ostler_error_set(error, OSTLER_E_DELIVERY,
                                "topic %s has no server, and there are %zu queues already (option max_queues)",
                                key + strlen(key) + 1, max_queues);
    if (!found) {
        found = add_topic(key, key_size);
        if (!found)
            return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a topic");
        atomic_fetch_add_explicit(&found->users, 1, memory_order_relaxed);
    }
    *topic = found;
    return OSTLER_OK;
}

enum ostler_status fake_exchanges_get(const struct ostler_target *target, size_t max_queues, struct fake_topic **topic,
                                      struct ostler_error *error)
{
    char key[KEY_MAX];
    size_t key_size = make_key(target, key);
    enum ostler_status status = OSTLER_OK;

    if (key_size == 0)
        return ostler_error_set(error, OSTLER_E_TARGET, "an exchange, topic or server name has more than %d bytes",
                                OSTLER_NAME_MAX);
    pthread_rwlock_rdlock(&lock);
    struct fake_topic *found = find_and_use(key, key_size);
    pthread_rwlock_unlock(&lock);

    if (!found) {
        pthread_rwlock_wrlock(&lock);
        status = make_and_use(key, key_size, max_queues, &found, error);
        pthread_rwlock_unlock(&lock);
    }
    if (status == OSTLER_OK)
        *topic = found;
    return status;
}

void fake_exchanges_put(struct fake_topic *topic)
{
    unsigned users = atomic_load_explicit(&topic->users, memory_order_relaxed);
    char key[KEY_MAX];
    size_t key_size = topic->key_size;
    struct fake_topic *found;

    while (users > 1)
        if (atomic_compare_exchange_weak_explicit(&topic->users, &users, users - 1, memory_order_acq_rel,
                                                  memory_order_relaxed))
            return;
    /* Once it has no user the topic may be gone: it is looked up again. */
    memcpy(key, topic->key, key_size);
    if (atomic_fetch_sub_explicit(&topic->users, 1, memory_order_acq_rel) != 1)
        return;
    pthread_rwlock_wrlock(&lock);
    HASH_FIND(hh, topics, key, key_size, found);
    if (found && atomic_load(&found->users) == 0 && fake_topic_is_idle(found))
        remove_topic(found);
    pthread_rwlock_unlock(&lock);
}

void fake_exchanges_totals(size_t *topic_count, size_t *servers, size_t *waiting)
{
    struct fake_topic *topic, *next;

    *topic_count = *servers = *waiting = 0;
    pthread_rwlock_rdlock(&lock);
    HASH_ITER (hh, topics, topic, next) {
        ++*topic_count;
        *servers += fake_topic_servers(topic);
        *waiting += fake_topic_waiting(topic);
    }
    pthread_rwlock_unlock(&lock);
}
