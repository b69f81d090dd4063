/* SPDX-License-Identifier: Apache-2.0 */
/* A call that waits. */
#include "client_parts.h"

#include <json-c/json.h>
#include <stdlib.h>

enum ostler_status client_take_result(const struct ostler_serializer *serializer, struct json_object *context,
                                      struct json_object *value, struct json_object **result,
                                      struct ostler_error *error)
{
    if (!serializer || !serializer->deserialize_entity) {
        *result = value;
        return OSTLER_OK;
    }
    struct json_object *changed = NULL;
    enum ostler_status status = serializer->deserialize_entity(serializer->user, context, value, &changed, error);
    json_object_put(value);
    if (status == OSTLER_OK)
        *result = changed;
    else
        ostler_error_prefix(error, "deserializing the result");
    return status;
}

/* What is known of a call that got no answer, as a value; NULL without memory. */
static struct json_object *timeout_details(const struct timed_out *what, bool silent, double allowed)
{
    struct json_object *details = json_object_new_object();

    if (!details)
        return NULL;
    json_object_object_add(details, "method", json_object_new_string(what->method));
    json_object_object_add(details, "sent", json_object_new_boolean(true));
    json_object_object_add(details, "heartbeat_seen", json_object_new_boolean(what->call->heartbeat_seen));
    json_object_object_add(details, "limit", json_object_new_string(silent ? "monitor" : "timeout"));
    json_object_object_add(details, "seconds", json_object_new_double(allowed));
    if (what->ops->explain)
        what->ops->explain(what->driver, what->call_id, details);
    return details;
}

enum ostler_status client_explain_timeout(const struct timed_out *what, struct ostler_error *error)
{
    bool silent = what->call->monitor_deadline < what->call->deadline;
    double allowed = silent ? what->monitor_timeout : what->timeout;

    /* The driver is asked also where nobody wants to know: it may have lost the way for answers. */
    struct json_object *details = timeout_details(what, silent, allowed);
    if (!error) {
        json_object_put(details);
        return OSTLER_E_TIMEOUT;
    }
    const char *explanation = json_object_get_string(json_object_object_get(details, "explanation"));
    ostler_error_set(error, OSTLER_E_TIMEOUT, "Timed out waiting for a reply to %s%s%s%s: %s within %g s%s%s%s",
                     what->method, what->where ? " (" : "", what->where ? what->where : "", what->where ? ")" : "",
                     silent ? "no sign of life from the server" : "sent, but no answer", allowed,
                     what->call->heartbeat_seen ? "; a server was at work on it" : "", explanation ? "; " : "",
                     explanation ? explanation : "");
    error->details = details;
    return OSTLER_E_TIMEOUT;
}

static enum ostler_status explain_timeout(const ostler_client *client, const struct outgoing *outgoing,
                                          const struct call *call, struct ostler_error *error)
{
    char target[TARGET_TEXT_SIZE];
    struct timed_out what = {.ops = client->ops,
                             .driver = client->driver,
                             .call = call,
                             .call_id = outgoing->message.call_id,
                             .method = outgoing->message.message.method,
                             .where = target_text(&client->target, target, sizeof target),
                             .timeout = client->options.timeout,
                             .monitor_timeout = client->options.call_monitor_timeout};

    return client_explain_timeout(&what, error);
}

enum ostler_status client_take_end(const ostler_client *client, const struct outgoing *outgoing,
                                   const struct call *call, struct call_end *end, struct json_object **result,
                                   struct ostler_error *error)
{
    struct json_object *value = end->value;
    enum ostler_status status = end->status;

    end->value = NULL;
    switch (status) {
    case OSTLER_OK:
        status =
            client_take_result(client->options.serializer, outgoing->message.message.context, value, result, error);
        break;
    case OSTLER_E_REMOTE:
        ostler_error_set_remote(error, value);
        json_object_put(value);
        break;
    case OSTLER_E_TIMEOUT:
        if (!end->reason) {
            explain_timeout(client, outgoing, call, error);
            break;
        }
        /* fall through */
    default:
        json_object_put(value);
        ostler_error_set(error, status, "%s: %s", outgoing->message.message.method,
                         end->reason ? end->reason : ostler_status_text(status));
    }
    call_end_clear(end);
    return status;
}

enum ostler_status ostler_client_call(const ostler_client *client, struct json_object *context, const char *method,
                                      struct json_object *args, struct json_object **result, struct ostler_error *error)
{
    struct outgoing outgoing;
    struct waited_call waited;
    enum ostler_status status = outgoing_prepare(client, context, method, args, true, false, &outgoing, error);

    if (status != OSTLER_OK)
        return status;
    waited_call_init(&waited, CALL_WAITED, outgoing.message.deadline, client->options.call_monitor_timeout);
    status = replies_add(client->replies, &waited.call, &outgoing.message.call_id, error);
    if (status != OSTLER_OK)
        goto out;

    status = client->ops->send(client->driver, &outgoing.message, NULL, error);
    if (status != OSTLER_OK && replies_drop(client->replies, &waited.call))
        goto out;
    replies_wait(client->replies, &waited);
    status = client_take_end(client, &outgoing, &waited.call, &waited.call.end, result, error);
out:
    waited_call_fini(&waited);
    outgoing_clear(&outgoing);
    return status;
}
