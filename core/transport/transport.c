/* SPDX-License-Identifier: Apache-2.0 */
/* From a URL to a driver, and the life of a transport. */
#include "default_url.h"
#include "replies.h"
#include "transport_parts.h"

#include <ostler/log.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MAX_CALLS = 65536 };

struct ostler_transport {
    atomic_int references;
    ostler_conf *conf; /* the caller's configuration, or a copy with the URL's options set */
    ostler_url *url;
    char *safe_url;
    const char *exchange; /* of conf */
    ostler_loaded_module *module;
    const struct ostler_driver_ops *ops;
    ostler_driver_transport *driver;
    struct replies *replies;
};

/* NULL without memory. */
static char *url_text(const ostler_conf *conf, const struct ostler_transport_options *options)
{
    const char *text = options->url ? options->url : ostler_conf_string(conf, "DEFAULT", "transport_url");

    return text && text[0] ? strdup(text) : default_url();
}

static enum ostler_status load_driver(ostler_transport *transport, struct ostler_error *error)
{
    const char *name = ostler_url_driver(transport->url);
    struct ostler_error cause = OSTLER_ERROR_INIT;
    enum ostler_status status =
        ostler_module_load(OSTLER_KIND_TRANSPORT, name, ostler_conf_string(transport->conf, "DEFAULT", "plugin_path"),
                           &transport->module, &cause);

    if (status == OSTLER_OK) {
        transport->ops = ostler_module_descriptor(transport->module)->ops;
        return status;
    }
    status = ostler_error_set(error, OSTLER_E_DRIVER, "cannot load the transport driver \"%s\" for %s: %s", name,
                              transport->safe_url, cause.message);
    ostler_error_clear(&cause);
    return status;
}

static enum ostler_status declare_options(ostler_transport *transport, const struct ostler_option_group *groups,
                                          struct ostler_error *error)
{
    for (const struct ostler_option_group *group = groups; group && group->name; group++) {
        enum ostler_status status = ostler_conf_declare(transport->conf, group->name, group->options, error);
        if (status != OSTLER_OK)
            return status;
    }
    return OSTLER_OK;
}

static const struct ostler_option *find_option(const struct ostler_option_group *group, const char *name)
{
    for (const struct ostler_option *option = group ? group->options : NULL; option && option->name; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

/* Options in the URL's query stand above those of the driver's own section, for this transport only. */
static enum ostler_status apply_query(ostler_transport *transport, struct ostler_error *error)
{
    const struct ostler_option_group *group = ostler_module_descriptor(transport->module)->options;
    size_t count;
    const struct ostler_url_option *options = ostler_url_options(transport->url, &count);
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < count && status == OSTLER_OK; i++) {
        if (!find_option(group, options[i].name))
            return ostler_error_set(error, OSTLER_E_URL, "%s: the driver \"%s\" has no option \"%s\"",
                                    transport->safe_url, ostler_url_driver(transport->url), options[i].name);
        status = ostler_conf_set(transport->conf, group->name, options[i].name, options[i].value, error);
    }
    if (status != OSTLER_OK) {
        ostler_error_prefix(error, "%s", transport->safe_url);
        if (error && status == OSTLER_E_CONFIG)
            error->status = OSTLER_E_URL;
        return status == OSTLER_E_CONFIG ? OSTLER_E_URL : status;
    }
    return status;
}

static enum ostler_status prepare_conf(ostler_transport *transport, ostler_conf *conf, struct ostler_error *error)
{
    size_t count;

    ostler_url_options(transport->url, &count);
    if (count == 0) {
        transport->conf = ostler_conf_ref(conf);
        return OSTLER_OK;
    }
    return ostler_conf_copy(conf, &transport->conf, error);
}

static void destroy(ostler_transport *transport)
{
    if (transport->replies)
        replies_close(transport->replies);
    if (transport->driver)
        transport->ops->close(transport->driver);
    ostler_module_unref(transport->module);
    ostler_url_free(transport->url);
    ostler_conf_unref(transport->conf);
    free(transport->safe_url);
    free(transport);
}

/* Fills in a zeroed transport; what is there on failure is the caller's to destroy(). */
static enum ostler_status build(ostler_transport *transport, ostler_conf *conf, const char *text,
                                const struct ostler_transport_options *options, struct ostler_error *error)
{
    enum ostler_status status = ostler_url_parse(text, &transport->url, error);

    if (status != OSTLER_OK)
        return status;
    transport->safe_url = ostler_url_print_safe(transport->url);
    if (!transport->safe_url)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    status = prepare_conf(transport, conf, error);
    if (status == OSTLER_OK)
        status = load_driver(transport, error);
    if (status == OSTLER_OK)
        status = declare_options(transport, ostler_module_descriptor(transport->module)->options, error);
    if (status == OSTLER_OK)
        status = apply_query(transport, error);
    if (status == OSTLER_OK)
        status = transport->ops->open(transport->conf, transport->url, &transport->driver, error);
    if (status != OSTLER_OK)
        return status;

    const char *exchange = ostler_conf_string(transport->conf, "DEFAULT", "control_exchange");
    transport->exchange = exchange && exchange[0] ? exchange : "openstack";
    size_t limit = options->max_calls ? options->max_calls : DEFAULT_MAX_CALLS;
    return replies_new(transport->ops, transport->driver, options->event_loop,
                       limit > CALLS_LIMIT ? CALLS_LIMIT : (uint32_t)limit, &transport->replies, error);
}

enum ostler_status ostler_transport_open(ostler_conf *conf, const struct ostler_transport_options *options,
                                         ostler_transport **out, struct ostler_error *error)
{
    static const struct ostler_transport_options defaults = OSTLER_TRANSPORT_OPTIONS_INIT;
    ostler_transport *transport = calloc(1, sizeof *transport);
    char *text = NULL;
    enum ostler_status status;

    if (!options)
        options = &defaults;
    if (!transport || !(text = url_text(conf, options))) {
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
        goto out;
    }
    atomic_init(&transport->references, 1);
    status = build(transport, conf, text, options, error);
    if (status == OSTLER_OK) {
        ostler_log(OSTLER_LOG_DEBUG, "transport", "opened %s", transport->safe_url);
        *out = transport;
        transport = NULL;
    }
out:
    free(text);
    if (transport)
        destroy(transport);
    return status;
}

ostler_transport *ostler_transport_ref(ostler_transport *transport)
{
    atomic_fetch_add_explicit(&transport->references, 1, memory_order_relaxed);
    return transport;
}

void ostler_transport_unref(ostler_transport *transport)
{
    if (transport && atomic_fetch_sub_explicit(&transport->references, 1, memory_order_acq_rel) == 1)
        destroy(transport);
}

const char *ostler_transport_url(const ostler_transport *transport)
{
    return transport->safe_url;
}

const char *ostler_transport_exchange(const ostler_transport *transport)
{
    return transport->exchange;
}

bool ostler_transport_carries_notifications(const ostler_transport *transport)
{
    const struct ostler_driver_ops *ops = transport_ops(transport);

    return ops->notify && ops->subscribe;
}

ostler_conf *ostler_transport_conf(const ostler_transport *transport)
{
    return transport->conf;
}

int ostler_transport_fd(const ostler_transport *transport)
{
    return replies_fd(transport->replies);
}

size_t ostler_transport_process(ostler_transport *transport)
{
    return replies_process(transport->replies);
}

const struct ostler_driver_ops *transport_ops(const ostler_transport *transport)
{
    return transport->ops;
}

ostler_driver_transport *transport_driver(const ostler_transport *transport)
{
    return transport->driver;
}

struct replies *transport_replies(const ostler_transport *transport)
{
    return transport->replies;
}

struct json_object *ostler_transport_report(ostler_transport *transport)
{
    struct json_object *report = json_object_new_object();
    struct json_object *driver = transport->ops->report ? transport->ops->report(transport->driver) : NULL;

    if (!report) {
        json_object_put(driver);
        return NULL;
    }
    json_object_object_add(report, "url", json_object_new_string(transport->safe_url));
    json_object_object_add(report, "driver", json_object_new_string(ostler_url_driver(transport->url)));
    json_object_object_add(report, "calls_waiting",
                           json_object_new_int64((int64_t)replies_waiting(transport->replies)));
    if (driver)
        json_object_object_add(report, "transport", driver);
    return report;
}
