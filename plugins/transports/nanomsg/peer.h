/* SPDX-License-Identifier: Apache-2.0 */
/* A client as the server's node sees it: one connection, with the replies it has not acknowledged.
 *
 * nanomsg drops a reply without a word when the connection cannot take it at once. So only as much is given to nanomsg
 * as the kernel's buffer surely holds (the window); the rest waits here until the client has acknowledged. Everything
 * is under the node's lock; it is let go while nanomsg sends. */
#ifndef PEER_H
#define PEER_H

#include "outbox.h"
#include "settings.h"
#include "table.h"
#include "wire.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

/* The most parts of a record. */
enum { PEER_PARTS = 4 };

/* One record that waits, or several that were held back. */
struct outbound {
    struct outbound *prev, *next;
    size_t size;
    uint8_t bytes[];
};

struct peer {
    UT_hash_handle hh;
    uint32_t pipe; /* nanomsg's name of the connection */
    unsigned references;
    uint64_t received;      /* weight of what came from it */
    uint64_t sent;          /* weight of what was given to nanomsg for it */
    uint64_t acknowledged;  /* how much of that it has */
    struct outbound *queue; /* what the window has no room for */
    size_t queued;          /* bytes */
    struct outbox outbox;   /* replies held back, behind those of the queue */
    atomic_uint coming;     /* requests from it that nobody has begun, and that want a reply */
    ostler_time seen, sent_at;
    bool flushing;       /* a thread is sending to it */
    bool gone;           /* nothing is sent any more */
    bool wants_services; /* it has said hello */
    bool warned;         /* about what it sends */
};

struct peers {
    int socket;
    pthread_mutex_t *lock; /* the node's */
    const struct settings *settings;
    struct peer *table;
    size_t queued;  /* bytes, of all peers */
    size_t holding; /* peers with something in their outbox */
    uint64_t dropped;
    ostler_time swept_at;
};

void peers_init(struct peers *peers, int socket, pthread_mutex_t *lock, const struct settings *settings);
void peers_fini(struct peers *peers);

/* The lock is held in all of these. */

/* The peer behind a connection, made if it is new; then the counts in its message's header are where it begins. NULL
 * without memory. */
struct peer *peers_find(struct peers *peers, uint32_t pipe, const struct wire_header *header);

/* It has received so much. Sends what has been waiting for that. */
void peers_acknowledge(struct peers *peers, struct peer *peer, uint64_t received);

/* It has said goodbye. */
void peers_forget(struct peers *peers, struct peer *peer);

void peer_unref(struct peer *peer);

/* How a record is sent. */
enum peer_manner {
    PEER_NOW,
    PEER_WANTS_ACK, /* now, and the peer is to acknowledge what it has; not if it must wait for room */
    PEER_HOLD       /* with the next one, or with peers_flush() */
};

/* Sends one record, or queues it until the peer has room; the parts are copied, at most PEER_PARTS. A peer that is gone
 * is no error. Never waits. OSTLER_E_NOMEM. */
enum ostler_status peers_send(struct peers *peers, struct peer *peer, enum peer_manner manner,
                              const struct iovec *parts, int count);

/* Sends what has been held back since `before` or longer. The second one, of all peers, returns whether something is
 * held still. */
void peers_flush(struct peers *peers, struct peer *peer, ostler_time before);
bool peers_flush_all(struct peers *peers, ostler_time before);

/* All of them, each held, because sending lets the lock go; NULL and none without memory. */
struct peer **peers_hold(struct peers *peers, size_t *count);
void peers_release(struct peer **held, size_t count);

/* Whether every reply sent lately has been received, as far as the clients have said. */
bool peers_settled(struct peers *peers, ostler_time since);

#endif
