/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way, and in the hands of the server that took it. */
#ifndef FAKE_MESSAGE_H
#define FAKE_MESSAGE_H

#include "replies.h"

/* How it was sent: it decides who else may get it when a server stops. */
enum fake_route { FAKE_TO_TOPIC, FAKE_TO_SERVER, FAKE_TO_ALL };

struct fake_message {
    struct ostler_incoming incoming; /* first: what the core sees */
    struct fake_replies *replies;    /* the caller's; NULL for a cast */
    uint64_t call_id;
    enum fake_route route;
    char texts[]; /* method, namespace, version */
};

/* Makes a message with copies of all it carries. `replies` is the sender's. OSTLER_E_INVALID, OSTLER_E_NOMEM. */
enum ostler_status fake_message_new(const struct ostler_outgoing *outgoing, struct fake_replies *replies,
                                    struct fake_message **message, struct ostler_error *error);

/* NULL is fine. */
void fake_message_free(struct fake_message *message);

/* Tells the caller that nobody will answer, and frees it. */
void fake_message_lose(struct fake_message *message, const char *reason);

/* The driver's operations of the same names. */
enum ostler_status fake_message_reply(struct fake_message *message, const struct ostler_answer *answer,
                                      struct ostler_error *error);
void fake_message_heartbeat(struct fake_message *message);

#endif
