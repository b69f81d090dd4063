/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher's inside, for its files: confirms.c, exchanges.c, posting.c, kept_replies.c, kept_casts.c, renewal.c, publisher.c. All
 * functions are called with the link's lock held. */
#ifndef PUBLISHER_PARTS_H
#define PUBLISHER_PARTS_H

#include "publisher.h"

enum { EXCHANGES = 256, DEAD_QUEUES = 200, KNOWN_CALLS = 4096, UNIQUE_ID = 32 };

/* How often the keeper looks for confirms that nobody waits for. */
#define PUBLISHER_LOOK_SECONDS 0.05
/* A queue without a leader, or a full one, refuses messages: a cast is sent again after a pause, for so long. */
#define PUBLISHER_REFUSED_SECONDS       5.0
#define PUBLISHER_REFUSED_PAUSE_SECONDS 0.25

enum fate { FATE_OPEN, FATE_CONFIRMED, FATE_REFUSED, FATE_RETURNED, FATE_LOST, FATE_NOT_SENT };

/* For DL_INSERT_INORDER: what is kept goes by time, and behind what is for the same time. */
#define KEPT_LATER(one, other) ((one)->due > (other)->due ? 1 : -1)

/* A reply until it is confirmed. */
struct kept_reply {
    struct kept_reply *prev, *next; /* in `waiting` */
    char *body;
    size_t length;
    char unique_id[UNIQUE_ID + 1];
    ostler_time due;     /* when to publish it (again) */
    ostler_time give_up; /* while its queue is missing or refuses it; OSTLER_NEVER before that */
    char queue[];
};

/* A cast whose sender does not wait, until it is confirmed. */
struct kept_cast {
    struct kept_cast *prev, *next; /* in `casts` */
    struct post post;              /* with texts of its own; no call_id: that is for calls */
    uint64_t call_id;
    char *body;
    int attempts;
    bool redeclared;
    ostler_time due; /* when to publish it again */
    ostler_time refused_until;
    ostler_time accept_by;
    char texts[];
};

/* A message that is not confirmed. */
struct unconfirmed {
    bool used;
    bool returned;
    char unique_id[UNIQUE_ID + 1];
    const char *exchange; /* remembered name, or NULL */
    uint64_t begins;      /* in the stream of bytes of this connection */
    uint64_t call_id;
    enum fate *fate; /* of a cast whose sender waits */
    struct kept_reply *reply;
    struct kept_cast *cast;
};

/* An exchange that was published to; with a queue, one that is bound to it. */
struct exchange {
    char *name;
    char *queue;    /* NULL: only the exchange */
    unsigned epoch; /* of the connection on which it is known to be there */
};

/* A queue of a caller that is gone. */
struct dead_queue {
    char name[256];
    ostler_time until;
};

/* What is known of a call that was published, for explanations. */
struct known_call {
    uint64_t call_id;
    enum fate fate;
    unsigned epoch; /* of the connection on which it went out */
    unsigned reply_connection;
};

/* See renewal.c. While the stage is not RENEWAL_NONE, nothing is published. */
enum renewal_stage { RENEWAL_NONE, RENEWAL_WANTED, RENEWAL_CLOSING, RENEWAL_OPENING, RENEWAL_SELECTING };
struct renewal {
    enum renewal_stage stage;
    ostler_time begin_at;
    ostler_time not_before;
};

struct publisher {
    struct link link; /* its lock guards all below */
    struct topology *topology;
    struct publisher_events events;

    struct unconfirmed *ring; /* by delivery tag */
    unsigned window;
    uint64_t first_tag; /* the oldest that is not confirmed */
    uint64_t next_tag;
    struct known_call calls[KNOWN_CALLS]; /* by call id; the newest win */

    unsigned unread_count; /* messages published, and their bytes, since confirms were looked for */
    size_t unread_bytes;
    bool looking; /* the keeper knows that something is unconfirmed */
    ostler_time look_at;

    struct renewal renewal;

    struct kept_reply *waiting; /* replies to be published, by time */
    size_t waiting_count;
    size_t waiting_bytes;
    struct dead_queue dead[DEAD_QUEUES];
    size_t next_dead;

    struct kept_cast *casts; /* to be published again, by time */
    size_t cast_bytes;       /* of all that are kept */

    struct exchange exchanges[EXCHANGES];
    size_t exchange_count;
};

/* --- confirms.c: what becomes of what was published */

/* Gives the next tag to a message. There is room in the window. */
struct unconfirmed *confirms_add(struct publisher *publisher, const struct post *post, const char *exchange,
                                 uint64_t begins);
bool confirms_window_is_full(const struct publisher *publisher);
void confirms_take(struct publisher *publisher, uint64_t tag, bool multiple, enum fate fate);
/* One of our messages came back; the confirm that follows will say so. */
void confirms_note_returned(struct publisher *publisher, const struct received *received);
/* All that is unconfirmed has lost its channel: from the first message to `missing_exchange` (NULL: none) on, the broker
 * has passed over everything. */
void confirms_lose_all(struct publisher *publisher, const char *missing_exchange, const char *reason);
/* NULL if the call is not among those that are remembered. */
const struct known_call *confirms_find_call(const struct publisher *publisher, uint64_t call_id);

/* --- exchanges.c: declaring what is published to */

/* Makes sure that the exchange, and the post's queue, are there; *name gets the remembered name, or NULL. May wait for the
 * broker, once for each on each connection; then the outbox must be empty. OSTLER_E_INVALID: the broker refuses them, and
 * the connection is as good as before. */
enum ostler_status exchanges_ensure(struct publisher *publisher, const struct post *post, const char **name,
                                    struct ostler_error *error);
/* Whether that has been done. */
bool exchanges_are_ensured(struct publisher *publisher, const struct post *post);
/* They may be gone. */
void exchanges_doubt(struct publisher *publisher, const struct post *post);
/* The name in "NOT_FOUND - no exchange 'NAME' in vhost '/'"; NULL if the text says something else. */
const char *exchanges_missing_name(const char *text, char *name, size_t size);
void exchanges_free(struct publisher *publisher);

/* --- posting.c */

bool posting_is_possible(const struct publisher *publisher);
/* Gives the message a tag and puts it behind what goes out next. NULL if it cannot be encoded (or, with TLS, sent), or if
 * its exchange is refused. */
struct unconfirmed *posting_start(struct publisher *publisher, const struct post *post, struct ostler_error *error);
/* The same when it is possible, waiting until then; with OSTLER_OK, *message is under way. */
enum ostler_status posting_start_when_possible(struct publisher *publisher, const struct post *post,
                                               ostler_time deadline, struct unconfirmed **message,
                                               struct ostler_error *error);
/* Sees to it that it leaves. */
void posting_finish(struct publisher *publisher, const struct post *post);
/* Why a message that was published has not been accepted. */
enum ostler_status posting_fate_status(enum fate fate, const struct post *post, struct ostler_error *error);

/* --- renewal.c: another channel for one whose messages are refused */

/* A message was refused. */
void renewal_want(struct publisher *publisher);
/* When renewal_begin() has something to do. */
ostler_time renewal_due(const struct publisher *publisher);
void renewal_begin(struct publisher *publisher);
/* An answer to what renewing sent. False: it is none, the connection is to be given up. */
bool renewal_takes(struct publisher *publisher, const amqp_method_t *method, struct ostler_error *error);
/* The connection is lost. */
void renewal_forget(struct publisher *publisher);

/* --- kept_replies.c */

/* A reply is confirmed, came back, or has to be sent again. */
void kept_reply_settle(struct publisher *publisher, struct kept_reply *reply, enum fate fate);
/* Publishes those that are due, as far as possible. */
void kept_replies_publish(struct publisher *publisher);
void kept_replies_free(struct publisher *publisher);

/* --- kept_casts.c */

/* A cast is confirmed, came back, or has to be sent again. */
void kept_cast_settle(struct publisher *publisher, struct kept_cast *cast, enum fate fate);
/* Publishes those that are due, as far as possible. */
void kept_casts_publish(struct publisher *publisher);
void kept_casts_free(struct publisher *publisher);

#endif
