/* SPDX-License-Identifier: Apache-2.0 */
#include "dedup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { REMEMBERED = 16 };

struct dedup {
    atomic_int references;
    pthread_mutex_t lock;
    char ids[REMEMBERED][DEDUP_ID_SIZE];
    unsigned next;
};

struct dedup *dedup_new(void)
{
    struct dedup *dedup = calloc(1, sizeof *dedup);

    if (!dedup)
        return NULL;
    atomic_init(&dedup->references, 1);
    pthread_mutex_init(&dedup->lock, NULL);
    return dedup;
}

struct dedup *dedup_ref(struct dedup *dedup)
{
    atomic_fetch_add_explicit(&dedup->references, 1, memory_order_relaxed);
    return dedup;
}

void dedup_unref(struct dedup *dedup)
{
    if (!dedup || atomic_fetch_sub_explicit(&dedup->references, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&dedup->lock);
    free(dedup);
}

static bool is_id(const char *unique_id)
{
    return unique_id && unique_id[0] && strlen(unique_id) < DEDUP_ID_SIZE;
}

/* With the lock held. */
static bool knows(const struct dedup *dedup, const char *unique_id)
{
    for (unsigned i = 0; i < REMEMBERED; i++)
        if (strcmp(dedup->ids[i], unique_id) == 0)
            return true;
    return false;
}

static void remember(struct dedup *dedup, const char *unique_id)
{
    strcpy(dedup->ids[dedup->next++ % REMEMBERED], unique_id);
}

bool dedup_seen(struct dedup *dedup, const char *unique_id)
{
    if (!is_id(unique_id))
        return false;
    pthread_mutex_lock(&dedup->lock);
    bool seen = knows(dedup, unique_id);
    if (!seen)
        remember(dedup, unique_id);
    pthread_mutex_unlock(&dedup->lock);
    return seen;
}

bool dedup_knows(struct dedup *dedup, const char *unique_id)
{
    if (!is_id(unique_id))
        return false;
    pthread_mutex_lock(&dedup->lock);
    bool seen = knows(dedup, unique_id);
    pthread_mutex_unlock(&dedup->lock);
    return seen;
}

void dedup_remember(struct dedup *dedup, const char *unique_id)
{
    if (!is_id(unique_id))
        return;
    pthread_mutex_lock(&dedup->lock);
    if (!knows(dedup, unique_id))
        remember(dedup, unique_id);
    pthread_mutex_unlock(&dedup->lock);
}
