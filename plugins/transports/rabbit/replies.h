/* SPDX-License-Identifier: Apache-2.0 */
/* The reply queue of a transport, and what else ends its calls: made with the first call. */
#ifndef REPLIES_H
#define REPLIES_H

#include "consumers.h"
#include "ids.h"

struct replies;

enum ostler_status replies_open(const struct rabbit_options *options, const ostler_url *url, struct topology *topology,
                                uint64_t transport_id, struct replies **replies, struct ostler_error *error);
void replies_free(struct replies *replies);

/* Where the publisher's socket is to be watched. */
int replies_publisher_fd(const struct replies *replies);

/* Readable when a poll may hand out something; made when first asked for. -1 if it cannot be made. */
int replies_epoll_fd(struct replies *replies);

/* Where callers get their answers. Waits, the first time, until the queue is there. At the deadline OSTLER_E_DELIVERY, or, if that
 * was OSTLER_AT_ONCE, OSTLER_E_BUSY. */
enum { REPLY_QUEUE_SIZE = sizeof "reply_" + ID_DIGITS };
struct reply_address {
    char queue[REPLY_QUEUE_SIZE];
    unsigned connection; /* which one consumes it */
};
enum ostler_status replies_address(struct replies *replies, ostler_time deadline, struct reply_address *address,
                                   struct ostler_error *error);

/* A call got no answer in time: makes sure that the queue is still there. Returns which connection consumes it, 0 if none does. */
unsigned replies_doubt(struct replies *replies);

/* For the driver operations; `idle` reads the publisher: unless messages wait to be accepted nothing good comes from
 * there, and it has time for a few milliseconds. */
size_t replies_poll(struct replies *replies, ostler_time deadline, struct ostler_reply *out, size_t max,
                    void (*idle)(void *user), void *user);
void replies_wake(struct replies *replies);

/* A call that can get no answer. Any thread, any lock held but this object's own; so are these: */
void replies_lost(struct replies *replies, uint64_t call_id, enum ostler_status status, const char *reason);

/* The publisher will learn what becomes of a message: it is looked at at once from now on. Then what did, or that it was not
 * sent at all. */
void replies_accepting(struct replies *replies);
void replies_accepted(struct replies *replies, uint64_t call_id, enum ostler_status status, const char *reason);
void replies_not_accepting(struct replies *replies);

#endif
