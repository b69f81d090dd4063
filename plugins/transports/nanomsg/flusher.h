/* SPDX-License-Identifier: Apache-2.0 */
/* Sees to it that nothing is held back for long. Whoever holds records back sends them itself as soon as it has no more;
 * but between two of them it runs code that is not ours and may take its time. Then this thread sends them, after a
 * millisecond or two. It is made when it is first needed, and sleeps without a timer while nothing is held. */
#ifndef FLUSHER_H
#define FLUSHER_H

#include <ostler/clock.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Sends what has been held since `before` or longer. Returns whether anything is held still. */
typedef bool (*flush_fn)(void *user, ostler_time before);

struct flusher {
    flush_fn flush;
    void *user;
    atomic_bool watching;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    pthread_t thread;
    bool started, ending;
};

void flusher_init(struct flusher *flusher, flush_fn flush, void *user);

/* To be called after something was held back. False: there is no thread to watch over it, and it must be sent now. Any
 * thread, with any lock held that `flush` does not wait for while this thread is being made. */
bool flusher_watch(struct flusher *flusher);

/* Joins the thread. What is held stays so. */
void flusher_end(struct flusher *flusher);

#endif
