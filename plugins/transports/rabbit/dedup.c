/* SPDX-License-Identifier: Apache-2.0 */
#include "dedup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { REMEMBERED = 16, LONGEST = 64 };

struct dedup {
    atomic_int references;
    pthread_mutex_t lock;
    char ids[REMEMBERED][LONGEST];
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

bool dedup_seen(struct dedup *dedup, const char *unique_id)
{
    bool seen = false;

    /* Ids of other lengths are nobody's we know. */
    if (!unique_id || !unique_id[0] || strlen(unique_id) >= LONGEST)
        return false;
    pthread_mutex_lock(&dedup->lock);
    for (unsigned i = 0; i < REMEMBERED && !seen; i++)
        seen = strcmp(dedup->ids[i], unique_id) == 0;
    if (!seen)
        strcpy(dedup->ids[dedup->next++ % REMEMBERED], unique_id);
    pthread_mutex_unlock(&dedup->lock);
    return seen;
}
