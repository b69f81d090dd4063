/* SPDX-License-Identifier: Apache-2.0 */
/* One topic of one exchange: its servers, and the queues in which their requests wait. Each server that listens has a
 * queue of its own name; what is sent to the topic goes to these in turn. */
#ifndef FAKE_TOPIC_H
#define FAKE_TOPIC_H

#include "message.h"
#include "ring.h"

#include <pthread.h>
#include <stdatomic.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct fake_listener;

/* Ceilings, from the sender's or listener's configuration. */
struct fake_limits {
    size_t queue_size; /* messages in one queue */
    size_t max_queues; /* queues in the process that a send may make one more of */
};

/* The requests for one server. It stays while it holds something, whether or not its server listens. */
struct fake_queue {
    struct fake_ring ring;          /* of struct fake_message * */
    struct fake_listener *listener; /* NULL while no server of this name listens */
    UT_hash_handle hh;
    char server[];
};

struct fake_topic {
    atomic_uint users; /* listeners and senders; see exchange.c */

    pthread_mutex_t lock;       /* guards all below, and the members of listeners that say so */
    pthread_cond_t room;        /* broadcast when a queue has got shorter and somebody waits for that */
    unsigned waiting;           /* senders that do */
    struct fake_ring backlog;   /* sent to the topic while no server listened; any may take it */
    struct fake_queue *queues;  /* by server name */
    struct fake_queue **served; /* those with a listener: whose turn it is goes round this array */
    size_t served_count;
    size_t served_capacity;
    size_t turn;
    ostler_time next_expiry; /* no message here expires earlier */

    UT_hash_handle hh; /* exchange.c's */
    size_t key_size;
    char key[]; /* "EXCHANGE\0TOPIC" */
};

/* NULL without memory. */
struct fake_topic *fake_topic_new(const char *key, size_t key_size);
/* Frees it with everything that waits in it. */
void fake_topic_free(struct fake_topic *topic);

/* Whether it has no server and holds nothing. */
bool fake_topic_is_idle(struct fake_topic *topic);
/* Drops what has expired by now, and what belongs to `closed` (may be NULL). */
void fake_topic_sweep(struct fake_topic *topic, ostler_time now, const struct fake_replies *closed);
/* How many servers listen. */
size_t fake_topic_servers(struct fake_topic *topic);
/* How many messages wait. */
size_t fake_topic_waiting(struct fake_topic *topic);

/* Puts one message into the queue of a server, or the backlog; waits for room as `outgoing` allows. The message is taken
 * on success. */
enum ostler_status fake_topic_put(struct fake_topic *topic, struct fake_message *message,
                                  const struct ostler_outgoing *outgoing, const struct fake_limits *limits,
                                  unsigned *receivers, struct ostler_error *error);

/* Puts one message into the queue of each server, all or none. With fewer messages than servers *receivers says how many
 * it takes, and nothing is put; as many as there are servers are taken, from the front, and the rest are left. */
enum ostler_status fake_topic_put_all(struct fake_topic *topic, struct fake_message **messages, size_t count,
                                      const struct ostler_outgoing *outgoing, const struct fake_limits *limits,
                                      unsigned *receivers, struct ostler_error *error);

/* What listener.c needs; with the lock held. */

/* Gives the queue `server` to a listener, with what waits in it. OSTLER_E_LISTEN, OSTLER_E_NOMEM. */
enum ostler_status fake_topic_attach(struct fake_topic *topic, const char *server, struct fake_listener *listener,
                                     struct fake_queue **queue, struct ostler_error *error);
/* Takes it away again. What was sent to the topic goes to other servers or the backlog, what was sent to this server
 * stays for the next of its name, and all else goes to `rest`. */
void fake_topic_detach(struct fake_topic *topic, struct fake_queue *queue, size_t queue_size, struct fake_ring *rest);

#endif
