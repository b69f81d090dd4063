/* SPDX-License-Identifier: Apache-2.0 */
#include "dedup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* More than a sender has under way unconfirmed, all of which it sends again after its connection was lost. */
enum { REMEMBERED = 2048, NONE = UINT16_MAX };

/* A ring of the last ids, each by 64 bits of it: that two of so few are alike does not happen. Found by the lowest of
 * these bits; what is overwritten is taken out of its chain. */
struct dedup {
    atomic_int references;
    pthread_mutex_t lock;
    unsigned next, count;
    uint64_t marks[REMEMBERED];
    uint16_t first[REMEMBERED]; /* by bits: where in the ring the chain begins */
    uint16_t after[REMEMBERED]; /* by place: the next one in its chain */
};

struct dedup *dedup_new(void)
{
    struct dedup *dedup = calloc(1, sizeof *dedup);

    if (!dedup)
        return NULL;
    atomic_init(&dedup->references, 1);
    pthread_mutex_init(&dedup->lock, NULL);
    memset(dedup->first, 0xff, sizeof dedup->first);
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

/* FNV-1a, with the bits mixed once more. */
static uint64_t mark_of(const char *unique_id)
{
    uint64_t mark = UINT64_C(14695981039346656037);

    for (; *unique_id; unique_id++)
        mark = (mark ^ (unsigned char)*unique_id) * UINT64_C(1099511628211);
    mark ^= mark >> 32;
    mark *= UINT64_C(0xd6e8feb86659fd93);
    return mark ^ mark >> 32;
}

/* --- With the lock held ------------------------------------------------------------------------------------------- */

static bool knows(const struct dedup *dedup, uint64_t mark)
{
    for (uint16_t at = dedup->first[mark % REMEMBERED]; at != NONE; at = dedup->after[at])
        if (dedup->marks[at] == mark)
            return true;
    return false;
}

static void forget(struct dedup *dedup, uint16_t place)
{
    uint16_t *at = &dedup->first[dedup->marks[place] % REMEMBERED];

    while (*at != place)
        at = &dedup->after[*at];
    *at = dedup->after[place];
}

static void remember(struct dedup *dedup, uint64_t mark)
{
    uint16_t place = (uint16_t)dedup->next, *first = &dedup->first[mark % REMEMBERED];

    if (dedup->count == REMEMBERED)
        forget(dedup, place);
    else
        dedup->count++;
    dedup->marks[place] = mark;
    dedup->after[place] = *first;
    *first = place;
    dedup->next = (dedup->next + 1) % REMEMBERED;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool dedup_seen(struct dedup *dedup, const char *unique_id)
{
    if (!is_id(unique_id))
        return false;
    uint64_t mark = mark_of(unique_id);
    pthread_mutex_lock(&dedup->lock);
    bool seen = knows(dedup, mark);
    if (!seen)
        remember(dedup, mark);
    pthread_mutex_unlock(&dedup->lock);
    return seen;
}

bool dedup_knows(struct dedup *dedup, const char *unique_id)
{
    if (!is_id(unique_id))
        return false;
    uint64_t mark = mark_of(unique_id);
    pthread_mutex_lock(&dedup->lock);
    bool seen = knows(dedup, mark);
    pthread_mutex_unlock(&dedup->lock);
    return seen;
}

void dedup_remember(struct dedup *dedup, const char *unique_id)
{
    if (!is_id(unique_id))
        return;
    uint64_t mark = mark_of(unique_id);
    pthread_mutex_lock(&dedup->lock);
    if (!knows(dedup, mark))
        remember(dedup, mark);
    pthread_mutex_unlock(&dedup->lock);
}
