/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"
#include "value.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

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

static struct fake_message *allocate(const struct ostler_outgoing *outgoing)
{
    const struct ostler_message *from = &outgoing->message;
    size_t texts = text_size(from->method) + text_size(from->namespace_) + text_size(from->version);
    struct fake_message *message = malloc(sizeof *message + texts);

    if (!message)
        return NULL;
    char *end = message->texts;
    message->incoming = (struct ostler_incoming){
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
    return message;
}

enum ostler_status fake_message_new(const struct ostler_outgoing *outgoing, struct fake_replies *replies,
                                    struct fake_message **message, struct ostler_error *error)
{
    struct fake_message *made = allocate(outgoing);

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a message");
    struct ostler_message *to = &made->incoming.message;
    enum ostler_status status = fake_value_copy_members(outgoing->message.context, &to->context, error);
    if (status == OSTLER_OK)
        status = fake_value_copy_members(outgoing->message.args, &to->args, error);
    if (status != OSTLER_OK) {
        fake_message_free(made);
        return status;
    }
    if (made->call_id)
        made->replies = fake_replies_ref(replies);
    *message = made;
    return OSTLER_OK;
}

void fake_message_free(struct fake_message *message)
{
    if (!message)
        return;
    json_object_put(message->incoming.message.context);
    json_object_put(message->incoming.message.args);
    fake_replies_unref(message->replies);
    free(message);
}

void fake_message_lose(struct fake_message *message, const char *reason)
{
    if (message->replies) {
        struct ostler_reply reply = {
            .call_id = message->call_id,
            .kind = OSTLER_REPLY_LOST,
            .status = OSTLER_E_DELIVERY,
            .reason = strdup(reason),
        };
        fake_replies_push(message->replies, &reply, NULL);
    }
    fake_message_free(message);
}

enum ostler_status fake_message_reply(struct fake_message *message, const struct ostler_answer *answer,
                                      struct ostler_error *error)
{
    struct ostler_reply reply = {
        .call_id = message->call_id,
        .kind = answer->failed ? OSTLER_REPLY_FAILURE : OSTLER_REPLY_RESULT,
    };

    if (!message->replies)
        return OSTLER_OK;
    enum ostler_status status = fake_value_copy(answer->value, &reply.value, error);
    if (status != OSTLER_OK)
        return status;
    return fake_replies_push(message->replies, &reply, error);
}

void fake_message_heartbeat(struct fake_message *message)
{
    struct ostler_reply reply = {.call_id = message->call_id, .kind = OSTLER_REPLY_HEARTBEAT};

    if (message->replies)
        fake_replies_push(message->replies, &reply, NULL);
}
