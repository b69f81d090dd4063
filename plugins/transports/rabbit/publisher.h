/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is published, over one link in confirm mode: calls, casts, notifications, replies.
 *
 * Confirms stream: nothing waits for one but a caller that asked to. A connection that is lost with messages under way
 * leaves their fate open: casts and replies are sent again (receivers know repeats by their _unique_id), calls are not,
 * because a call runs at most once; their reply may still come. */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include "frames.h"
#include "link.h"
#include "topology.h"

/* What to publish: the body is borrowed for the call. */
struct post {
    struct publish publish;
    bool fanout;           /* the exchange is a fanout exchange; else a topic exchange, or "" which is never declared */
    const char *queue;     /* a queue that must be there, bound with its name as key; or NULL */
    const char *unique_id; /* 32 digits, also in the body */
    uint64_t call_id;      /* a call: that it is lost is told */
    unsigned reply_connection; /* its: where the answer is to come */
    int retry;                 /* no call: how often to send again; negative: until the deadline */
    bool more;                 /* no cast: it may leave with what is published next, or by publisher_flush() */
};

/* What is told of messages under the ids of their senders. With the publisher's lock held: must only note it. */
struct publisher_events {
    /* A call can get no answer. */
    void (*lost)(void *user, uint64_t call_id, enum ostler_status status, const char *reason);
    /* What became of a cast whose sender does not wait; OSTLER_OK and no reason if it was confirmed. */
    void (*accepted)(void *user, uint64_t call_id, enum ostler_status status, const char *reason);
    void *user;
};

struct publisher;

enum ostler_status publisher_open(const struct rabbit_options *options, const ostler_url *url,
                                  struct topology *topology, int epoll_fd, const struct publisher_events *events,
                                  struct publisher **publisher, struct ostler_error *error);
/* Waits a little for what is under way. */
void publisher_close(struct publisher *publisher);

/* Publishes a cast or a notification and waits for its confirm, or a call and does not. Statuses as for the driver operation send. */
enum ostler_status publisher_post(struct publisher *publisher, const struct post *post, ostler_time deadline,
                                  struct ostler_error *error);

/* Publishes a cast or a notification and returns when it is under way; `accepted` tells what becomes of it, and until
 * `accept_by` it is published again as publisher_post() would. Takes the body, from malloc(), also on failure; post->call_id is
 * the sender's id. */
enum ostler_status publisher_post_kept(struct publisher *publisher, const struct post *post, char *body,
                                       ostler_time deadline, ostler_time accept_by, struct ostler_error *error);

/* Publishes a reply, now or when the broker is there again; repeats it while the caller's queue is missing. Does not wait.
 * Takes `body`, from malloc(). With `more` it may leave with the next one, or by publisher_flush(). OSTLER_E_DELIVERY if too
 * much waits already, or if the caller's queue is known to be gone. */
enum ostler_status publisher_reply(struct publisher *publisher, const char *queue, char *body, size_t length,
                                   const char *unique_id, bool more, struct ostler_error *error);

/* Sends what was held back. */
void publisher_flush(struct publisher *publisher);

/* Publishes a sign of life, if that can be done at once. */
void publisher_heartbeat(struct publisher *publisher, const char *queue, const char *body, size_t length,
                         const char *unique_id);

/* Reads what has come for the publisher: for the thread that saw its socket readable. */
void publisher_read(struct publisher *publisher);

/* Adds to `details` what became of a call that was published not long ago. `reply_connection`: where answers come now. */
void publisher_explain(struct publisher *publisher, uint64_t call_id, unsigned reply_connection,
                       struct json_object *details);

/* Connections made so far, unconfirmed messages, replies that wait; for reports. */
struct json_object *publisher_report(struct publisher *publisher);

#endif
