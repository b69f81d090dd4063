/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications for one listener: a queue for each topic and priority, or the one queue of its pool. */
#ifndef SUBSCRIPTION_H
#define SUBSCRIPTION_H

#include "acks.h"
#include "listener.h"

/* A queue and what binds it. */
struct subscribed_queue {
    char exchange[LISTENER_NAME_SIZE];
    char key[LISTENER_NAME_SIZE];
};

struct subscription {
    ostler_driver_listener base;
    struct acks acks;              /* guarded by the link's lock */
    char pool[LISTENER_NAME_SIZE]; /* "": none */
    size_t count;
    struct consumed *consumed; /* as many */
    struct subscribed_queue queues[];
};

#endif
