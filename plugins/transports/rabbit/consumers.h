/* SPDX-License-Identifier: Apache-2.0 */
/* The queues that one connection consumes, and making sure that messages still reach it.
 *
 * When a node of a cluster dies, each of the others deletes the transient queues that were there: it lists their names, then
 * deletes what has these names, and last of all takes their bindings out of what topic exchanges route by. A queue that has been
 * declared again on another node meanwhile is hit by that, too. Nobody is told: its process and its consumers go on, and no
 * message reaches them any more (rabbitmq-server, issues 6271, 9798 and 11000, for 3.8 to 3.12; so it is in 3.10.8).
 *
 * So the consumers of a connection are renewed a few times after it came up, and seldom later: each queue is bound and consumed
 * once more, and the consumer before it cancelled. One that is gone closes the channel over that (404), and with a new connection
 * everything is declared again; one that somebody else has declared again is consumed where it is now. Nothing is waited for, and
 * no message is missed or held back. After a connection that was lost the binding is another one each time, told apart by an
 * argument that means nothing: the broker takes a binding that it lists for one that it routes by. */
#ifndef CONSUMERS_H
#define CONSUMERS_H

#include "link.h"
#include "topology.h"

struct consumed {
    const char *exchange; /* what it is bound to, or NULL */
    const char *queue;
    const char *key;
    bool shared; /* as topology_shared_queue() declares it, else as topology_own_queue() does */
    bool again;  /* only another binding of a queue that is consumed already */
};

enum { CONSUMERS_TAG_SIZE = 24 };

/* Of one link, and guarded by its lock. */
struct consumers {
    struct topology *topology;
    uint16_t prefetch; /* 0: no limit */
    /* The caller's, as are the names in them, which change in link_handlers.up only. */
    const struct consumed *queues;
    size_t count;

    unsigned epoch;      /* the connection that the following is about: */
    unsigned generation; /* of consumers, from 0 on */
    ostler_time due;
    double pause; /* seconds from this renewal to the next */
    ostler_time renewed_at;

    /* One of the queues, or its exchange, was not there any more. A queue of one owner then gets another name, and this is cleared:
     * what the broker has lost without a word may expire half an hour later, and take along what has its name then. Between two
     * connections it belongs to link_handlers.up. */
    bool vanished;
};

/* Declares, binds and consumes them all; for link_handlers.up. */
enum ostler_status consumers_begin(const struct consumers *consumers, struct conn *conn, struct ostler_error *error);

/* When consumers_renew_due() has something to do. */
ostler_time consumers_due(struct consumers *consumers, const struct link *link);

/* Renews them if it is time and the link is up. Not while messages are on their way through (`busy`): consumers that are
 * renewed may be sent as many again as the prefetch allows. */
void consumers_renew_due(struct consumers *consumers, struct link *link, bool busy);

/* Something that should have come did not: renews them soon, at most once a second. */
void consumers_doubt(struct consumers *consumers, struct link *link);

/* The broker closed the channel: sets the error to the reason. */
void consumers_note_closed(struct consumers *consumers, const amqp_method_t *channel_close, struct ostler_error *error);

/* The tag of the one that consumes queue `i` now. */
const char *consumers_tag(const struct consumers *consumers, size_t i, char tag[CONSUMERS_TAG_SIZE]);

#endif
