/* SPDX-License-Identifier: Apache-2.0 */
#include "drain.h"

#include <ostler/thread.h>

#include <stdlib.h>
#include <utlist.h>

struct drained {
    const struct hosted_kind *kind;
    void *running;
    struct drained *next;
};

struct drain {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something was added, or the last is gone, or it is to end */
    struct drained *first;
    size_t left; /* in the list, or being waited for */
    bool running;
    bool ending;
    pthread_t thread;
};

static void *drain_main(void *arg)
{
    struct drain *drain = arg;

    pthread_mutex_lock(&drain->lock);
    for (;;) {
        struct drained *item = drain->first;
        if (!item) {
            if (drain->ending)
                break;
            pthread_cond_wait(&drain->changed, &drain->lock);
            continue;
        }
        LL_DELETE(drain->first, item);
        pthread_mutex_unlock(&drain->lock);
        item->kind->free(item->running);
        free(item);
        pthread_mutex_lock(&drain->lock);
        if (--drain->left == 0)
            pthread_cond_broadcast(&drain->changed);
    }
    pthread_mutex_unlock(&drain->lock);
    return NULL;
}

struct drain *drain_new(void)
{
    struct drain *drain = calloc(1, sizeof *drain);

    if (!drain)
        return NULL;
    pthread_mutex_init(&drain->lock, NULL);
    ostler_cond_init(&drain->changed);
    return drain;
}

void drain_add(struct drain *drain, const struct hosted_kind *kind, void *running)
{
    struct drained *item = malloc(sizeof *item);

    pthread_mutex_lock(&drain->lock);
    if (item && !drain->running)
        drain->running = ostler_thread_start(&drain->thread, "ostlerd-drain", drain_main, drain, NULL) == OSTLER_OK;
    if (item && drain->running) {
        item->kind = kind;
        item->running = running;
        LL_APPEND(drain->first, item);
        drain->left++;
        pthread_cond_broadcast(&drain->changed);
        running = NULL;
        item = NULL;
    }
    pthread_mutex_unlock(&drain->lock);
    free(item);
    if (running)
        kind->free(running);
}

size_t drain_left(struct drain *drain)
{
    pthread_mutex_lock(&drain->lock);
    size_t left = drain->left;
    pthread_mutex_unlock(&drain->lock);
    return left;
}

bool drain_wait(struct drain *drain, ostler_time deadline)
{
    bool in_time = true;

    pthread_mutex_lock(&drain->lock);
    while (drain->left > 0 && in_time)
        in_time = ostler_cond_wait(&drain->changed, &drain->lock, deadline);
    bool ended = drain->left == 0;
    pthread_mutex_unlock(&drain->lock);
    return ended;
}

void drain_free(struct drain *drain)
{
    if (!drain)
        return;
    pthread_mutex_lock(&drain->lock);
    drain->ending = true;
    pthread_cond_broadcast(&drain->changed);
    bool running = drain->running;
    pthread_mutex_unlock(&drain->lock);
    if (running)
        pthread_join(drain->thread, NULL);
    pthread_cond_destroy(&drain->changed);
    pthread_mutex_destroy(&drain->lock);
    free(drain);
}
