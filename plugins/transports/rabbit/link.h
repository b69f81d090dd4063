/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that is kept up.
 *
 * Each link has a thread, the keeper, which connects, connects again after a loss (all hosts, with growing and spread
 * waits), sends heartbeats, notices silence, and reads when nobody else does. Other threads borrow the link on the hot
 * path, so that a message costs no hand-off: one lock guards the connection and is never held while waiting; the waiting is
 * done by one thread at a time, the reader, in poll() on the socket. */
#ifndef LINK_H
#define LINK_H

#include "assemble.h"
#include "conn.h"
#include "hosts.h"
#include "wire.h"

#include <pthread.h>

struct link;

/* What the user of a link does; all but `up` with the lock held. */
struct link_handlers {
    /* A new connection is there, which nobody else sees yet: declare and consume. May use the library's synchronous
     * methods. OSTLER_OK: it is up. */
    enum ostler_status (*up)(void *self, struct conn *conn, struct ostler_error *error);
    /* It is gone; what was under way on it is lost. */
    void (*down)(void *self, struct link *link, const char *reason);
    /* A message was assembled (taken), or a method came that the link does not handle itself. False: the connection is to
     * be given up, as `error` says. */
    bool (*message)(void *self, struct link *link, struct received *message, struct ostler_error *error);
    bool (*method)(void *self, struct link *link, const amqp_method_t *method, struct ostler_error *error);
    /* Frames wait for the user's own reads. The keeper reads only when those have not come for a while, for the broker
     * closes connections that do not take what it sends.
     * When the keeper should come by although there is nothing to do for the link itself, and what for. May be NULL. */
    ostler_time (*due)(void *self);
    void (*chores)(void *self, struct link *link);
    /* The keeper has read: whoever sleeps until the socket is readable must look at what came. May be NULL. */
    void (*wake)(void *self);
};

struct link {
    /* Constant */
    const struct rabbit_options *options;
    const ostler_url *url;
    const struct link_handlers *handlers;
    void *self;
    int epoll_fd;        /* where to watch the socket, or -1 */
    const char *purpose; /* for logs: "publishing", "replies", "topic T" */
    char name[160];

    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t changed; /* up, down, the reader left, room: whoever waits looks again */
    pthread_cond_t wanted;  /* the keeper is */
    pthread_t keeper;
    struct dial dial; /* has a lock of its own */
    bool closing;
    bool is_up;
    bool broken;         /* the keeper must close and connect again */
    unsigned polling;    /* threads in poll() on the socket: it must not be closed */
    bool reading;        /* one of them is the reader */
    unsigned waiting;    /* threads that wait for `changed` */
    unsigned epoch;      /* counts connections */
    ostler_time read_at; /* when it was last read */
    bool blocked;        /* by the broker's resource alarm */
    char why_blocked[128];
    char why_down[512];     /* "" while nothing has failed */
    unsigned rounds_failed; /* times that no host could be connected to */
    struct conn conn;
    struct hosts hosts;
    struct assembler assembler;
    struct wire_text outbox; /* whole frames, the first perhaps sent in part */
    size_t sent;             /* bytes of it that are */
    uint64_t appended_total; /* bytes put into the outbox and sent from it on this connection: what began behind */
    uint64_t sent_total;     /* sent_total was surely not sent */
    bool held;               /* nobody has tried to send what is in the outbox, since: */
    ostler_time held_since;
    unsigned ticks; /* the keeper comes by so many times more, in short steps, in case somebody forgets: */
    ostler_time tick_at;
    ostler_time silence_at; /* when to ask again how long nothing has arrived */
};

/* Makes a link and starts its keeper, which connects at once. */
enum ostler_status link_start(struct link *link, const struct rabbit_options *options, const ostler_url *url,
                              const struct link_handlers *handlers, void *self, const char *purpose, int epoll_fd,
                              struct ostler_error *error);

/* Ends the keeper and closes the connection. Nobody else may use the link any more. */
void link_stop(struct link *link);

static inline void link_lock(struct link *link)
{
    pthread_mutex_lock(&link->lock);
}

static inline void link_unlock(struct link *link)
{
    pthread_mutex_unlock(&link->lock);
}

/* The following are called with the lock held; those that wait let it go meanwhile. */

/* Waits until the link is up. False at the deadline. */
bool link_wait_up(struct link *link, ostler_time deadline);

/* Waits for any change of the link. False at the deadline. */
bool link_wait_changed(struct link *link, ostler_time deadline);
void link_changed(struct link *link);

/* Gives the connection up, with the reason; the keeper makes a new one. */
void link_break(struct link *link, const char *reason);

/* Whether the outbox takes another message. What is written while the broker does not read must not pile up. */
bool link_has_room(const struct link *link);

/* Leaves what is in the outbox for a link_flush() that comes soon, unless it has waited for more long enough. If none comes, the
 * keeper sends it after four to eight milliseconds. */
void link_hold(struct link *link);

/* Puts a method of the channel behind what goes out next (TLS: sends it). False without memory, or if it cannot be sent. */
bool link_put_method(struct link *link, amqp_method_number_t id, void *decoded);

/* Sends what is in the outbox, as far as it goes at once; false if the link broke. Complete if `outbox.length` is 0. */
bool link_flush(struct link *link);

/* The same; the keeper sends what does not go. */
void link_send_off(struct link *link);

/* Waits until the outbox is empty. False at the deadline or if the link broke: see is_up. */
bool link_flush_wait(struct link *link, ostler_time deadline);

/* Reads all frames that are there, and hands them to the handlers. */
void link_read(struct link *link);

/* Becomes the reader, waits for frames until the deadline, and reads them. If there is another reader already, waits for a
 * change instead. */
void link_read_wait(struct link *link, ostler_time deadline);

/* Makes the keeper look at what is due. */
void link_want_keeper(struct link *link);

#endif
