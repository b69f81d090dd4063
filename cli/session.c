/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <ostler/notifier.h>

#include <stdlib.h>

static enum ostler_status read_conf(const struct options *options, ostler_conf **conf, struct ostler_error *error)
{
    ostler_conf *made = NULL;
    enum ostler_status status = ostler_conf_new(&made, error);

    for (size_t i = 0; status == OSTLER_OK && i < options->source_count; i++)
        status = options->sources[i].folder ? ostler_conf_add_dir(made, options->sources[i].path, error)
                                            : ostler_conf_add_file(made, options->sources[i].path, error);
    if (status == OSTLER_OK)
        status = ostler_conf_check(made, error);
    if (status == OSTLER_OK)
        *conf = made;
    else
        ostler_conf_unref(made);
    return status;
}

/* An empty variable is as good as none. */
static const char *url_from_environment(void)
{
    const char *url = getenv("OSTLER_URL");

    return url && *url ? url : NULL;
}

static struct ostler_transport_options transport_options(const struct options *options)
{
    struct ostler_transport_options made = OSTLER_TRANSPORT_OPTIONS_INIT;

    made.url = options->url;
    if (!options->url && options->source_count == 0)
        made.url = url_from_environment();
    return made;
}

enum ostler_status session_open(struct session *session, const struct options *options,
                                const struct ostler_target *target, struct ostler_error *error)
{
    const struct ostler_transport_options transport = transport_options(options);
    struct ostler_client_options client = OSTLER_CLIENT_OPTIONS_INIT;

    *session = (struct session){.conf = NULL};
    client.timeout = options->timeout;
    client.version_cap = options->version_cap;
    client.retry = options->retry == OPTIONS_RETRY_NOT_GIVEN ? -1 : options->retry;
    client.call_monitor_timeout = options->call_monitor_timeout;
    client.at_least_once = options->at_least_once;

    enum ostler_status status = read_conf(options, &session->conf, error);
    if (status == OSTLER_OK)
        status = ostler_transport_open(session->conf, &transport, &session->transport, error);
    if (status == OSTLER_OK)
        status = ostler_client_new(session->transport, target, &client, &session->client, error);
    if (status != OSTLER_OK)
        session_close(session);
    return status;
}

enum ostler_status session_open_notifications(struct session *session, const struct options *options,
                                              struct ostler_error *error)
{
    const struct ostler_transport_options transport = transport_options(options);

    *session = (struct session){.conf = NULL};
    enum ostler_status status = read_conf(options, &session->conf, error);
    if (status == OSTLER_OK && options->target.exchange)
        status = ostler_conf_set(session->conf, "DEFAULT", "control_exchange", options->target.exchange, error);
    if (status == OSTLER_OK)
        status = ostler_notification_transport_open(session->conf, &transport, &session->transport, error);
    if (status != OSTLER_OK)
        session_close(session);
    return status;
}

void session_close(struct session *session)
{
    ostler_client_free(session->client);
    ostler_transport_unref(session->transport);
    ostler_conf_unref(session->conf);
    *session = (struct session){.conf = NULL};
}

struct ostler_target session_target(const struct options *options)
{
    struct ostler_target target = options->target;

    target.topic = options->operands[0];
    return target;
}
