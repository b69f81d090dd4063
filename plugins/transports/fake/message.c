/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of context and arguments that are packed without asking for memory. */
enum { SMALL = 1024 };

/* Copies a text that may be absent to *end, moves *end behind it and returns the copy. */
static const char *put_text(char **end, const char *text)
{
    char *start = *end;

    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    memcpy(start, text, size);
    *end += size;
    return start;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* With what is packed: a copy behind the texts, or if it is large, itself. */
static struct fake_message *allocate(const struct ostler_outgoing *outgoing, const struct fake_packed *packed)
{
    const struct ostler_message *from = &outgoing->message;
    size_t texts = text_size(from->method) + text_size(from->namespace_) + text_size(from->version);
    struct fake_message *message = malloc(sizeof *message + texts + (packed->on_heap ? 0 : packed->length));

    if (!message)
        return NULL;
    char *end = message->room;
    message->base.is_note = false;
    message->base.incoming = (struct ostler_incoming){
        .message.method = put_text(&end, from->method),
        .message.namespace_ = put_text(&end, from->namespace_),
        .message.version = put_text(&end, from->version),
        .wants_reply = outgoing->call_id != 0,
        .monitor_timeout = outgoing->call_id ? outgoing->monitor_timeout : 0.0,
        .deadline = outgoing->expiry,
    };
    message->replies = NULL;
    message->call_id = outgoing->call_id;
    message->route = outgoing->target.fanout ? FAKE_TO_ALL : outgoing->target.server ? FAKE_TO_SERVER : FAKE_TO_TOPIC;
    atomic_init(&message->holders, 1);
    message->packed = *packed;
    if (!packed->on_heap)
        message->packed.bytes = memcpy(end, packed->bytes, message->packed.capacity = packed->length);
    return message;
}

enum ostler_status fake_message_new(const struct ostler_outgoing *outgoing, struct fake_replies *replies,
                                    struct fake_message **message, struct ostler_error *error)
{
    char room[SMALL];
    struct fake_packed packed;
    struct fake_message *made = NULL;

    fake_packed_init(&packed, room, sizeof room);
    enum ostler_status status = fake_pack_members(&packed, outgoing->message.context, error);
    if (status == OSTLER_OK)
        status = fake_pack_members(&packed, outgoing->message.args, error);
    if (status == OSTLER_OK) {
        made = allocate(outgoing, &packed);
        if (!made)
            status = ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a message");
    }
    if (status != OSTLER_OK) {
        fake_packed_clear(&packed);
        return status;
    }
    if (made->call_id) {
        fake_replies_expect(replies);
        made->replies = replies;
    }
    *message = made;
    return OSTLER_OK;
}

enum ostler_status fake_message_open(struct fake_message *message, struct ostler_error *error)
{
    struct ostler_message *to = &message->base.incoming.message;
    const char *at = message->packed.bytes;

    if (!fake_unpack(&at, &to->context) || !fake_unpack(&at, &to->args))
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a request");
    if (message->packed.on_heap)
        fake_packed_clear(&message->packed);
    return OSTLER_OK;
}

void fake_message_release(struct fake_message *message)
{
    if (atomic_fetch_sub_explicit(&message->holders, 1, memory_order_acq_rel) != 1)
        return;
    fake_packed_clear(&message->packed);
    free(message);
}

void fake_message_free(struct fake_message *message)
{
    json_object_put(message->base.incoming.message.context);
    json_object_put(message->base.incoming.message.args);
    if (message->replies)
        fake_replies_forget(message->replies);
    fake_message_release(message);
}

/* What ends a call, if it is one. */
static enum ostler_status send_last(struct fake_message *message, struct fake_reply *reply, struct ostler_error *error)
{
    struct fake_replies *replies = message->replies;

    message->replies = NULL;
    return fake_replies_push(replies, reply, error);
}

void fake_message_lose(struct fake_message *message, const char *reason)
{
    if (message->replies) {
        struct fake_reply reply = {
            .call_id = message->call_id,
            .kind = OSTLER_REPLY_LOST,
            .status = OSTLER_E_DELIVERY,
            .reason = strdup(reason),
        };
        send_last(message, &reply, NULL);
    }
    fake_message_free(message);
}

enum ostler_status fake_message_reply(struct fake_message *message, const struct ostler_answer *answer,
                                      struct ostler_error *error)
{
    struct fake_reply reply = {
        .call_id = message->call_id,
        .kind = answer->failed ? OSTLER_REPLY_FAILURE : OSTLER_REPLY_RESULT,
        .answer = message,
    };

    if (!message->replies)
        return OSTLER_OK;
    message->packed.length = 0;
    enum ostler_status status = fake_pack(&message->packed, answer->value, error);
    if (status != OSTLER_OK) {
        fake_packed_clear(&message->packed);
        return status;
    }
    atomic_fetch_add_explicit(&message->holders, 1, memory_order_relaxed);
    return send_last(message, &reply, error);
}

void fake_message_heartbeat(struct fake_message *message)
{
    struct fake_reply reply = {.call_id = message->call_id, .kind = OSTLER_REPLY_HEARTBEAT};

    if (message->replies)
        fake_replies_push(message->replies, &reply, NULL);
}
