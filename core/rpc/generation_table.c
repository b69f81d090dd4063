/* SPDX-License-Identifier: Apache-2.0 */
/* Names are short, and those in the table are the endpoints'. */
#define HASH_FUNCTION HASH_FNV
#include "generation_table.h"

#include <ostler/version.h>

#include <stdlib.h>
#include <string.h>

/* --- Checking --------------------------------------------------------------------------------------------------- */

static enum ostler_status check_namespaces(const struct ostler_endpoint *endpoint, struct ostler_error *error)
{
    if (endpoint->namespace_ && strlen(endpoint->namespace_) > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_MODULE, "a namespace is longer than %d bytes", OSTLER_NAME_MAX);
    for (const char *const *legacy = endpoint->legacy_namespaces; legacy && *legacy; legacy++)
        if (strlen(*legacy) > OSTLER_NAME_MAX)
            return ostler_error_set(error, OSTLER_E_MODULE, "a namespace is longer than %d bytes", OSTLER_NAME_MAX);
    return OSTLER_OK;
}

static enum ostler_status check_interface(const struct served_interface *interface, struct ostler_error *error)
{
    if (!interface->endpoint->methods)
        return ostler_error_set(error, OSTLER_E_MODULE, "an interface has no method table");
    enum ostler_status status = check_namespaces(interface->endpoint, error);
    if (status == OSTLER_OK && ostler_version_check(interface->version, error) != OSTLER_OK)
        status = ostler_error_set(error, OSTLER_E_MODULE, "\"%s\" is no version: %s", interface->version,
                                  "a major and a minor number are needed");
    return status;
}

static enum ostler_status check_method(const struct ostler_method *method, struct ostler_error *error)
{
    if (method->name[0] == '\0' || strlen(method->name) > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_MODULE, "a method's name is empty or longer than %d bytes",
                                OSTLER_NAME_MAX);
    if (!method->function)
        return ostler_error_set(error, OSTLER_E_MODULE, "method %s has no function", method->name);
    return OSTLER_OK;
}

/* --- Building --------------------------------------------------------------------------------------------------- */

static size_t count_methods(const struct ostler_endpoint *endpoint)
{
    size_t count = 0;

    while (endpoint->methods && endpoint->methods[count].name)
        count++;
    return count;
}

static enum ostler_status allocate(struct generation *generation, struct ostler_error *error)
{
    size_t interfaces = 0, methods = 0;

    for (size_t i = 0; i < generation->instance_count; i++) {
        const struct instance *instance = generation->instances[i];
        const struct ostler_endpoint *const *endpoint = instance->ops->rpc;
        if (!endpoint || !*endpoint)
            return ostler_error_set(error, OSTLER_E_MODULE, "endpoint \"%s\": it offers no RPC interface",
                                    instance->name);
        for (; *endpoint; endpoint++) {
            interfaces++;
            methods += count_methods(*endpoint);
        }
    }
    generation->interfaces = calloc(interfaces + 1, sizeof *generation->interfaces);
    generation->methods = calloc(methods + 1, sizeof *generation->methods);
    if (!generation->interfaces || !generation->methods)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for the methods of endpoints");
    return OSTLER_OK;
}

/* The first of each name is in the hash, the others hang on it in their order. */
static void index_method(struct generation *generation, struct served_method *method)
{
    struct served_method *first = NULL;
    const char *name = method->method->name;

    HASH_FIND_STR(generation->by_name, name, first);
    method->last = method;
    if (!first) {
        HASH_ADD_KEYPTR(hh, generation->by_name, name, strlen(name), method);
    } else {
        first->last->next = method;
        first->last = method;
    }
}

static enum ostler_status add_method(struct generation *generation, const struct served_interface *interface,
                                     const struct ostler_method *method, struct stats *stats,
                                     struct ostler_error *error)
{
    struct served_method *served = &generation->methods[generation->method_count];
    enum ostler_status status = check_method(method, error);

    if (status != OSTLER_OK)
        return status;
    status = params_parse(method->params, &served->params, error);
    if (status != OSTLER_OK) {
        ostler_error_prefix(error, "method %s", method->name);
        return status;
    }
    generation->method_count++;
    served->method = method;
    served->interface = interface;
    served->stats = stats_method(stats, interface->instance->name, interface->endpoint->namespace_, interface->version,
                                 method->name);
    if (!served->stats)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for the counters of method %s", method->name);
    index_method(generation, served);
    return OSTLER_OK;
}

static enum ostler_status add_interface(struct generation *generation, struct instance *instance,
                                        const struct ostler_endpoint *endpoint, struct stats *stats,
                                        struct ostler_error *error)
{
    struct served_interface *interface = &generation->interfaces[generation->interface_count++];

    interface->endpoint = endpoint;
    interface->instance = instance;
    interface->version = endpoint->version ? endpoint->version : "1.0";
    enum ostler_status status = check_interface(interface, error);
    for (const struct ostler_method *method = endpoint->methods; status == OSTLER_OK && method->name; method++)
        status = add_method(generation, interface, method, stats, error);
    return status;
}

static enum ostler_status fill(struct generation *generation, struct stats *stats, struct ostler_error *error)
{
    enum ostler_status status = allocate(generation, error);

    for (size_t i = 0; status == OSTLER_OK && i < generation->instance_count; i++) {
        struct instance *instance = generation->instances[i];
        const struct ostler_endpoint *const *endpoint = instance->ops->rpc;
        for (; status == OSTLER_OK && *endpoint; endpoint++)
            status = add_interface(generation, instance, *endpoint, stats, error);
        if (status != OSTLER_OK)
            ostler_error_prefix(error, "endpoint \"%s\"", instance->name);
    }
    return status;
}

static void clear(struct generation *generation)
{
    HASH_CLEAR(hh, generation->by_name);
    for (size_t i = 0; i < generation->method_count; i++)
        params_free(generation->methods[i].params);
    free(generation->methods);
    free(generation->interfaces);
}

const struct generation_tables generation_tables = {fill, clear};

/* --- Looking up ------------------------------------------------------------------------------------------------- */

static bool same_namespace(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool serves_namespace(const struct ostler_endpoint *endpoint, const char *namespace_)
{
    if (same_namespace(endpoint->namespace_, namespace_))
        return true;
    for (const char *const *legacy = endpoint->legacy_namespaces; legacy && *legacy; legacy++)
        if (same_namespace(**legacy ? *legacy : NULL, namespace_))
            return true;
    return false;
}

bool interface_matches(const struct served_interface *interface, const char *namespace_, const char *version)
{
    if (!serves_namespace(interface->endpoint, namespace_))
        return false;
    return strcmp(interface->version, version) == 0 || ostler_version_compatible(interface->version, version);
}

const struct served_method *generation_find(const struct generation *generation, const char *method)
{
    struct served_method *first = NULL;

    HASH_FIND_STR(generation->by_name, method, first);
    return first;
}
