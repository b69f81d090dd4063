/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges, queues and bindings as oslo.messaging declares them, and what to do where the broker wants it otherwise:
 * what exists with other properties is used as it is; where transient queues are refused, durable ones that expire take
 * their place. Each such decision is logged once. */
#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include "conn.h"

#include <stdatomic.h>

/* What this broker was found to want; of a transport, shared by its connections. */
struct topology {
    const struct rabbit_options *options;
    atomic_bool no_transient; /* it closes connections that declare non-durable, non-exclusive queues */
    atomic_bool said_adopted;
};

/* An exchange: "X" is durable and auto-delete as the options say, "T_fanout" auto-delete. */
enum ostler_status topology_fanout_exchange(struct topology *topology, struct conn *conn, const char *exchange,
                                            struct ostler_error *error);

/* An exchange and, unless that is NULL, a shared queue with its own name as key, without touching the channel that
 * messages go over. OSTLER_E_INVALID: the broker refuses it, and the connection is as good as before. */
enum ostler_status topology_aside(struct topology *topology, struct conn *conn, const char *exchange, bool fanout,
                                  const char *queue, struct ostler_error *error);

/* A queue of a topic, a server or a pool, bound to the topic exchange. */
enum ostler_status topology_shared_queue(struct topology *topology, struct conn *conn, const char *exchange,
                                         const char *queue, const char *key, struct ostler_error *error);

/* A queue of one owner, deleted by the broker some time after nobody uses it: fanout (bound) or reply (exchange NULL). */
enum ostler_status topology_own_queue(struct topology *topology, struct conn *conn, const char *exchange,
                                      const char *queue, const char *key, struct ostler_error *error);

/* Whether such a queue is gone with the node it is on. */
bool topology_shared_is_transient(const struct topology *topology);

/* Consumes with explicit acknowledgement. */
enum ostler_status topology_consume(const struct topology *topology, struct conn *conn, const char *queue,
                                    const char *tag, struct ostler_error *error);

/* What basic.consume is sent with; may point to *entry. */
amqp_table_t topology_consume_arguments(const struct topology *topology, amqp_table_entry_t *entry);

/* Sets the prefetch of a consuming channel (0: no limit); before the first consume. */
enum ostler_status topology_prefetch(struct conn *conn, uint16_t prefetch, struct ostler_error *error);

#endif
