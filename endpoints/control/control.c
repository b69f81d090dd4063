/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into the server that hosts it and the listeners beside it, and controls the program around them. Under the access policy `explicit` only the
 * methods that look are there. */
#include <ostler/endpoint.h>

#include <json-c/json.h>

/* The state is what the server offers; it needs no memory of its own. */
static enum ostler_status open_control(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                       const char *section, void **state, struct ostler_error *error)
{
    (void)conf, (void)section, (void)error;
    *state = (void *)(uintptr_t)host;
    return OSTLER_OK;
}

static enum ostler_status return_or_nomem(ostler_request *request, json_object *value)
{
    if (!value)
        return ostler_request_fail(request, "builtins", "MemoryError", "out of memory");
    return ostler_request_return(request, value);
}

static enum ostler_status ping(ostler_request *request, void *state)
{
    (void)state;
    return return_or_nomem(request, json_object_new_string("pong"));
}

/* Adds @p listeners to what the server says of itself; takes both. NULL without memory. */
static json_object *with_listeners(json_object *value, json_object *listeners)
{
    if (value && listeners && json_object_object_add(value, "listeners", listeners) == 0)
        return value;
    json_object_put(listeners);
    json_object_put(value);
    return NULL;
}

/* What they are: all but their counts. */
static enum ostler_status describe(ostler_request *request, void *state)
{
    const struct ostler_endpoint_host *host = state;
    json_object *listeners = host->listeners(host->self);

    for (size_t i = 0; listeners && i < json_object_array_length(listeners); i++)
        json_object_object_del(json_object_array_get_idx(listeners, i), "stats");
    return return_or_nomem(request, with_listeners(host->describe(host->self), listeners));
}

/* {"section", "stats"} of each. */
static json_object *listener_stats(const struct ostler_endpoint_host *host)
{
    json_object *listeners = host->listeners(host->self);

    for (size_t i = 0; listeners && i < json_object_array_length(listeners); i++) {
        static const char *const others[] = {"exchange", "topics", "priorities", "pool", "url", "endpoints"};
        for (size_t j = 0; j < sizeof others / sizeof others[0]; j++)
            json_object_object_del(json_object_array_get_idx(listeners, i), others[j]);
    }
    return listeners;
}

static enum ostler_status stats(ostler_request *request, void *state)
{
    const struct ostler_endpoint_host *host = state;
    return return_or_nomem(request, with_listeners(host->stats(host->self), listener_stats(host)));
}

/* Answers after @p ask has been passed on: what was asked for happens after the answer is out, or while it goes out. */
static enum ostler_status pass_on(ostler_request *request, const struct ostler_endpoint_host *host,
                                  enum ostler_status (*ask)(void *self, struct ostler_error *error))
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = ask(host->self, &error);

    if (status == OSTLER_OK)
        status = ostler_request_return(request, NULL);
    else
        status = ostler_request_refuse(request, "builtins", "RuntimeError", "%s",
                                       error.message ? error.message : ostler_status_text(status));
    ostler_error_clear(&error);
    return status;
}

static enum ostler_status reset(ostler_request *request, void *state)
{
    const struct ostler_endpoint_host *host = state;
    return pass_on(request, host, host->reset);
}

static enum ostler_status stop(ostler_request *request, void *state)
{
    const struct ostler_endpoint_host *host = state;
    return pass_on(request, host, host->stop);
}

static const struct ostler_method methods[] = {
    {"ping", ping, "", OSTLER_METHOD_EXPOSED, "returns \"pong\""},
    {"describe", describe, "", OSTLER_METHOD_EXPOSED,
     "returns endpoints, namespaces, versions and methods, and the listeners of the program"},
    {"stats", stats, "", OSTLER_METHOD_EXPOSED,
     "returns requests, failures, in flight and latency, per method, and of listeners"},
    {"reset", reset, "", 0, "asks the program to read its configuration again, as SIGHUP does; returns at once"},
    {"stop", stop, "", 0, "asks the program to stop, as SIGTERM does; returns at once"},
    {NULL, NULL, NULL, 0, NULL},
};

static const struct ostler_endpoint interface = {.namespace_ = "control", .version = "2.0", .methods = methods};
static const struct ostler_endpoint *const interfaces[] = {&interface, NULL};
static const struct ostler_endpoint_ops operations = {.open = open_control, .rpc = interfaces};

OSTLER_MODULE(control) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "control",
    .version = "2.0",
    .summary = "looks into its server and controls the program around it",
    .ops = &operations,
    .ops_size = sizeof operations,
};
