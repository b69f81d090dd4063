/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint for the tests of ostlerd's listeners: emits notifications from inside the process, so that the transport
 * `fake` can be tested too, and through a notifier of its own that follows the configuration. */
#include <ostler/endpoint.h>
#include <ostler/notifier.h>

#include <json-c/json.h>
#include <stdio.h>

static enum ostler_status emit_all(ostler_notifier *notifier, enum ostler_priority priority, ostler_request *request,
                                   struct ostler_error *error)
{
    int64_t count = ostler_request_arg_integer(request, "count", 1);
    const char *prefix = ostler_request_arg_string(request, "event_type", "event");
    struct json_object *payload = json_object_new_object();
    enum ostler_status status = OSTLER_OK;

    for (int64_t i = 0; i < count && status == OSTLER_OK; i++) {
        char event_type[300];
        snprintf(event_type, sizeof event_type, "%s.%lld", prefix, (long long)i);
        status = ostler_notify(notifier, NULL, priority, event_type, payload, error);
    }
    json_object_put(payload);
    return status;
}

/* The configuration is that of its transport. */
static enum ostler_status emit(ostler_request *request, void *state)
{
    static const char *const drivers[] = {"messagingv2", NULL};
    const char *topics[] = {ostler_request_arg_string(request, "topic", "notifications"), NULL};
    struct ostler_transport_options how = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_priority priority = OSTLER_PRIORITY_INFO;
    ostler_transport *transport = NULL;
    ostler_notifier *notifier = NULL;
    ostler_conf *conf = NULL;

    (void)state;
    (void)ostler_priority_parse(ostler_request_arg_string(request, "priority", "info"), &priority);
    how.url = ostler_request_arg_string(request, "url", "fake:");
    options.drivers = drivers;
    options.topics = topics;
    options.timeout = 60.0;
    enum ostler_status status = ostler_conf_new(&conf, &error);
    if (status == OSTLER_OK)
        status = ostler_transport_open(conf, &how, &transport, &error);
    if (status == OSTLER_OK)
        status = ostler_notifier_new(transport, NULL, &options, &notifier, &error);
    if (status == OSTLER_OK)
        status = emit_all(notifier, priority, request, &error);
    if (status == OSTLER_OK)
        status = ostler_request_return(request, NULL);
    else
        status = ostler_request_fail(request, "builtins", "RuntimeError", "%s", error.message);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    ostler_conf_unref(conf);
    ostler_error_clear(&error);
    return status;
}

/* --- The notifier that the configuration asks for ----------------------------------------------------------------- */

static enum ostler_status emitter_open(const struct ostler_endpoint_host *host, const ostler_conf *given,
                                       const char *section, void **state, struct ostler_error *error)
{
    ostler_notifier *notifier = NULL;
    ostler_conf *conf = NULL;

    (void)host;
    (void)section;
    enum ostler_status status = ostler_conf_copy(given, &conf, error);
    if (status == OSTLER_OK)
        status = ostler_notifier_new(NULL, conf, NULL, &notifier, error);
    ostler_conf_unref(conf);
    *state = notifier;
    return status;
}

static enum ostler_status emitter_reset(void *state, const ostler_conf *given, const char *section,
                                        struct ostler_error *error)
{
    ostler_conf *conf = NULL;

    (void)section;
    enum ostler_status status = ostler_conf_copy(given, &conf, error);
    if (status == OSTLER_OK)
        status = ostler_notifier_reset(state, conf, error);
    ostler_conf_unref(conf);
    return status;
}

static void emitter_fini(void *state)
{
    ostler_notifier_free(state);
}

static enum ostler_status tell(ostler_request *request, void *state)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status =
        ostler_notify_info(state, NULL, ostler_request_arg_string(request, "event_type", ""), NULL, &error);

    if (status == OSTLER_OK)
        status = ostler_request_return(request, NULL);
    else
        status = ostler_request_fail(request, "builtins", "RuntimeError", "%s", error.message);
    ostler_error_clear(&error);
    return status;
}

static const struct ostler_method methods[] = {
    {"tell", tell, "event_type: string", OSTLER_METHOD_EXPOSED, "emits one through the configured notifier drivers"},
    {"emit", emit, "count?: integer, topic?: string, priority?: string, event_type?: string, url?: string",
     OSTLER_METHOD_EXPOSED, "emits COUNT notifications EVENT_TYPE.0 to EVENT_TYPE.COUNT-1"},
    {NULL, NULL, NULL, 0, NULL},
};

static const struct ostler_endpoint interface = {.namespace_ = "emitter", .version = "1.0", .methods = methods};
static const struct ostler_endpoint *const interfaces[] = {&interface, NULL};
static const struct ostler_endpoint_ops operations = {
    .open = emitter_open, .reset = emitter_reset, .fini = emitter_fini, .rpc = interfaces};

OSTLER_MODULE(emitter) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "emitter",
    .version = "1.0",
    .summary = "for tests",
    .ops = &operations,
    .ops_size = sizeof operations,
};
