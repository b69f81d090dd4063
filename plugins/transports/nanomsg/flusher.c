/* SPDX-License-Identifier: Apache-2.0 */
#include "flusher.h"

#include "threads.h"

#include <ostler/thread.h>

#define TICK_NS (INT64_C(1000) * 1000)
/* What was put in after the last tick but one is due. */
#define HELD_NS (TICK_NS / 2)
/* Ticks with nothing held after which it sleeps. */
enum { QUIET_TICKS = 3 };

void flusher_init(struct flusher *flusher, flush_fn flush, void *user)
{
    *flusher = (struct flusher){.flush = flush, .user = user};
    pthread_mutex_init(&flusher->lock, NULL);
    ostler_cond_init(&flusher->changed);
}

/* The lock is held, and let go meanwhile. */
static bool flush(struct flusher *flusher, ostler_time age)
{
    pthread_mutex_unlock(&flusher->lock);
    bool held = flusher->flush(flusher->user, ostler_now() - age);
    pthread_mutex_lock(&flusher->lock);
    return held;
}

static void *flusher_main(void *argument)
{
    struct flusher *flusher = argument;
    unsigned quiet = 0;

    pthread_mutex_lock(&flusher->lock);
    while (!flusher->ending) {
        if (!atomic_load(&flusher->watching)) {
            pthread_cond_wait(&flusher->changed, &flusher->lock);
            continue;
        }
        ostler_cond_wait(&flusher->changed, &flusher->lock, ostler_now() + TICK_NS);
        quiet = flush(flusher, HELD_NS) ? 0 : quiet + 1;
        if (quiet < QUIET_TICKS)
            continue;
        quiet = 0;
        atomic_store(&flusher->watching, false);
        /* Who found it watching has put something in before: look once more. */
        if (flush(flusher, HELD_NS))
            atomic_store(&flusher->watching, true);
    }
    pthread_mutex_unlock(&flusher->lock);
    return NULL;
}

bool flusher_watch(struct flusher *flusher)
{
    if (atomic_load(&flusher->watching))
        return true;
    pthread_mutex_lock(&flusher->lock);
    if (!flusher->started && !flusher->ending)
        flusher->started = threads_start(&flusher->thread, "nanomsg-flusher", flusher_main, flusher);
    bool watched = flusher->started && !flusher->ending;
    if (watched) {
        atomic_store(&flusher->watching, true);
        pthread_cond_signal(&flusher->changed);
    }
    pthread_mutex_unlock(&flusher->lock);
    return watched;
}

void flusher_end(struct flusher *flusher)
{
    pthread_mutex_lock(&flusher->lock);
    flusher->ending = true;
    atomic_store(&flusher->watching, false);
    pthread_cond_signal(&flusher->changed);
    bool started = flusher->started;
    pthread_mutex_unlock(&flusher->lock);
    if (started)
        pthread_join(flusher->thread, NULL);
    pthread_cond_destroy(&flusher->changed);
    pthread_mutex_destroy(&flusher->lock);
}
