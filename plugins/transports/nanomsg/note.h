/* SPDX-License-Identifier: Apache-2.0 */
/* A notification under way: a copy to every listener without a pool, and one to each pool. A copy has arrived when its
 * listener's node says so; one that found no room is sent again, in a pool to the next member.
 *
 * Whoever runs it does so step by step, and waits in between as it likes: its sender, or whoever polls for replies if the
 * sender has gone on. One thread at a time. */
#ifndef NOTE_H
#define NOTE_H

#include "client.h"

enum copy_state { COPY_TO_SEND, COPY_SENT, COPY_TAKEN, COPY_MISSED, COPY_NOBODY };

/* One copy of the notification, for one of `count` listeners. */
struct copy {
    struct note *note;
    enum copy_state state;
    enum note_outcome outcome; /* while it is sent; under the notes' lock, as is the place */
    uint32_t place;
    enum note_outcome seen; /* of that, by who runs it */
    uint64_t id;
    struct choice *members;
    size_t count, at; /* of them, the one it goes to */
    size_t tried;     /* of them in this round */
    bool busy;        /* one of those was there and did not take it */
    int rounds;
    ostler_time again; /* when to send it */
};

struct note {
    struct client *client;
    const char *exchange, *topic; /* the topic with its priority */
    struct wire_request wire;
    struct iovec values; /* context and notification */
    size_t size;         /* of all this */
    int retry;
    ostler_time deadline;
    uint64_t call_id; /* 0: its sender waits */
    bool more;
    bool was_sent;   /* a copy, so that there may be outcomes */
    bool is_patient; /* its sender waits for room: that is no attempt */

    enum ostler_status status; /* what keeps all copies from being sent, and why */
    struct ostler_error failure;
    struct choice *choices;
    size_t choice_count;
    struct copy *copies;
    size_t count;
    int looks;              /* for listeners, that were in vain */
    ostler_time look_until; /* nodes may say until then what they serve */
    ostler_time next;       /* when to take the next step, whatever happens */
    struct conn *full;      /* counted: the last one that had no room for a copy */

    /* Under the notes' lock. */
    size_t open;  /* copies whose outcome is */
    bool changed; /* the outcome of a copy has been told since the last step */
    bool is_kept, is_ready, running;
    struct note *next_ready;
    struct note *prev_kept, *next_kept;
    char texts[];
};

/* --- note.c ------------------------------------------------------------------------------------------------------- */

/* Makes one of what the caller has; the texts are copied. OSTLER_E_TARGET, OSTLER_E_INVALID, OSTLER_E_NOMEM. */
enum ostler_status note_new(struct client *client, const struct ostler_outgoing_notification *notification,
                            struct note **note, struct ostler_error *error);
void note_free(struct note *note);

/* Looks for listeners, sends what is to be sent, and sees to what became of the rest. True if there is nothing more to
 * be done. Never waits. */
bool note_step(struct note *note);

/* Whether all copies have been sent, or nobody listens. */
bool note_is_under_way(const struct note *note);

/* Whether no copy could be sent, because a listener does not read. */
bool note_has_no_room(const struct note *note);

/* There is room again: what could not be sent is sent in the next step. */
void note_hurry(struct note *note);

/* How it ended, or would if it ended now: the status, and a sentence unless that is OSTLER_OK. */
enum ostler_status note_result(const struct note *note, struct ostler_error *error);

/* --- client_notes.c ----------------------------------------------------------------------------------------------- */

/* A copy that is about to be sent gets its id. False without memory. */
bool notes_begin_copy(struct notes *notes, struct copy *copy);
/* It was not sent, or is not waited for any more. */
void notes_forget_copy(struct notes *notes, struct copy *copy);

/* Takes note of outcomes: before a step. */
void notes_see_outcomes(struct notes *notes, struct note *note);

/* Returns when one of the copies has ended, or something has come, at the latest when it is to be looked at again. */
void notes_wait(struct note *note, ostler_time until);

/* Waits until no more is kept than may be. OSTLER_E_BUSY, OSTLER_E_TIMEOUT. */
enum ostler_status notes_await_room(struct note *note, ostler_time deadline, struct ostler_error *error);

/* Its sender goes on: from here on it is client_notes_run()'s. */
void notes_keep(struct note *note);

#endif
