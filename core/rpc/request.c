/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a request: one door, which it passes once, whoever answers and from whatever thread. */
#include "request_parts.h"

#include "failure.h"

#include <ostler/log.h>

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SHOWN 255 /* bytes of a name from the wire that texts show */

/* --- Life ------------------------------------------------------------------------------------------------------- */

struct ostler_request *request_new(struct ostler_server *server, struct generation *generation,
                                   struct ostler_incoming *incoming)
{
    /* Memory that this thread has freed lately: calloc() does not look there. */
    struct ostler_request *request = malloc(sizeof *request);

    if (!request)
        return NULL;
    memset(request, 0, sizeof *request);
    request->server = server;
    request->generation = generation;
    request->incoming = incoming;
    request->began = ostler_now();
    return request;
}

static void request_free(struct ostler_request *request)
{
    struct ostler_server *server = request->server;
    struct generation *generation = request->generation;

    if (request->owns_args)
        json_object_put(request->args);
    if (request->owns_context)
        json_object_put(request->context);
    server->ops->incoming_free(request->incoming);
    free(request);
    generation_release(generation);
    server_request_ended(server);
}

static unsigned mark(struct ostler_request *request, enum request_mark which)
{
    return atomic_fetch_or_explicit(&request->marks, which, memory_order_acq_rel);
}

static bool has_mark(const struct ostler_request *request, enum request_mark which)
{
    return (atomic_load_explicit(&request->marks, memory_order_acquire) & (unsigned)which) != 0;
}

bool request_is_claimed(const struct ostler_request *request)
{
    return has_mark(request, REQUEST_CLAIMED);
}

bool request_is_kept(const struct ostler_request *request)
{
    return has_mark(request, REQUEST_KEPT);
}

void request_returned(struct ostler_request *request)
{
    if (mark(request, REQUEST_RETURNED) & REQUEST_ANSWERED)
        request_free(request);
}

static void answered(struct ostler_request *request)
{
    if (mark(request, REQUEST_ANSWERED) & REQUEST_RETURNED)
        request_free(request);
}

/* Whether the caller is the first, and the only one, to answer. */
static bool claim(struct ostler_request *request)
{
    return !(mark(request, REQUEST_CLAIMED) & REQUEST_CLAIMED);
}

void request_beat(struct monitored *monitored)
{
    struct ostler_request *request =
        (struct ostler_request *)(void *)((char *)monitored - offsetof(struct ostler_request, monitored));

    request->server->ops->incoming_heartbeat(request->incoming);
}

ostler_request *ostler_request_keep(ostler_request *request)
{
    mark(request, REQUEST_KEPT);
    return request;
}

/* --- Texts ------------------------------------------------------------------------------------------------------ */

static const char *shown_method(const struct ostler_request *request)
{
    return request->incoming->message.method ? request->incoming->message.method : "(none)";
}

/* The line of the traceback that names what failed. */
static void describe_place(const struct ostler_request *request, char *text, size_t size)
{
    const struct served_method *method = request->method;

    if (method)
        snprintf(text, size, "Endpoint \"%s\" version %s on server %s, in %s", method->interface->instance->name,
                 method->interface->version, request->server->label, method->method->name);
    else
        snprintf(text, size, "Server %s, in %.*s", request->server->label, NAME_SHOWN, shown_method(request));
}

/* oslo.messaging's convention: such methods are expected to be missing or to fail. */
static bool ignores_errors(const char *method)
{
    static const char suffix[] = "_ignore_errors";
    size_t length = strlen(method);

    return length >= sizeof suffix - 1 && strcmp(method + length - (sizeof suffix - 1), suffix) == 0;
}

static void log_failure(const struct ostler_request *request, enum request_failure kind, const char *module,
                        const char *class_name, const char *message)
{
    const char *method = shown_method(request);
    bool quiet = kind == FAILURE_EXPECTED || (!request->method && ignores_errors(method));

    ostler_log(quiet ? OSTLER_LOG_DEBUG : OSTLER_LOG_ERROR, "server", "%s: method %.*s%s%s %s: %s.%s: %s",
               request->server->label, NAME_SHOWN, method, request->method ? " of endpoint " : "",
               request->method ? request->method->interface->instance->name : "",
               kind == FAILURE_EXPECTED ? "refused" : "failed", module, class_name, message);
}

/* --- The one door ----------------------------------------------------------------------------------------------- */

static struct method_stats *stats_of(const struct ostler_request *request)
{
    return request->method ? request->method->stats : &request->server->stats.unmatched;
}

/* What a driver cannot put on its wire is answered with a failure that says so. */
static void send_unsendable(struct ostler_request *request, const char *reason)
{
    char where[1024], message[1024];
    struct ostler_error error = OSTLER_ERROR_INIT;

    describe_place(request, where, sizeof where);
    snprintf(message, sizeof message, "the answer cannot be sent: %s", reason);
    log_failure(request, FAILURE_UNEXPECTED, "builtins", "RuntimeError", message);
    struct json_object *failure = failure_new("builtins", "RuntimeError", message, where, NULL, NULL);
    struct ostler_answer answer = {.failed = true, .value = failure};
    if (failure && request->server->ops->incoming_reply(request->incoming, &answer, &error) != OSTLER_OK)
        ostler_log(OSTLER_LOG_INFO, "server", "%s: no answer to method %.*s: %s", request->server->label, NAME_SHOWN,
                   shown_method(request), error.message ? error.message : "no reason given");
    json_object_put(failure);
    ostler_error_clear(&error);
}

static void deliver(struct ostler_request *request, const struct ostler_answer *answer)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    if (!request->incoming->wants_reply)
        return;
    enum ostler_status status = request->server->ops->incoming_reply(request->incoming, answer, &error);
    if (status == OSTLER_E_INVALID) {
        if (!answer->failed)
            stats_spoiled(stats_of(request));
        send_unsendable(request, error.message ? error.message : ostler_status_text(status));
    } else if (status != OSTLER_OK) {
        ostler_log(OSTLER_LOG_INFO, "server", "%s: the answer to method %.*s was not delivered: %s",
                   request->server->label, NAME_SHOWN, shown_method(request),
                   error.message ? error.message : ostler_status_text(status));
    }
    ostler_error_clear(&error);
}

/* Every answer leaves here. It counts before it is sent, so that a caller who has it finds it counted. */
static void finish(struct ostler_request *request, const struct ostler_answer *answer)
{
    monitor_remove(&request->server->monitor, &request->monitored);
    stats_end(stats_of(request), ostler_now() - request->began, answer->failed);
    deliver(request, answer);
    answered(request);
}

void request_drop(struct ostler_request *request)
{
    if (!claim(request))
        return;
    monitor_remove(&request->server->monitor, &request->monitored);
    answered(request);
}

/* --- Answers ---------------------------------------------------------------------------------------------------- */

static void finish_failed(struct ostler_request *request, enum request_failure kind, const char *module,
                          const char *class_name, const char *message, struct json_object *args,
                          struct json_object *kwargs)
{
    char where[1024];
    struct ostler_answer answer = {.failed = true};

    log_failure(request, kind, module, class_name, message);
    describe_place(request, where, sizeof where);
    if (request->incoming->wants_reply) {
        answer.value = failure_new(module, class_name, message, where, args, kwargs);
        if (!answer.value)
            ostler_log(OSTLER_LOG_ERROR, "server", "%s: no memory for a failure", request->server->label);
    }
    finish(request, &answer);
    json_object_put(answer.value);
}

/* The result as the serializer makes it, to be put; false if it fails. */
static bool serialize_result(struct ostler_request *request, struct json_object *result, struct json_object **out,
                             struct ostler_error *error)
{
    const struct ostler_serializer *serializer = request->server->serializer;

    if (!serializer || !serializer->serialize_entity) {
        *out = json_object_get(result);
        return true;
    }
    *out = NULL;
    return serializer->serialize_entity(serializer->user, request->context, result, out, error) == OSTLER_OK;
}

enum ostler_status ostler_request_return(ostler_request *request, struct json_object *result)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_answer answer = {.failed = false};

    if (!claim(request)) {
        json_object_put(result);
        return OSTLER_E_INVALID;
    }
    if (serialize_result(request, result, &answer.value, &error)) {
        finish(request, &answer);
        json_object_put(answer.value);
    } else {
        finish_failed(request, FAILURE_UNEXPECTED, "builtins", "RuntimeError",
                      error.message ? error.message : "the serializer refuses the result", NULL, NULL);
    }
    ostler_error_clear(&error);
    json_object_put(result);
    return OSTLER_OK;
}

OSTLER_PRINTF(5, 0)
static enum ostler_status failv(struct ostler_request *request, enum request_failure kind, const char *module,
                                const char *class_name, const char *format, va_list arguments)
{
    char *message = NULL;

    if (!claim(request))
        return OSTLER_E_INVALID;
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    finish_failed(request, kind, module, class_name, message ? message : "out of memory", NULL, NULL);
    free(message);
    return OSTLER_OK;
}

enum ostler_status ostler_request_fail(ostler_request *request, const char *module, const char *class_name,
                                       const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    enum ostler_status status = failv(request, FAILURE_UNEXPECTED, module, class_name, format, arguments);
    va_end(arguments);
    return status;
}

enum ostler_status ostler_request_refuse(ostler_request *request, const char *module, const char *class_name,
                                         const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    enum ostler_status status = failv(request, FAILURE_EXPECTED, module, class_name, format, arguments);
    va_end(arguments);
    return status;
}

enum ostler_status ostler_request_raise(ostler_request *request, const char *module, const char *class_name,
                                        const char *message, struct json_object *args, struct json_object *kwargs,
                                        bool expected)
{
    if (!claim(request))
        return OSTLER_E_INVALID;
    finish_failed(request, expected ? FAILURE_EXPECTED : FAILURE_UNEXPECTED, module, class_name, message ? message : "",
                  json_object_is_type(args, json_type_array) ? args : NULL,
                  json_object_is_type(kwargs, json_type_object) ? kwargs : NULL);
    return OSTLER_OK;
}

enum ostler_status request_fail_text(struct ostler_request *request, const char *module, const char *class_name,
                                     const char *message)
{
    if (!claim(request))
        return OSTLER_E_INVALID;
    finish_failed(request, FAILURE_UNEXPECTED, module, class_name, message, NULL, NULL);
    return OSTLER_OK;
}
