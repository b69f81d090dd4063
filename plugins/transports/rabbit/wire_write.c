/* SPDX-License-Identifier: Apache-2.0 */
/* From messages to bodies. The message is text in a string of the envelope; both are written in one go. */
#include "wire_text.h"

#include <stdio.h>

/* Within the envelope's string each quote has a backslash. */
#define QUOTE      "\\\""
#define NAME(name) QUOTE name QUOTE ": "

/* A literal that is within the envelope already. */
#define PUT(text, literal) wire_put_bytes(text, literal, sizeof(literal) - 1)

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

    wire_put_bytes(body, "}", 1);
    body->nested = false;
    if (enveloped)
        wire_put_bytes(body, "\"}", 2);
    return !body->failed;
}

static void put_text(struct wire_text *text, const char *value)
{
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

    PUT(text, ", " NAME("_timeout"));
    if (seconds > 0.0)
        snprintf(number, sizeof number, "%.15g", seconds);
    wire_put_bytes(text, seconds > 0.0 ? number : "null", seconds > 0.0 ? strlen(number) : 4);
}

bool wire_write_request(struct wire_text *body, const struct ostler_message *message,
                        const struct wire_request_ids *ids)
{
    begin(body, true);
    PUT(body, "{" NAME("method"));
    put_text(body, message->method);
    PUT(body, ", " NAME("args"));
    if (message->args)
        wire_put_value(body, message->args);
    else
        PUT(body, "{}");
    if (message->namespace_) {
        PUT(body, ", " NAME("namespace"));
        put_text(body, message->namespace_);
    }
    if (message->version) {
        PUT(body, ", " NAME("version"));
        put_text(body, message->version);
    }
    if (ids->msg_id) {
        PUT(body, ", " NAME("_msg_id"));
        put_text(body, ids->msg_id);
        PUT(body, ", " NAME("_reply_q"));
        put_text(body, ids->reply_q);
        put_monitor_timeout(body, ids->monitor_timeout);
    }
    PUT(body, ", " NAME("_unique_id"));
    put_text(body, ids->unique_id);
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
    wire_put(body, ", \"_unique_id\": ");
    put_text(body, unique_id);
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
    PUT(body, "{" NAME("result"));
    wire_put_value(body, answer && !answer->failed ? answer->value : NULL);
    PUT(body, ", " NAME("failure"));
    if (answer && answer->failed)
        put_failure(body, answer->value);
    else
        PUT(body, "null");
    if (ending)
        PUT(body, ", " NAME("ending") "true, " NAME("_msg_id"));
    else
        PUT(body, ", " NAME("ending") "false, " NAME("_msg_id"));
    wire_put_value(body, msg_id);
    PUT(body, ", " NAME("_unique_id"));
    put_text(body, unique_id);
    return finish(body);
}
