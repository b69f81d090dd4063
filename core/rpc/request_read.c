/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint's method reads of its request. */
#include "request_parts.h"

#include <json-c/json.h>

const char *ostler_request_method(const ostler_request *request)
{
    return request->incoming->message.method;
}

const char *ostler_request_namespace(const ostler_request *request)
{
    return request->incoming->message.namespace_;
}

const char *ostler_request_version(const ostler_request *request)
{
    return request->incoming->message.version ? request->incoming->message.version : "1.0";
}

const char *ostler_request_exchange(const ostler_request *request)
{
    return request->server->target.exchange;
}

const char *ostler_request_topic(const ostler_request *request)
{
    return request->server->target.topic;
}

const char *ostler_request_server(const ostler_request *request)
{
    return request->server->target.server;
}

struct json_object *ostler_request_context(const ostler_request *request)
{
    struct ostler_request *own = (struct ostler_request *)(uintptr_t)request;

    if (!own->context) {
        own->context = json_object_new_object();
        own->owns_context = true;
    }
    return own->context;
}

struct json_object *ostler_request_args(const ostler_request *request)
{
    return request->args;
}

struct json_object *ostler_request_arg(const ostler_request *request, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(request->args, name, &value);
    return value;
}

const char *ostler_request_arg_string(const ostler_request *request, const char *name, const char *absent)
{
    struct json_object *value = ostler_request_arg(request, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : absent;
}

int64_t ostler_request_arg_integer(const ostler_request *request, const char *name, int64_t absent)
{
    struct json_object *value = ostler_request_arg(request, name);

    return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : absent;
}

double ostler_request_arg_number(const ostler_request *request, const char *name, double absent)
{
    struct json_object *value = ostler_request_arg(request, name);
    bool is_number = json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int);

    return is_number ? json_object_get_double(value) : absent;
}

bool ostler_request_arg_bool(const ostler_request *request, const char *name, bool absent)
{
    struct json_object *value = ostler_request_arg(request, name);

    return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value) != 0 : absent;
}

bool ostler_request_wants_reply(const ostler_request *request)
{
    return request->incoming->wants_reply;
}

ostler_time ostler_request_deadline(const ostler_request *request)
{
    return request->incoming->deadline;
}
