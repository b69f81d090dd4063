/* SPDX-License-Identifier: Apache-2.0 */
/* The server half of a transport: one socket for all that this transport serves.
 *
 * Requests name the server they are for, and go to its listener. Threads that poll listeners take turns at the socket:
 * one of them at a time is the reader. It keeps what is its own, hands the rest to the other listeners' queues, and
 * gives the socket to another waiting thread when it leaves with work. With one listener there is no hand-off.
 *
 * Replies wait for acknowledgements in some peer's queue now and then; and clients must hear that a listener has
 * stopped. If no listener's thread is there to read, the keeper does it: a thread of the node's own, made when it is
 * first needed, asleep as long as it is not. */
#ifndef NODE_H
#define NODE_H

#include "flusher.h"
#include "incoming.h"
#include "peer.h"
#include "socket.h"
#include "table.h"

#include <ostler/driver.h>
#include <ostler/matchmaker.h>

/* One name under which a listener is found. */
struct served {
    UT_hash_handle hh;
    ostler_driver_listener *listener;
    uint8_t key[WIRE_KEY_MAX];
    size_t key_length;
    ostler_registration *registration; /* withdrawn when it stops */
};

struct ostler_driver_listener {
    struct node *node;
    struct served *served; /* one; a listener for notifications has one for each topic and priority */
    size_t served_count;
    bool notifications;
    unsigned references; /* the core's, and those of notifications, which may come back */
    void (*withdraw)(ostler_registration *registration);
    struct incoming *queue; /* read by others for this one, or given back */
    size_t queued, queued_bytes;
    uint64_t arrivals; /* notifications so far */
    int wake;          /* an eventfd */
    bool woken, waiting, stopped;
    ostler_driver_listener *prev_waiting, *next_waiting;
};

struct node {
    const struct settings *settings;
    struct flusher *flusher;
    int socket, readable; /* nanomsg's socket and its descriptor */
    pthread_mutex_t lock; /* guards all below */
    struct peers peers;
    struct served *served;           /* by key, until they are stopped */
    ostler_driver_listener *waiting; /* have a thread, which may become the reader */
    size_t active;                   /* not stopped */
    const void *reader;              /* the listener or the keeper that reads, or NULL */
    uint64_t requests, refused, broken;
    struct keeper {
        pthread_t thread;
        bool started, ending;
        int wake;
        pthread_cond_t wanted;
    } keeper;
};

/* Makes the socket, bound nowhere yet. */
enum ostler_status node_new(const struct settings *settings, struct flusher *flusher, struct node **node,
                            struct ostler_error *error);

/* Sends what has been held back since `before` or longer. Returns whether something is held still. */
bool node_flush(struct node *node, ostler_time before);

/* Says goodbye to clients once they have their replies, as far as they tell within a short time. */
void node_free(struct node *node);

/* --- Listeners: see <ostler/driver.h> ----------------------------------------------------------------------------- */

/* For one target, or for notifications to any number of them. */
enum ostler_status node_listen(struct node *node, const struct ostler_target *targets, size_t count, bool notifications,
                               ostler_driver_listener **listener, struct ostler_error *error);
size_t listener_poll(ostler_driver_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                     size_t max);
void listener_wake(ostler_driver_listener *listener);
void listener_stop(ostler_driver_listener *listener);
void listener_close(ostler_driver_listener *listener);

/* Takes a notification back that was not handled: into the queue, where it was. If the listener has stopped nobody can
 * take it any more: it is dropped, and the log says so. */
void listener_give_back(ostler_driver_listener *listener, struct incoming *incoming);

/* --- Between node.c, listener.c, incoming.c and keeper.c; the lock is held ---------------------------------------------------- */

/* Reads the socket without waiting. What is for `self` (NULL for the keeper) goes to `out`, up to `max`; *more tells
 * whether there may be more to read. Returns how many are in `out`. The lock is let go meanwhile. */
size_t node_read(struct node *node, ostler_driver_listener *self, struct ostler_incoming **out, size_t max, bool *more);

/* The reader has left: another one takes over, if there is one and it has a reason. */
void node_pass_on(struct node *node);

/* Makes the keeper look whether it is needed. */
void keeper_check(struct node *node);
bool keeper_needed(const struct node *node);
void keeper_init(struct keeper *keeper);
void keeper_end(struct node *node); /* without the lock */

void listener_unref(ostler_driver_listener *listener);

/* Tells all clients that asked what is served now. */
void node_publish(struct node *node);

/* Answers a request that nobody here takes. */
void node_refuse(struct node *node, struct peer *peer, const struct wire_record *record, enum wire_refusal reason);

#endif
