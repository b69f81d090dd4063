/* SPDX-License-Identifier: Apache-2.0 */
/* oslo.messaging's JSON: the envelope (version 2.0), requests, replies, failures and notifications, both ways. Knows
 * nothing of AMQP. */
#ifndef WIRE_H
#define WIRE_H

#include <ostler/driver.h>

#include <json-c/json.h>

/* Values nested deeper are not written: Python does not read them. */
enum { WIRE_WRITE_DEPTH = 900 };

/* Text that grows up to a limit. Zeroed but for the limit to begin with; kept for the next message with length = 0. */
struct wire_text {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit;
    bool nested;         /* it is within a JSON string: the JSON in it is escaped once more */
    bool failed;         /* everything written since is lost */
    const char *problem; /* then: what is wrong, for a sentence that begins "it" */
};

void wire_text_free(struct wire_text *text);

/* What a request carries besides the caller's message. */
struct wire_request_ids {
    const char *msg_id;     /* NULL: a cast */
    const char *reply_q;    /* with msg_id */
    double monitor_timeout; /* with msg_id; 0: null */
    const char *unique_id;
};

/* Writes the body of a request, envelope included, over `body`. False if it failed: body->problem says why. */
bool wire_write_request(struct wire_text *body, const struct ostler_message *message,
                        const struct wire_request_ids *ids);

/* Writes the body of a reply. `msg_id` is echoed as it came, whatever its type. `ending` is false for a heartbeat. */
bool wire_write_reply(struct wire_text *body, struct json_object *msg_id, const struct ostler_answer *answer,
                      bool ending, const char *unique_id);

/* Writes the body of a notification: `message` (an object) with `context` (an object or NULL), in an envelope or bare. */
bool wire_write_notification(struct wire_text *body, struct json_object *message, struct json_object *context,
                             const char *unique_id, bool enveloped);

/* Opens a body: takes the envelope off (or accepts a bare message) and hands out the message object. OSTLER_E_INVALID
 * with what is wrong: no JSON, no object, an envelope of another version. */
enum ostler_status wire_unwrap(const char *body, size_t length, struct json_object **message,
                               struct ostler_error *error);

/* A request that was read; to be cleared. */
struct wire_request {
    struct ostler_message message; /* what it points to is the request's */
    struct json_object *msg_id;    /* NULL: no reply is wanted */
    const char *reply_q;           /* "" where the sender forgot it */
    const char *unique_id;         /* NULL: never a duplicate */
    double monitor_timeout;        /* 0: no heartbeats may be sent */
    bool args_broken;              /* `args` was there and no object */
    char *text;                    /* texts are in there, */
    struct json_object *object;    /* or in there */
};

void wire_request_clear(struct wire_request *request);

/* Opens a body that holds a request. OSTLER_E_INVALID as wire_unwrap(); what is wrong within the request is left to the
 * reader of its fields. */
enum ostler_status wire_open_request(const char *body, size_t length, struct wire_request *request,
                                     struct ostler_error *error);

/* Reads a message object as a request. False without memory. Nothing in a message object is taken on trust. */
bool wire_read_request(struct json_object *message, struct wire_request *request);

/* Which heartbeats a request's _timeout asks for: every so many seconds, halved; 0: none. */
double wire_monitor_timeout(struct json_object *timeout);

/* Takes the context out of a notification's message object, and whatever else is no member of the notification; a new
 * object, NULL without memory. */
struct json_object *wire_take_context(struct json_object *message);

/* A reply that was read; to be cleared. */
struct wire_reply {
    const char *msg_id;
    enum ostler_reply_kind kind;
    bool ending;
    struct json_object *value;
    char *text;                 /* msg_id is in there, */
    struct json_object *object; /* or in there */
};

void wire_reply_clear(struct wire_reply *reply);

/* Opens a body that holds a reply. OSTLER_E_INVALID as wire_unwrap(); reply->msg_id is NULL if it belongs to no call. */
enum ostler_status wire_open_reply(const char *body, size_t length, struct wire_reply *reply,
                                   struct ostler_error *error);

/* Reads a message object as a reply. False if it belongs to no call: no _msg_id. */
bool wire_read_reply(struct json_object *message, struct wire_reply *reply);

#endif
