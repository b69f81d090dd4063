/* SPDX-License-Identifier: Apache-2.0 */
/* From what a caller asks to a message for the driver: everything that can be refused is refused here, before anything
 * is sent. */
#include "client_parts.h"

#include <ostler/version.h>

#include <json-c/json.h>
#include <string.h>

static enum ostler_status check_target(const ostler_client *client, bool may_fanout, struct ostler_error *error)
{
    const struct ostler_target *target = &client->target;
    char text[TARGET_TEXT_SIZE];

    if (target->fanout && !may_fanout)
        return ostler_error_set(error, OSTLER_E_TARGET, "A call cannot be used with fanout: %s",
                                target_text(target, text, sizeof text));
    if (!target->topic || !target->topic[0])
        return ostler_error_set(error, OSTLER_E_TARGET, "A topic is required to send");
    if (!ostler_version_compatible(client->options.version_cap, target->version))
        return ostler_error_set(error, OSTLER_E_VERSION_CAP, "version %s is not allowed by the version cap %s: %s",
                                target->version ? target->version : "(none)", client->options.version_cap,
                                target_text(target, text, sizeof text));
    return OSTLER_OK;
}

static enum ostler_status check_values(struct json_object *context, const char *method, struct json_object *args,
                                       struct ostler_error *error)
{
    if (!method || !method[0] || strlen(method) > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_INVALID, "a method needs a name of 1 to %d bytes", OSTLER_NAME_MAX);
    if (args && !json_object_is_type(args, json_type_object))
        return ostler_error_set(error, OSTLER_E_INVALID, "the arguments of %s must be an object", method);
    if (context && !json_object_is_type(context, json_type_object))
        return ostler_error_set(error, OSTLER_E_INVALID, "the context of %s must be an object", method);
    return OSTLER_OK;
}

static enum ostler_status serialize_args(const struct ostler_serializer *serializer, struct json_object *context,
                                         struct json_object *args, struct json_object **out, struct ostler_error *error)
{
    struct json_object *result = json_object_new_object();

    if (!result)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    json_object_object_foreach(args, name, value)
    {
        struct json_object *changed = NULL;
        enum ostler_status status = serializer->serialize_entity(serializer->user, context, value, &changed, error);
        if (status != OSTLER_OK) {
            ostler_error_prefix(error, "serializing argument %s", name);
            json_object_put(result);
            return status;
        }
        json_object_object_add(result, name, changed);
    }
    *out = result;
    return OSTLER_OK;
}

static enum ostler_status serialize(const struct ostler_serializer *serializer, struct outgoing *outgoing,
                                    struct ostler_error *error)
{
    struct ostler_message *message = &outgoing->message.message;
    struct json_object *context = message->context;
    enum ostler_status status = OSTLER_OK;

    if (serializer->serialize_entity && message->args) {
        status = serialize_args(serializer, context, message->args, &outgoing->own_args, error);
        message->args = outgoing->own_args;
    }
    if (status == OSTLER_OK && serializer->serialize_context) {
        status = serializer->serialize_context(serializer->user, context, &outgoing->own_context, error);
        message->context = outgoing->own_context;
        if (status != OSTLER_OK)
            ostler_error_prefix(error, "serializing the context");
    }
    return status;
}

enum ostler_status outgoing_prepare(const ostler_client *client, struct json_object *context, const char *method,
                                    struct json_object *args, bool is_call, bool may_fanout, struct outgoing *outgoing,
                                    struct ostler_error *error)
{
    const struct ostler_client_options *options = &client->options;
    enum ostler_status status = check_target(client, may_fanout, error);

    if (status == OSTLER_OK)
        status = check_values(context, method, args, error);
    if (status != OSTLER_OK)
        return status;

    ostler_time deadline = ostler_deadline(options->timeout);
    *outgoing = (struct outgoing){.message = {
                                      .target = client->target,
                                      .message = {.method = method,
                                                  .namespace_ = client->target.namespace_,
                                                  .version = client->target.version,
                                                  .context = context,
                                                  .args = args},
                                      .deadline = deadline,
                                      .expiry = is_call ? deadline : OSTLER_NEVER,
                                      .monitor_timeout = is_call ? options->call_monitor_timeout : 0.0,
                                      .retry = options->retry,
                                      .at_least_once = options->at_least_once,
                                  }};
    if (options->serializer) {
        status = serialize(options->serializer, outgoing, error);
        if (status != OSTLER_OK)
            outgoing_clear(outgoing);
    }
    return status;
}

void outgoing_clear(struct outgoing *outgoing)
{
    json_object_put(outgoing->own_context);
    json_object_put(outgoing->own_args);
    outgoing->own_context = outgoing->own_args = NULL;
}
