/* SPDX-License-Identifier: Apache-2.0 */
/* From messages to bodies. The message is text in a string of the envelope; both are written in one go. */
#include "wire_text.h"

#include <stdio.h>

static void begin(struct wire_text *body, bool enveloped)
{
    body->length = 0;
    body->failed = false;
    body->problem = NULL;
    body->nested = false;
    if (enveloped)
        wire_put(body, "{\"oslo.version\": \"2.0\", \"oslo.message\": \"");
    body->nested = enveloped;
}

static bool finish(struct wire_text *body)
{
    bool enveloped = body->nested;

    wire_put(body, "}");
    body->nested = false;
    if (enveloped)
        wire_put(body, "\"}");
    return !body->failed;
}

static void put_text_member(struct wire_text *text, const char *name, const char *value)
{
    wire_put(text, ", \"");
    wire_put(text, name);
    wire_put(text, "\": ");
    wire_put_string(text, value, strlen(value));
}

static void put_context(struct wire_text *text, struct json_object *context)
{
    if (!context)
        return;
    json_object_object_foreach(context, name, value)
    {
        wire_put(text, ", ");
        wire_put_name(text, "_context_", name);
        wire_put(text, ": ");
        wire_put_value(text, value);
    }
}

/* Python reads the number with int() or as it is: whole seconds stay whole. */
static void put_monitor_timeout(struct wire_text *text, double seconds)
{
    char number[64];

    if (seconds <= 0.0) {
        wire_put(text, ", \"_timeout\": null");
        return;
    }
    snprintf(number, sizeof number, ", \"_timeout\": %.15g", seconds);
    wire_put(text, number);
}

bool wire_write_request(struct wire_text *body, const struct ostler_message *message,
                        const struct wire_request_ids *ids)
{
    begin(body, true);
    wire_put(body, "{\"method\": ");
    wire_put_string(body, message->method, strlen(message->method));
    wire_put(body, ", \"args\": ");
    if (message->args)
        wire_put_value(body, message->args);
    else
        wire_put(body, "{}");
    if (message->namespace_)
        put_text_member(body, "namespace", message->namespace_);
    if (message->version)
        put_text_member(body, "version", message->version);
    if (ids->msg_id) {
        put_text_member(body, "_msg_id", ids->msg_id);
        put_text_member(body, "_reply_q", ids->reply_q);
        put_monitor_timeout(body, ids->monitor_timeout);
    }
    put_text_member(body, "_unique_id", ids->unique_id);
    put_context(body, message->context);
    return finish(body);
}

bool wire_write_notification(struct wire_text *body, struct json_object *message, struct json_object *context,
                             const char *unique_id, bool enveloped)
{
    const char *before = "{";

    begin(body, enveloped);
    json_object_object_foreach(message, name, value)
    {
        wire_put(body, before);
        wire_put_name(body, "", name);
        wire_put(body, ": ");
        wire_put_value(body, value);
        before = ", ";
    }
    if (before[0] == '{')
        wire_put(body, "{\"priority\": null");
    put_text_member(body, "_unique_id", unique_id);
    put_context(body, context);
    return finish(body);
}

/* A failure travels as JSON text inside the message: a string once more. */
static void put_failure(struct wire_text *text, struct json_object *failure)
{
    struct wire_text inner = {.limit = text->limit};

    wire_put_value(&inner, failure);
    if (inner.failed)
        wire_fail(text, inner.problem);
    else
        wire_put_string(text, inner.data, inner.length);
    wire_text_free(&inner);
}

bool wire_write_reply(struct wire_text *body, struct json_object *msg_id, const struct ostler_answer *answer,
                      bool ending, const char *unique_id)
{
    begin(body, true);
    wire_put(body, "{\"result\": ");
    if (answer && !answer->failed)
        wire_put_value(body, answer->value);
    else
        wire_put(body, "null");
    wire_put(body, ", \"failure\": ");
    if (answer && answer->failed)
        put_failure(body, answer->value);
    else
        wire_put(body, "null");
    wire_put(body, ending ? ", \"ending\": true" : ", \"ending\": false");
    wire_put(body, ", \"_msg_id\": ");
    wire_put_value(body, msg_id);
    put_text_member(body, "_unique_id", unique_id);
    return finish(body);
}
