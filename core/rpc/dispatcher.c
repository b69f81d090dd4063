/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatcher.h"

#include "request_parts.h"

#include <ostler/log.h>

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

/* The stages, in their order. Each returns whether to go on; one that does not has ended the request. */

/* Nobody is told but the log: a message that nobody waits for, or a second one, which is no failure. */
static void drop_unopened(struct ostler_request *request, enum ostler_status status, const char *reason)
{
    struct ostler_server *server = request->server;

    if (status != OSTLER_E_CANCELLED) {
        stats_begin(&server->stats.unmatched);
        stats_end(&server->stats.unmatched, ostler_now() - request->began, true);
    }
    ostler_log(status == OSTLER_E_CANCELLED ? OSTLER_LOG_INFO : OSTLER_LOG_ERROR, "server",
               "%s: a message was dropped: %s", server->label, reason);
    request_drop(request);
}

/* Decodes what the driver only took off the wire. */
static bool open_incoming(struct ostler_request *request)
{
    const struct ostler_driver_ops *ops = request->server->ops;
    struct ostler_error error = OSTLER_ERROR_INIT;

    enum ostler_status status = ops->incoming_open ? ops->incoming_open(request->incoming, &error) : OSTLER_OK;
    if (status == OSTLER_OK)
        return true;
    const char *reason = error.message ? error.message : "it is broken";
    if (request->incoming->wants_reply) {
        stats_begin(&request->server->stats.unmatched);
        request_fail_text(request, "builtins", "ValueError", reason);
    } else {
        drop_unopened(request, status, reason);
    }
    ostler_error_clear(&error);
    return false;
}

/* Nobody waits for the answer any more: the caller's deadline has passed. */
static bool is_in_time(struct ostler_request *request)
{
    struct ostler_server *server = request->server;

    if (request->incoming->deadline == OSTLER_NEVER || request->began < request->incoming->deadline)
        return true;
    atomic_fetch_add_explicit(&server->stats.expired, 1, memory_order_relaxed);
    ostler_log(OSTLER_LOG_DEBUG, "server", "%s: a request for method %.255s came after its deadline and was left",
               server->label, request->incoming->message.method ? request->incoming->message.method : "(none)");
    request_drop(request);
    return false;
}

/* Why there is no method to call, in oslo.messaging's words: with no interface of this namespace and version at all it
 * is the version that is not supported. */
static void fail_unmatched(struct ostler_request *request, const char *method, const char *namespace_,
                           const char *version)
{
    const struct generation *generation = request->generation;
    char message[1024];

    for (size_t i = 0; i < generation->interface_count; i++) {
        if (!interface_matches(&generation->interfaces[i], namespace_, version))
            continue;
        snprintf(message, sizeof message, "Endpoint does not support RPC method %.255s", method);
        request_fail_text(request, "oslo_messaging.rpc.dispatcher", "NoSuchMethod", message);
        return;
    }
    snprintf(message, sizeof message, "Endpoint does not support RPC version %.255s. Attempted method: %.255s", version,
             method);
    request_fail_text(request, "oslo_messaging.rpc.dispatcher", "UnsupportedVersion", message);
}

/* Endpoint by namespace and version, method by name, access policy: the first one that passes all three. */
static bool find_method(struct ostler_request *request)
{
    const struct generation *generation = request->generation;
    const struct ostler_message *message = &request->incoming->message;
    const char *version = message->version ? message->version : "1.0";

    if (!message->method) {
        stats_begin(&request->server->stats.unmatched);
        request_fail_text(request, "builtins", "TypeError", "attribute name must be string, not 'NoneType'");
        return false;
    }
    const struct served_method *method = generation_find(generation, message->method);
    while (method && !(interface_matches(method->interface, message->namespace_, version) &&
                       generation->policy->is_allowed(method->interface->endpoint, method->method)))
        method = method->next;
    if (method) {
        request->method = method;
        stats_begin(method->stats);
        return true;
    }
    stats_begin(&request->server->stats.unmatched);
    fail_unmatched(request, message->method, message->namespace_, version);
    return false;
}

/* The arguments are an object from here on. An empty context is made into one when somebody asks for it. */
static bool take_values(struct ostler_request *request)
{
    struct ostler_message *message = &request->incoming->message;
    const struct ostler_serializer *serializer = request->server->serializer;

    if (message->args && !json_object_is_type(message->args, json_type_object)) {
        request_fail_text(request, "builtins", "TypeError", "the arguments of a method must be an object");
        return false;
    }
    if (json_object_is_type(message->context, json_type_object))
        request->context = message->context;
    request->owns_args = !message->args;
    request->args = message->args ? message->args : json_object_new_object();
    if (request->args && (!serializer || ostler_request_context(request)))
        return true;
    request_fail_text(request, "builtins", "MemoryError", "no memory for a request");
    return false;
}

static enum ostler_status deserialize_context(struct ostler_request *request,
                                              const struct ostler_serializer *serializer, struct ostler_error *error)
{
    struct json_object *context = NULL;

    if (!serializer->deserialize_context)
        return OSTLER_OK;
    enum ostler_status status = serializer->deserialize_context(serializer->user, request->context, &context, error);
    if (status != OSTLER_OK)
        return status;
    if (!json_object_is_type(context, json_type_object)) {
        json_object_put(context);
        return ostler_error_set(error, OSTLER_E_INVALID, "the serializer made a context that is no object");
    }
    if (request->owns_context)
        json_object_put(request->context);
    request->context = context;
    request->owns_context = true;
    return OSTLER_OK;
}

static enum ostler_status deserialize_args(struct ostler_request *request, const struct ostler_serializer *serializer,
                                           struct ostler_error *error)
{
    struct json_object *args = json_object_new_object();
    enum ostler_status status = args ? OSTLER_OK : OSTLER_E_NOMEM;

    json_object_object_foreach(request->args, name, value)
    {
        struct json_object *out = NULL;
        if (status == OSTLER_OK)
            status = serializer->deserialize_entity(serializer->user, request->context, value, &out, error);
        if (status == OSTLER_OK && json_object_object_add(args, name, out) != 0) {
            json_object_put(out);
            status = OSTLER_E_NOMEM;
        }
    }
    if (status != OSTLER_OK) {
        json_object_put(args);
        return status;
    }
    if (request->owns_args)
        json_object_put(request->args);
    request->args = args;
    request->owns_args = true;
    return OSTLER_OK;
}

static bool deserialize(struct ostler_request *request)
{
    const struct ostler_serializer *serializer = request->server->serializer;
    struct ostler_error error = OSTLER_ERROR_INIT;

    if (!serializer)
        return true;
    enum ostler_status status = deserialize_context(request, serializer, &error);
    if (status == OSTLER_OK && serializer->deserialize_entity)
        status = deserialize_args(request, serializer, &error);
    if (status != OSTLER_OK)
        request_fail_text(request, "builtins", "RuntimeError",
                          error.message ? error.message : ostler_status_text(status));
    ostler_error_clear(&error);
    return status == OSTLER_OK;
}

static bool check_params(struct ostler_request *request)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    if (params_check(request->method->params, request->method->method->name, request->args, &error) == OSTLER_OK)
        return true;
    request_fail_text(request, "builtins", "TypeError", error.message);
    ostler_error_clear(&error);
    return false;
}

/* A method that returns without an answer has one all the same, unless it kept the request. */
static void call_method(struct ostler_request *request)
{
    const struct served_method *method = request->method;

    if (request->incoming->wants_reply && request->incoming->monitor_timeout > 0.0)
        monitor_add(&request->server->monitor, &request->monitored, request->incoming->monitor_timeout);
    enum ostler_status status = method->method->function(request, method->interface->instance->state);

    if (request_is_claimed(request))
        return;
    if (request_is_kept(request)) {
        if (status != OSTLER_OK)
            ostler_log(OSTLER_LOG_WARNING, "server", "%s: method %s returned \"%s\" for a request that it keeps",
                       request->server->label, method->method->name, ostler_status_text(status));
        return;
    }
    if (status == OSTLER_OK)
        ostler_request_return(request, NULL);
    else
        request_fail_text(request, "builtins", "RuntimeError", ostler_status_text(status));
}

void dispatcher_run(struct ostler_server *server, struct generation *generation, struct ostler_incoming *incoming)
{
    struct ostler_request *request = request_new(server, generation, incoming);

    if (!request) {
        ostler_log(OSTLER_LOG_CRITICAL, "server", "%s: no memory for a request, which is lost", server->label);
        server->ops->incoming_free(incoming);
        generation_release(generation);
        server_request_ended(server);
        return;
    }
    if (open_incoming(request) && is_in_time(request) && find_method(request) && take_values(request) &&
        deserialize(request) && check_params(request))
        call_method(request);
    request_returned(request);
}
