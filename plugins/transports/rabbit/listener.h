/* SPDX-License-Identifier: Apache-2.0 */
/* What listens over a connection of its own. The thread that polls is the one that reads; while all are at work, messages
 * wait in the broker beyond the prefetch. Requests (server.c) and notifications (subscription.c) differ in what is
 * declared and in when a message is acknowledged. */
#ifndef LISTENER_H
#define LISTENER_H

#include "consumers.h"
#include "inbox.h"
#include "rabbit.h"

#include <stdatomic.h>

enum { LISTENER_TAKE_MAX = 32, LISTENER_NAME_SIZE = 256 };

struct listener_role {
    struct link_handlers link;
    /* Messages leave the inbox; with the link's lock held. False if they may not be used. NULL: nothing to do. */
    bool (*taken)(ostler_driver_listener *listener, struct received *const *messages, size_t count);
    /* Makes incoming of messages, taking them; returns how many. What there is no memory for is dropped. `followed`: more are in
     * the inbox. */
    size_t (*hand_out)(ostler_driver_listener *listener, struct received **messages, size_t count, bool followed,
                       struct ostler_incoming **incoming);
    /* There is nothing to take; there was (`busy`) a moment ago. Returns when the next poll is due at the latest. */
    ostler_time (*idle)(ostler_driver_listener *listener, bool busy);
    /* Ends consuming; with the link's lock held, the link up, nothing in its outbox, and the library to be used. */
    void (*stop)(ostler_driver_listener *listener);
    /* Nobody needs it any more, but its link is still there. NULL: nothing to do. */
    void (*end)(ostler_driver_listener *listener);
    /* Frees what is the role's own, and the memory. */
    void (*destroy)(ostler_driver_listener *listener);
};

/* The first member of a role's own struct. */
struct ostler_driver_listener {
    ostler_driver_transport *transport;
    const struct listener_role *role;
    char purpose[LISTENER_NAME_SIZE + 32]; /* for logs */
    atomic_uint references;                /* the core's, and those of incoming that settle later */
    int epoll_fd;
    int wake_fd;
    struct dedup *dedup;
    bool busy; /* the last poll found several: the next one looks before it sleeps. Of the thread that polls */
    atomic_bool stopping;
    bool linked;
    struct link link; /* its lock guards the following */
    struct consumers consumers;
    struct inbox inbox;
};

/* Fills in a zeroed listener but for its purpose and what it consumes, and connects. Afterwards, failed or not, it is the
 * caller's to rabbit_listener_unref(). */
enum ostler_status rabbit_listener_open(ostler_driver_listener *listener, ostler_driver_transport *transport,
                                        const struct listener_role *role, struct ostler_error *error);
void rabbit_listener_ref(ostler_driver_listener *listener);
void rabbit_listener_unref(ostler_driver_listener *listener);

/* To be told by its role when its queues are there. */
void listener_is_up(ostler_driver_listener *listener);

/* Handlers of the link, for all roles. */
bool listener_on_method(void *self, struct link *link, const amqp_method_t *method, struct ostler_error *error);
ostler_time listener_on_due(void *self);
/* Of the role's chores. */
void listener_renew(ostler_driver_listener *listener, bool busy);
void listener_on_wake(void *self);

#endif
