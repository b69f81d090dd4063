/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of a client to a server's node: one nanomsg socket that connects once. When the connection is gone so
 * is the conn, and every call under way on it is lost; a new one is made when there is something to send. */
#ifndef CONN_H
#define CONN_H

#include "outbox.h"
#include "socket.h"
#include "table.h"
#include "wire.h"

#include <ostler/clock.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

/* A call under way: so many replies are still to come under this id. */
struct pending {
    UT_hash_handle hh;
    struct pending *next; /* when spare or lost */
    uint64_t id;
    ostler_time expiry;
    unsigned count;
};

/* What a node has said that it serves. */
struct service {
    char *exchange, *topic, *server;
};

struct conn {
    UT_hash_handle hh; /* by serial */
    uint32_t serial;
    char *address;
    int socket, readable, writable;
    atomic_uint references; /* one more only from the client's table, under its lock, or from one that is held */
    bool greeted;           /* it has been asked what it serves; under the client's lock, as are these: */
    bool services_known;
    struct service *services;
    size_t service_count;
    ostler_time opened, used, asked;
    struct conn *next_held; /* under the client's held_lock */
    bool parted;            /* it has been told goodbye; of the thread that closes the client */

    pthread_mutex_t lock; /* guards all below */
    bool dead;
    struct pending *pending, *spare;
    size_t spares;
    uint64_t sent, confirmed;        /* weight of what was sent, and of what the node says it has received */
    uint64_t received, acknowledged; /* the same the other way */
    struct outbox outbox;            /* requests held back */
    bool listed;                     /* among the client's conns that hold something */
};

enum conn_result {
    CONN_SENT,
    CONN_FULL, /* not sent: it is not connected yet, or the node does not read */
    CONN_GONE, /* surely not sent: there is no connection */
    CONN_LOST, /* the connection broke while it was sent: nobody knows whether it arrived */
    CONN_NOMEM
};

/* Begins to connect. OSTLER_E_SYSTEM, OSTLER_E_NOMEM. */
enum ostler_status conn_open(const struct settings *settings, const char *address, struct conn **conn,
                             struct ostler_error *error);
void conn_unref(struct conn *conn);

/* Sends records; parts[0] is left free for the header, and `size` is the size of the others. A call's `id` is pending
 * from here on. Never waits. */
enum conn_result conn_send(struct conn *conn, uint8_t flags, struct iovec *parts, int count, size_t size, uint64_t id,
                           ostler_time expiry);

/* Holds a record back if it is small, to leave with the next ones: when the outbox is full, at the next conn_send(), or
 * with conn_flush(). The parts are as conn_send() has them. *listed tells that the conn is to be flushed by somebody,
 * which was nobody's business before. */
enum conn_result conn_hold(struct conn *conn, struct iovec *parts, int count, size_t size, uint64_t id,
                           ostler_time expiry, bool *listed);

/* Sends what has been held since `before` or longer. Returns whether something is held still; if not the conn is
 * nobody's business any more. */
bool conn_flush(struct conn *conn, ostler_time before);

/* One record without a body. */
enum conn_result conn_say(struct conn *conn, enum wire_kind kind, uint8_t flags);

/* One reply less is pending. Returns false if none was. */
bool conn_settle(struct conn *conn, uint64_t id);

/* Takes note of a message of this size. Acknowledges if that is due. */
void conn_received(struct conn *conn, size_t size, const struct wire_header *header);
void conn_acknowledge(struct conn *conn);

/* Marks it dead; returns what was pending, linked by next, for the caller to free. */
struct pending *conn_kill(struct conn *conn);

/* Forgets what is pending and expired; those who asked have given up themselves. Returns how many replies. */
size_t conn_expire(struct conn *conn, ostler_time now);

/* Whether nanomsg has lost the connection, or could not make it. */
bool conn_broken(const struct conn *conn);

/* Whether there is a connection now. */
bool conn_established(const struct conn *conn);

/* Whether the node has received all that was sent. */
bool conn_confirmed(struct conn *conn);
bool conn_idle(struct conn *conn);

/* Replaces what the node serves. False if the record is broken or there is no memory. */
bool conn_set_services(struct conn *conn, const struct wire_record *record);

#endif
