/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way, and in the hands of the server that took it. */
#ifndef FAKE_MESSAGE_H
#define FAKE_MESSAGE_H

#include "packed.h"
#include "replies.h"

#include <stdatomic.h>

/* What a listener hands out begins so. */
struct fake_incoming {
    struct ostler_incoming incoming; /* first: what the core sees */
    bool is_note;                    /* notes.c's; else a struct fake_message */
};

/* How it was sent: it decides who else may get it when a server stops. */
enum fake_route { FAKE_TO_TOPIC, FAKE_TO_SERVER, FAKE_TO_ALL };

/* Its memory comes from the sender, and goes back there with the answer: whoever of the two is the last frees it. */
struct fake_message {
    struct fake_incoming base;    /* first */
    struct fake_replies *replies; /* the caller's; NULL for a cast, and once it is answered */
    uint64_t call_id;
    enum fake_route route;
    atomic_uint holders;       /* its receiver, and its answer on the way */
    struct fake_packed packed; /* context and arguments until it is opened, later the answer */
    char room[];               /* method, namespace, version, and what is packed unless it is large */
};

/* Makes a message with copies of all it carries. `replies` is the sender's. OSTLER_E_INVALID, OSTLER_E_NOMEM. */
enum ostler_status fake_message_new(const struct ostler_outgoing *outgoing, struct fake_replies *replies,
                                    struct fake_message **message, struct ostler_error *error);

/* What its receiver does with it in the end, or whoever has it before. */
void fake_message_free(struct fake_message *message);

/* What the caller's side does with it once it has the answer. */
void fake_message_release(struct fake_message *message);

/* Tells the caller that nobody will answer, and frees it. */
void fake_message_lose(struct fake_message *message, const char *reason);

/* The driver's operations of the same names. */
enum ostler_status fake_message_open(struct fake_message *message, struct ostler_error *error);
enum ostler_status fake_message_reply(struct fake_message *message, const struct ostler_answer *answer,
                                      struct ostler_error *error);
void fake_message_heartbeat(struct fake_message *message);

#endif
