/* SPDX-License-Identifier: Apache-2.0 */
/* From bodies to messages. What is wrong with a body is found here; what is wrong with a request's fields is left for
 * the answer, except where nothing could be answered. */
#include "wire_parse.h"
#include "wire_quick.h"
#include "wire_text.h"

#include <ostler/json.h>
#include <ostler/version.h>

#include <stdlib.h>

static enum ostler_status parse_object(const char *text, size_t length, const char *what, struct json_object **object,
                                       struct ostler_error *error)
{
    struct json_object *value = NULL;
    enum ostler_status status = wire_parse(text, length, what, &value, error);

    if (status != OSTLER_OK)
        return status;
    if (!json_object_is_type(value, json_type_object)) {
        status = ostler_error_set(error, OSTLER_E_INVALID, "%s: an object was expected, not %s", what,
                                  json_type_to_name(json_object_get_type(value)));
        json_object_put(value);
        return status;
    }
    *object = value;
    return OSTLER_OK;
}

/* "2.0" and what is compatible with it: major 2, nothing newer. */
static bool known_envelope(struct json_object *version)
{
    return json_object_is_type(version, json_type_string) &&
           ostler_version_compatible("2.0", json_object_get_string(version));
}

static enum ostler_status open_envelope(struct json_object *version, struct json_object *inner,
                                        struct json_object **message, struct ostler_error *error)
{
    if (!known_envelope(version))
        return ostler_error_set(error, OSTLER_E_INVALID, "envelope version %s is not supported, 2.0 is",
                                json_object_to_json_string(version));
    if (!json_object_is_type(inner, json_type_string))
        return ostler_error_set(error, OSTLER_E_INVALID, "oslo.message: a string was expected, not %s",
                                json_type_to_name(json_object_get_type(inner)));
    return parse_object(json_object_get_string(inner), (size_t)json_object_get_string_len(inner), "oslo.message",
                        message, error);
}

/* False if the body is anything but the usual envelope: then it is opened step by step, and what is wrong with it is said. */
static bool open_usual(const char *bytes, size_t length, struct json_object **message)
{
    struct json_object *value = NULL;
    size_t text_length;
    char *text = wire_quick_text(bytes, length, &text_length);
    bool good = text && wire_parse(text, text_length, "", &value, NULL) == OSTLER_OK;

    free(text);
    if (good && json_object_is_type(value, json_type_object)) {
        *message = value;
        return true;
    }
    json_object_put(value);
    return false;
}

enum ostler_status wire_unwrap(const char *bytes, size_t length, struct json_object **message,
                               struct ostler_error *error)
{
    struct json_object *body = NULL, *version, *inner;
    enum ostler_status status = OSTLER_OK;

    /* An empty body is an empty message to oslo.messaging. */
    if (length == 0) {
        *message = json_object_new_object();
        return *message ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    if (open_usual(bytes, length, message))
        return OSTLER_OK;
    status = parse_object(bytes, length, "the body", &body, error);
    if (status != OSTLER_OK)
        return status;
    if (!json_object_object_get_ex(body, "oslo.version", &version) ||
        !json_object_object_get_ex(body, "oslo.message", &inner)) {
        *message = body;
        return OSTLER_OK;
    }
    status = open_envelope(version, inner, message, error);
    json_object_put(body);
    return status;
}

static const char *text_of(struct json_object *message, const char *name)
{
    struct json_object *value = json_object_object_get(message, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* A version that is there but is no text must match nothing; one that is absent stands for 1.0. */
static const char *version_of(struct json_object *message)
{
    struct json_object *value;

    if (!json_object_object_get_ex(message, "version", &value))
        return NULL;
    if (!value)
        return "None";
    return json_object_get_string(value);
}

/* Python's truth: null, false, 0, "", [] and {} are none. */
static bool is_truthy(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        return false;
    case json_type_boolean:
        return json_object_get_boolean(value);
    case json_type_int:
    case json_type_double:
        return json_object_get_double(value) != 0.0;
    case json_type_string:
        return json_object_get_string_len(value) > 0;
    case json_type_array:
        return json_object_array_length(value) > 0;
    case json_type_object:
        return json_object_object_length(value) > 0;
    }
    return false;
}

/* Heartbeats go out every int(timeout) / 2 seconds, and not at all below two: a caller that did not ask must get none. */
double wire_monitor_timeout(struct json_object *timeout)
{
    if (!json_object_is_type(timeout, json_type_int) && !json_object_is_type(timeout, json_type_double) &&
        !json_object_is_type(timeout, json_type_string))
        return 0.0;
    double seconds = (double)json_object_get_int64(timeout);
    return seconds >= 2.0 && seconds < 1e9 ? seconds : 0.0;
}

static struct json_object *context_of(struct json_object *message)
{
    static const char prefix[] = "_context_";
    const size_t skip = sizeof prefix - 1;
    struct json_object *context = json_object_new_object();

    if (!context)
        return NULL;
    json_object_object_foreach(message, name, value)
    {
        if (strncmp(name, prefix, skip) == 0)
            json_object_object_add(context, name + skip, json_object_get(value));
    }
    return context;
}

struct json_object *wire_take_context(struct json_object *message)
{
    static const char *const strange[] = {"_unique_id", "_msg_id", "_reply_q", "_timeout"};
    struct json_object *context = context_of(message);

    if (!context)
        return NULL;
    json_object_object_foreach(message, name, value)
    {
        (void)value;
        if (strncmp(name, "_context_", 9) == 0)
            json_object_object_del(message, name);
    }
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        json_object_object_del(message, strange[i]);
    return context;
}

bool wire_read_request(struct json_object *message, struct wire_request *request)
{
    struct json_object *context = context_of(message);
    struct json_object *args = NULL, *msg_id = json_object_object_get(message, "_msg_id");
    bool has_args = json_object_object_get_ex(message, "args", &args);
    const char *reply_q = text_of(message, "_reply_q");

    if (!context)
        return false;
    *request = (struct wire_request){
        .message = {.method = text_of(message, "method"),
                    .namespace_ = json_object_get_string(json_object_object_get(message, "namespace")),
                    .version = version_of(message),
                    .context = context,
                    .args = json_object_is_type(args, json_type_object) ? json_object_get(args) : NULL},
        .msg_id = is_truthy(msg_id) ? json_object_get(msg_id) : NULL,
        .reply_q = reply_q ? reply_q : "",
        .unique_id = text_of(message, "_unique_id"),
        .monitor_timeout = is_truthy(msg_id) ? wire_monitor_timeout(json_object_object_get(message, "_timeout")) : 0.0,
        .args_broken = has_args && !json_object_is_type(args, json_type_object),
        .object = json_object_get(message),
    };
    return true;
}

void wire_request_clear(struct wire_request *request)
{
    json_object_put(request->message.context);
    json_object_put(request->message.args);
    json_object_put(request->msg_id);
    json_object_put(request->object);
    free(request->text);
}

enum ostler_status wire_open_request(const char *body, size_t length, struct wire_request *request,
                                     struct ostler_error *error)
{
    struct json_object *message = NULL;

    if (wire_quick_request(body, length, request))
        return OSTLER_OK;
    enum ostler_status status = wire_unwrap(body, length, &message, error);
    if (status == OSTLER_OK && !wire_read_request(message, request))
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    json_object_put(message);
    return status;
}

/* A failure that cannot be read is a failure all the same. */
static struct json_object *failure_of(struct json_object *failure)
{
    struct json_object *value = NULL;

    if (json_object_is_type(failure, json_type_object))
        return json_object_get(failure);
    if (json_object_is_type(failure, json_type_string) &&
        wire_parse(json_object_get_string(failure), (size_t)json_object_get_string_len(failure), "", &value, NULL) !=
            OSTLER_OK)
        return NULL;
    return value;
}

bool wire_read_reply(struct json_object *message, struct wire_reply *reply)
{
    struct json_object *failure = json_object_object_get(message, "failure");
    struct json_object *result = json_object_object_get(message, "result");
    const char *id = text_of(message, "_msg_id");

    if (!id)
        return false;
    *reply = (struct wire_reply){.msg_id = id,
                                 .ending = is_truthy(json_object_object_get(message, "ending")),
                                 .object = json_object_get(message)};
    if (is_truthy(failure)) {
        reply->kind = OSTLER_REPLY_FAILURE;
        reply->value = failure_of(failure);
    } else {
        reply->kind = !reply->ending && !result ? OSTLER_REPLY_HEARTBEAT : OSTLER_REPLY_RESULT;
        reply->value = json_object_get(result);
    }
    return true;
}

void wire_reply_clear(struct wire_reply *reply)
{
    json_object_put(reply->value);
    json_object_put(reply->object);
    free(reply->text);
}

enum ostler_status wire_open_reply(const char *body, size_t length, struct wire_reply *reply,
                                   struct ostler_error *error)
{
    struct json_object *message = NULL;

    if (wire_quick_reply(body, length, reply))
        return OSTLER_OK;
    enum ostler_status status = wire_unwrap(body, length, &message, error);
    if (status == OSTLER_OK && !wire_read_reply(message, reply))
        *reply = (struct wire_reply){.msg_id = NULL};
    json_object_put(message);
    return status;
}
