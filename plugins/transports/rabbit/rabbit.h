/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of one transport share. */
#ifndef RABBIT_H
#define RABBIT_H

#include "ids.h"
#include "publisher.h"
#include "replies.h"
#include "topology.h"
#include "wire.h"

#include <stdatomic.h>

struct ostler_driver_transport {
    struct rabbit_options options;
    const ostler_url *url;
    struct topology topology;
    uint64_t id; /* of our calls on the wire */
    struct replies *replies;
    struct publisher *publisher;
    atomic_bool waited_in_vain; /* a listener started without its queues, and none has had them since */
};

/* What came in: the first member of requests and of notifications. */
struct arrived {
    struct ostler_incoming base;
    bool is_notification;
};

/* server.c, subscription.c */
enum ostler_status rabbit_listen(ostler_driver_transport *transport, const struct ostler_target *target,
                                 ostler_driver_listener **listener, struct ostler_error *error);
enum ostler_status rabbit_subscribe(ostler_driver_transport *transport, const struct ostler_subscription *subscription,
                                    ostler_driver_listener **listener, struct ostler_error *error);

/* listener.c */
size_t rabbit_listener_poll(ostler_driver_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                            size_t max);
void rabbit_listener_wake(ostler_driver_listener *listener);
void rabbit_listener_stop(ostler_driver_listener *listener);
void rabbit_listener_close(ostler_driver_listener *listener);

/* incoming.c */
struct dedup;
/* Requests that were taken together: their replies may leave together, and with those of requests that wait already
 * (`followed`). NULL without memory, which does no harm. */
struct incoming_batch;
struct incoming_batch *incoming_batch_new(unsigned count, bool followed);
struct ostler_incoming *rabbit_incoming_new(ostler_driver_transport *transport, struct dedup *dedup,
                                            struct received *received, struct incoming_batch *batch);
/* One of the batch could not be made. */
void incoming_batch_leave(ostler_driver_transport *transport, struct incoming_batch *batch);
enum ostler_status rabbit_incoming_open(struct ostler_incoming *incoming, struct ostler_error *error);
enum ostler_status rabbit_incoming_reply(struct ostler_incoming *incoming, const struct ostler_answer *answer,
                                         struct ostler_error *error);
void rabbit_incoming_heartbeat(struct ostler_incoming *incoming);
void rabbit_incoming_free(struct ostler_incoming *incoming);

/* notify.c */
enum ostler_status rabbit_notify(ostler_driver_transport *transport,
                                 const struct ostler_outgoing_notification *notification, struct ostler_error *error);

/* send.c */
/* A message whose sender does not wait; takes what is in `body`. */
enum ostler_status rabbit_post_kept(ostler_driver_transport *transport, const struct post *post, struct wire_text *body,
                                    ostler_time deadline, ostler_time accept_by, struct ostler_error *error);
enum ostler_status rabbit_send(ostler_driver_transport *transport, const struct ostler_outgoing *message,
                               unsigned *receivers, struct ostler_error *error);

#endif
