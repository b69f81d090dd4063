/* SPDX-License-Identifier: Apache-2.0 */
/* Making clients, and what they are made with. */
#include "client_parts.h"

#include <ostler/version.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum ostler_status check_name(const char *what, const char *name, struct ostler_error *error)
{
    if (name && strlen(name) > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET, "the %s has %zu bytes, more than %d", what, strlen(name),
                                OSTLER_NAME_MAX);
    return OSTLER_OK;
}

static enum ostler_status check_names(const struct ostler_target *target, struct ostler_error *error)
{
    const struct {
        const char *what;
        const char *name;
    } names[] = {{"exchange", target->exchange},
                 {"topic", target->topic},
                 {"namespace", target->namespace_},
                 {"version", target->version},
                 {"server name", target->server}};
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == OSTLER_OK; i++)
        status = check_name(names[i].what, names[i].name, error);
    return status;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* Copies a text to *at, if there is one, and moves *at behind it. */
static const char *keep_text(const char *text, char **at)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

/* One block holds all texts of a client. */
static bool keep_texts(ostler_client *client, const struct ostler_target *target,
                       const struct ostler_client_options *options)
{
    size_t size = text_size(target->exchange) + text_size(target->topic) + text_size(target->namespace_) +
                  text_size(target->version) + text_size(target->server) + text_size(options->version_cap);
    char *at = client->texts = malloc(size ? size : 1);

    if (!at)
        return false;
    client->target = (struct ostler_target){
        .exchange = keep_text(target->exchange, &at),
        .topic = keep_text(target->topic, &at),
        .namespace_ = keep_text(target->namespace_, &at),
        .version = keep_text(target->version, &at),
        .server = keep_text(target->server, &at),
        .fanout = target->fanout,
    };
    client->options = *options;
    client->options.version_cap = keep_text(options->version_cap, &at);
    return true;
}

static double default_timeout(ostler_transport *transport)
{
    return (double)ostler_conf_integer(ostler_transport_conf(transport), "DEFAULT", "rpc_response_timeout", 60);
}

static enum ostler_status make(ostler_transport *transport, struct ostler_target target,
                               struct ostler_client_options options, ostler_client **out, struct ostler_error *error)
{
    if (!target.exchange || !target.exchange[0])
        target.exchange = ostler_transport_exchange(transport);
    if (!(options.timeout >= 0.0))
        options.timeout = default_timeout(transport);
    enum ostler_status status = check_names(&target, error);
    if (status != OSTLER_OK)
        return status;

    ostler_client *client = calloc(1, sizeof *client);
    if (!client || !keep_texts(client, &target, &options)) {
        free(client);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    client->transport = ostler_transport_ref(transport);
    client->ops = transport_ops(transport);
    client->driver = transport_driver(transport);
    client->replies = transport_replies(transport);
    *out = client;
    return OSTLER_OK;
}

enum ostler_status ostler_client_new(ostler_transport *transport, const struct ostler_target *target,
                                     const struct ostler_client_options *options, ostler_client **client,
                                     struct ostler_error *error)
{
    static const struct ostler_client_options defaults = OSTLER_CLIENT_OPTIONS_INIT;

    if (!options)
        options = &defaults;
    if (options->version_cap && ostler_version_check(options->version_cap, error) != OSTLER_OK) {
        ostler_error_prefix(error, "version cap");
        return OSTLER_E_INVALID;
    }
    return make(transport, *target, *options, client, error);
}

static void change_target(struct ostler_target *target, const struct ostler_prepare *changes)
{
    unsigned fields = changes->fields;

    if (fields & OSTLER_PREPARE_EXCHANGE)
        target->exchange = changes->target.exchange;
    if (fields & OSTLER_PREPARE_TOPIC)
        target->topic = changes->target.topic;
    if (fields & OSTLER_PREPARE_NAMESPACE)
        target->namespace_ = changes->target.namespace_;
    if (fields & OSTLER_PREPARE_VERSION)
        target->version = changes->target.version;
    if (fields & OSTLER_PREPARE_SERVER)
        target->server = changes->target.server;
    if (fields & OSTLER_PREPARE_FANOUT)
        target->fanout = changes->target.fanout;
}

static void change_options(struct ostler_client_options *options, const struct ostler_prepare *changes)
{
    unsigned fields = changes->fields;

    if (fields & OSTLER_PREPARE_TIMEOUT)
        options->timeout = changes->options.timeout;
    if (fields & OSTLER_PREPARE_VERSION_CAP)
        options->version_cap = changes->options.version_cap;
    if (fields & OSTLER_PREPARE_RETRY)
        options->retry = changes->options.retry;
    if (fields & OSTLER_PREPARE_CALL_MONITOR_TIMEOUT)
        options->call_monitor_timeout = changes->options.call_monitor_timeout;
    if (fields & OSTLER_PREPARE_AT_LEAST_ONCE)
        options->at_least_once = changes->options.at_least_once;
}

enum ostler_status ostler_client_prepare(const ostler_client *client, const struct ostler_prepare *changes,
                                         ostler_client **prepared, struct ostler_error *error)
{
    struct ostler_target target = client->target;
    struct ostler_client_options options = client->options;

    change_target(&target, changes);
    change_options(&options, changes);
    if ((changes->fields & OSTLER_PREPARE_VERSION) && target.version &&
        ostler_version_check(target.version, error) != OSTLER_OK)
        return OSTLER_E_INVALID;
    if ((changes->fields & OSTLER_PREPARE_VERSION_CAP) && options.version_cap &&
        ostler_version_check(options.version_cap, error) != OSTLER_OK)
        return OSTLER_E_INVALID;
    return make(client->transport, target, options, prepared, error);
}

void ostler_client_free(ostler_client *client)
{
    if (!client)
        return;
    ostler_transport_unref(client->transport);
    free(client->texts);
    free(client);
}

bool ostler_client_can_send_version(const ostler_client *client, const char *version)
{
    const char *asked = version ? version : client->target.version;

    if (version && ostler_version_check(version, NULL) != OSTLER_OK)
        return false;
    return ostler_version_compatible(client->options.version_cap, asked);
}
