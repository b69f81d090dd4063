/* SPDX-License-Identifier: Apache-2.0 */
/* The client half of a transport: finds servers, chooses one for each request, and reads replies.
 *
 * The server is chosen here, not by nanomsg: each connection is a socket of its own. Whoever polls for replies reads
 * all of them; a thread that sends reads them only while it waits to learn what a node serves. What such a thread finds
 * for others is owed to the next poll. */
#ifndef CLIENT_H
#define CLIENT_H

#include "conn.h"
#include "flusher.h"

#include <ostler/driver.h>
#include <ostler/json.h>
#include <ostler/matchmaker.h>

/* Where the conn to an address is, or when to try again to have one. */
struct place {
    UT_hash_handle hh; /* by address */
    struct conn *conn;
    ostler_time retry_at;
    bool warned; /* that it cannot be reached from here */
    char address[];
};

/* One server of a topic. */
struct route {
    char *server, *address;
};

/* What is known of a topic. */
struct topic {
    UT_hash_handle hh; /* by key: exchange, topic, no server */
    uint8_t key[WIRE_KEY_MAX];
    size_t key_length;
    bool valid;
    bool complete; /* every node that may serve it has said so, or cannot be reached */
    bool warned;   /* that two nodes serve it under one name */
    uint64_t generation, services;
    ostler_time looked_up;
    struct route *routes;
    size_t count, next;
};

/* Replies that have been read, or losses that have been found, between two polls, oldest first, in a ring. */
struct owed {
    struct ostler_reply *replies;
    size_t first, count, capacity;
};

/* A request that came back from a server which has not run it. */
struct bounced {
    struct bounced *prev, *next;
    uint64_t id;
    ostler_time expiry, since;
    char avoid[OSTLER_NAME_MAX + 1]; /* the server that was too busy, or "" */
    size_t length;
    uint8_t body[];
};

/* What became of a notification that was sent to one listener. */
enum note_outcome {
    NOTE_OPEN,
    NOTE_TAKEN,
    NOTE_BUSY,       /* it has no room */
    NOTE_NOT_SERVED, /* it has stopped */
    NOTE_LOST        /* the connection is gone: nobody knows */
};

struct note;
struct copy;

/* Where a copy is found whose answer comes: the id on the wire is its place and how often that was used. */
struct note_place {
    struct copy *copy; /* NULL: free */
    uint32_t uses, next_free;
};

/* Notifications under way (note.h). One of the senders that wait reads the connections, for all of them. */
struct notes {
    int epoll, wake;
    atomic_uint turn;
    atomic_size_t kept_bytes;
    pthread_mutex_t lock; /* taken last; guards these */
    pthread_cond_t changed;
    struct note_place *places;
    uint32_t place_count, first_free;
    struct note *kept;                /* those whose senders have gone on, oldest first */
    struct note *ready, **ready_tail; /* of them, those that something happened to */
    unsigned short_of_room;           /* senders that wait for less to be kept */
    ostler_time due;                  /* when the first of them is to be looked at */
    bool reading;
    pthread_t reader;
};

struct client {
    const struct settings *settings;
    const struct ostler_matchmaker_ops *ops;
    ostler_matchmaker *matchmaker;
    const char *where; /* where servers are looked for, for errors */
    int epoll, wake, tick;
    atomic_bool woken;

    pthread_mutex_t lock; /* guards these */
    struct place *places;
    struct conn *conns; /* by serial */
    struct topic *topics;
    uint32_t serial;
    uint64_t services; /* changes when a node says what it serves */
    pthread_cond_t changed;
    ostler_time tried_at;
    char *notice; /* to be logged without the lock, or NULL */

    pthread_mutex_t reading; /* taken before any other; guards these */
    struct conn *hot;        /* counted: the one that the last reply came from */
    unsigned streak;
    struct bounced *bounced;
    size_t bounced_bytes;

    struct notes notes;
    pthread_mutex_t owed_lock; /* taken last; guards these */
    struct owed owed;
    bool poll_waits;  /* and has to be woken */
    bool fd_is_known; /* an event loop may wait instead */

    struct flusher *flusher;
    pthread_mutex_t held_lock; /* taken last; guards this */
    struct conn *held;         /* hold requests back, counted */

    atomic_size_t under_way;   /* replies that are still to come */
    pthread_mutex_t tick_lock; /* guards the changing of tick_ms */
    atomic_long tick_ms;       /* 0: it does not tick */
    ostler_time expired_at;    /* under `reading` */

    atomic_uint_fast64_t sent, received, lost, rerouted;
};

enum ostler_status client_open(struct client *client, const struct settings *settings, struct flusher *flusher,
                               struct ostler_error *error);
void client_close(struct client *client);

/* See <ostler/driver.h>. */
enum ostler_status client_send(struct client *client, const struct ostler_outgoing *message, unsigned *receivers,
                               struct ostler_error *error);
size_t client_poll(struct client *client, ostler_time deadline, struct ostler_reply *replies, size_t max);
void client_wake(struct client *client);

/* A cast whose sender does not wait: sent as any other, and owed to the next poll that it was accepted. */
enum ostler_status client_cast_later(struct client *client, const struct ostler_outgoing *message,
                                     struct ostler_error *error);

/* --- client_notify.c, client_notes.c ------------------------------------------------------------------------------ */

enum ostler_status client_notify(struct client *client, const struct ostler_outgoing_notification *notification,
                                 struct ostler_error *error);
enum ostler_status client_notes_init(struct client *client, struct ostler_error *error);
/* Drops those whose senders have gone on; then the rest. */
void client_notes_clear(struct client *client);
void client_notes_fini(struct client *client);

/* Tells who waits for a notification's copy; false if the id is that of a call. What is to be done about it is done by
 * client_notes_run(). */
bool client_note_ended(struct client *client, uint64_t id, enum note_outcome outcome);

/* Goes on with notifications whose senders have gone on: those that something happened to, and those that are due. Never
 * waits. */
void client_notes_run(struct client *client);

/* In how many milliseconds one is due, at least 1; 0: none is. */
long client_notes_due_ms(struct client *client);

/* --- client_conns.c: connections and what became of calls on them ------------------------------------------------- */

/* A conn to this address, counted; NULL if there cannot be one now (it was tried a moment ago, or the log
 * tells). The client's lock is held. */
struct conn *client_conn(struct client *client, const char *address);

/* All of them, each counted; NULL without memory. */
struct conn **client_conns(struct client *client, size_t *count);
void client_conns_unref(struct conn **conns, size_t count);

/* The connection is gone: forgets it and tells what was under way on it. */
void client_conn_lost(struct client *client, struct conn *conn);

/* Makes the client look around after so many milliseconds, and again as long as there is reason to. */
void client_tick_within(struct client *client, long milliseconds);

/* --- client_owed.c: what the next poll hands out ------------------------------------------------------------------ */

void client_owed_init(struct client *client);
void client_owed_fini(struct client *client);

/* Owes a reply to the next poll, taking it over. */
void client_owe(struct client *client, const struct ostler_reply *reply);
void client_owe_loss(struct client *client, uint64_t id, const char *format, ...) OSTLER_PRINTF(3, 4);
/* The same for OSTLER_REPLY_RESULT without a value. */
void client_owe_accepted(struct client *client, uint64_t id);

/* Takes up to `max`; returns how many. With `will_wait`, and nothing to take, the poll is woken when there is. */
size_t client_take_owed(struct client *client, struct ostler_reply *replies, size_t max, bool will_wait);

/* From here on an event loop may watch for what is owed. */
void client_knows_fd(struct client *client);

/* --- client_routes.c: which server -------------------------------------------------------------------------------- */

/* A server chosen, its conn counted; conn is NULL if there is none. */
struct choice {
    struct conn *conn;
    char server[OSTLER_NAME_MAX + 1];
    size_t known;  /* how many servers of the topic are known */
    bool complete; /* there may not be others that have not told yet */
};

/* Chooses a server for a topic: `server`, or if that is NULL any but `avoid` (may be NULL), in turn. Success also when
 * there is none. OSTLER_E_NOMEM, OSTLER_E_CONFIG. */
enum ostler_status client_choose(struct client *client, const char *exchange, const char *topic, const char *server,
                                 const char *avoid, struct choice *choice, struct ostler_error *error);

/* All servers of a topic; the array is the caller's to free, and each conn to unref. */
enum ostler_status client_choose_all(struct client *client, const char *exchange, const char *topic,
                                     struct choice **choices, size_t *count, bool *complete,
                                     struct ostler_error *error);

/* What is known of this topic is doubtful. */
void client_doubt(struct client *client, const char *exchange, const char *topic);
void client_topics_clear(struct client *client);

/* --- client_send.c ------------------------------------------------------------------------------------------------ */

static inline bool client_passed(ostler_time deadline)
{
    return deadline == OSTLER_AT_ONCE || (deadline != OSTLER_NEVER && ostler_now() >= deadline);
}

/* When to look again at what tells nobody that it changed: soon, and not after the deadline. */
ostler_time client_look_again(ostler_time deadline);

/* Waits for a connection to be made, or to have room, until it is to be looked at again. */
void client_wait_writable(const struct conn *conn, ostler_time deadline);

/* Waits until another server or node is known, or it is to be looked for again. */
void client_wait_changed(struct client *client, ostler_time deadline);

/* Prints both values one behind the other, the part of a message behind a request's head; no value is no bytes, which
 * mean an empty object. `wire` gets the lengths. OSTLER_E_NOMEM. */
enum ostler_status client_print_values(struct ostler_json_text *text, struct json_object *context,
                                       struct json_object *args, struct wire_request *wire, struct iovec *part,
                                       struct ostler_error *error);

/* --- client_held.c ------------------------------------------------------------------------------------------------ */

/* The conn holds something now, and did not before. */
void client_hold(struct client *client, struct conn *conn);

/* Sends what has been held since `before` or longer. Returns whether something is held still. */
bool client_flush(struct client *client, ostler_time before);

/* --- client_replies.c --------------------------------------------------------------------------------------------- */

/* Asks nodes that have not said what they serve, and reads what they say until the deadline at most. */
void client_discover(struct client *client, ostler_time deadline);

/* Only asks them. */
void client_greet(struct client *client);

/* Waits for what `epoll` watches, and reads that, for others; `wake` is a descriptor in there that ends the waiting. */
void client_read_once(struct client *client, int epoll, int wake, ostler_time deadline);

/* Reads whatever has come, for others. */
void client_drain(struct client *client);

/* --- client_bounced.c: requests that servers gave back; `reading` is held ----------------------------------------- */

void client_bounce(struct client *client, uint64_t id, enum wire_refusal reason, const struct wire_record *refused);

/* Keeps a request that cannot be sent just now; parts[0] is its record's head. `reading` is not held. False if there is
 * no room. */
bool client_defer(struct client *client, const struct wire_request *request, const struct iovec *parts, int count);

void client_bounced_retry(struct client *client);
void client_bounced_clear(struct client *client);

#endif
