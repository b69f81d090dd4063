/* SPDX-License-Identifier: Apache-2.0 */
/* From messages to bodies. The message is written as text, and that text once more as a string into the envelope. */
#include "wire_text.h"

#include <stdio.h>

static void begin(struct wire_text *text)
{
    text->length = 0;
    text->failed = false;
    text->problem = NULL;
}

static bool put_envelope(struct wire_text *body, const struct wire_text *message)
{
    begin(body);
    if (message->failed) {
        wire_fail(body, message->problem);
        return false;
    }
    wire_put(body, "{\"oslo.version\": \"2.0\", \"oslo.message\": ");
    wire_put_string(body, message->data, message->length);
    wire_put(body, "}");
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

bool wire_write_request(struct wire_text *body, struct wire_text *scratch, const struct ostler_message *message,
                        const struct wire_request_ids *ids)
{
    begin(scratch);
    wire_put(scratch, "{\"method\": ");
    wire_put_string(scratch, message->method, strlen(message->method));
    wire_put(scratch, ", \"args\": ");
    if (message->args)
        wire_put_value(scratch, message->args);
    else
        wire_put(scratch, "{}");
    if (message->namespace_)
        put_text_member(scratch, "namespace", message->namespace_);
    if (message->version)
        put_text_member(scratch, "version", message->version);
    if (ids->msg_id) {
        put_text_member(scratch, "_msg_id", ids->msg_id);
        put_text_member(scratch, "_reply_q", ids->reply_q);
        put_monitor_timeout(scratch, ids->monitor_timeout);
    }
    put_text_member(scratch, "_unique_id", ids->unique_id);
    put_context(scratch, message->context);
    wire_put(scratch, "}");
    return put_envelope(body, scratch);
}

bool wire_write_notification(struct wire_text *body, struct wire_text *scratch, struct json_object *message,
                             struct json_object *context, const char *unique_id, bool enveloped)
{
    struct wire_text *text = enveloped ? scratch : body;
    const char *before = "{";

    begin(text);
    json_object_object_foreach(message, name, value)
    {
        wire_put(text, before);
        wire_put_name(text, "", name);
        wire_put(text, ": ");
        wire_put_value(text, value);
        before = ", ";
    }
    if (before[0] == '{')
        wire_put(text, "{\"priority\": null");
    put_text_member(text, "_unique_id", unique_id);
    put_context(text, context);
    wire_put(text, "}");
    return enveloped ? put_envelope(body, scratch) : !body->failed;
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

bool wire_write_reply(struct wire_text *body, struct wire_text *scratch, struct json_object *msg_id,
                      const struct ostler_answer *answer, bool ending, const char *unique_id)
{
    begin(scratch);
    wire_put(scratch, "{\"result\": ");
    if (answer && !answer->failed)
        wire_put_value(scratch, answer->value);
    else
        wire_put(scratch, "null");
    wire_put(scratch, ", \"failure\": ");
    if (answer && answer->failed)
        put_failure(scratch, answer->value);
    else
        wire_put(scratch, "null");
    wire_put(scratch, ending ? ", \"ending\": true" : ", \"ending\": false");
    wire_put(scratch, ", \"_msg_id\": ");
    wire_put_value(scratch, msg_id);
    put_text_member(scratch, "_unique_id", unique_id);
    wire_put(scratch, "}");
    return put_envelope(body, scratch);
}
