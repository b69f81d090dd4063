/* SPDX-License-Identifier: Apache-2.0 */
/* What a server tells of itself. */
#include "server_parts.h"

#include <json-c/json.h>

/* Takes @p value. */
static bool put(struct json_object *object, const char *name, struct json_object *value)
{
    if (value && json_object_object_add(object, name, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static bool append(struct json_object *array, struct json_object *value)
{
    if (value && json_object_array_add(array, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

/* JSON's null for NULL. */
static bool put_text(struct json_object *object, const char *name, const char *text)
{
    if (!text)
        return json_object_object_add(object, name, NULL) == 0;
    return put(object, name, json_object_new_string(text));
}

static struct json_object *describe_method(const struct ostler_method *method)
{
    struct json_object *object = json_object_new_object();

    if (object && put_text(object, "name", method->name) && put_text(object, "params", method->params) &&
        put_text(object, "summary", method->summary))
        return object;
    json_object_put(object);
    return NULL;
}

/* The methods that the access policy lets callers reach. */
static struct json_object *describe_methods(const struct generation *generation, const struct ostler_endpoint *endpoint)
{
    struct json_object *array = json_object_new_array();
    bool whole = array != NULL;

    for (const struct ostler_method *method = endpoint->methods; whole && method->name; method++)
        if (generation->policy->is_allowed(endpoint, method))
            whole = append(array, describe_method(method));
    if (whole)
        return array;
    json_object_put(array);
    return NULL;
}

static struct json_object *describe_legacy(const struct ostler_endpoint *endpoint)
{
    struct json_object *array = json_object_new_array();
    bool whole = array != NULL;

    for (const char *const *legacy = endpoint->legacy_namespaces; whole && legacy && *legacy; legacy++) {
        if (**legacy)
            whole = append(array, json_object_new_string(*legacy));
        else
            whole = json_object_array_add(array, NULL) == 0;
    }
    if (whole)
        return array;
    json_object_put(array);
    return NULL;
}

static struct json_object *describe_interface(const struct generation *generation,
                                              const struct served_interface *interface)
{
    struct json_object *object = json_object_new_object();
    const struct instance *instance = interface->instance;

    if (object && put_text(object, "endpoint", instance->name) &&
        put_text(object, "file", instance->module ? ostler_module_file(instance->module) : NULL) &&
        put_text(object, "namespace", interface->endpoint->namespace_) &&
        put(object, "legacy_namespaces", describe_legacy(interface->endpoint)) &&
        put_text(object, "version", interface->version) &&
        put(object, "methods", describe_methods(generation, interface->endpoint)))
        return object;
    json_object_put(object);
    return NULL;
}

struct json_object *server_describe_interfaces(const struct generation *generation)
{
    struct json_object *array = json_object_new_array();
    bool whole = array != NULL;

    for (size_t i = 0; whole && i < generation->interface_count; i++)
        whole = append(array, describe_interface(generation, &generation->interfaces[i]));
    if (whole)
        return array;
    json_object_put(array);
    return NULL;
}

static struct json_object *describe_endpoints(struct ostler_server *server)
{
    struct generation *generation = generations_hold(&server->generations, 1);
    struct json_object *array = server->role->describe(generation);

    generation_release(generation);
    return array;
}

static struct json_object *describe_target(const struct ostler_target *target)
{
    struct json_object *object = json_object_new_object();

    if (object && put_text(object, "exchange", target->exchange) && put_text(object, "topic", target->topic) &&
        put_text(object, "server", target->server))
        return object;
    json_object_put(object);
    return NULL;
}

struct json_object *server_describe(void *self)
{
    return ostler_server_describe(self);
}

struct json_object *server_stats(void *self)
{
    return ostler_server_stats(self);
}

struct json_object *ostler_server_describe(ostler_server *server)
{
    struct json_object *object = json_object_new_object();

    if (object && put(object, "target", describe_target(&server->target)) &&
        put(object, "endpoints", describe_endpoints(server)))
        return object;
    json_object_put(object);
    return NULL;
}

struct json_object *ostler_server_stats(ostler_server *server)
{
    return stats_report(&server->stats);
}
