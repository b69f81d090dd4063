/* SPDX-License-Identifier: Apache-2.0 */
/* What endpoints could not handle goes back to its queue after a pause, or an endpoint that never can would be called
 * without end as fast as the machine allows. The pause begins short, doubles while nothing is handled, and ends early when
 * the listener stops. No thread waits for it: who polls looks after it. */
#ifndef NOTIFY_PAUSE_H
#define NOTIFY_PAUSE_H

#include <ostler/driver.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct ostler_listener;
struct paused;

struct pause {
    _Atomic ostler_time length; /* of the next one */
    pthread_mutex_t lock;       /* guards all below */
    struct paused *first;       /* by time */
    size_t count;
    bool closed; /* the listener stops: nothing is held back any more */
};

void pause_init(struct pause *pause);
void pause_fini(struct pause *pause);

/* A new cycle. */
void pause_open(struct pause *pause);

/* Gives an incoming back after a pause; at once if that cannot be. Takes it. */
void pause_give_back(struct ostler_listener *listener, struct ostler_incoming *incoming);
/* One was handled: the next pause is short again. */
void pause_handled(struct pause *pause);

/* For who polls: gives back what is due, or everything when the listener stops. Returns when to come again. */
ostler_time pause_tend(struct ostler_listener *listener);

#endif
