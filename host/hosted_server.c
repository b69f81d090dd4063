/* SPDX-License-Identifier: Apache-2.0 */
/* Sections [server] and [server:NAME]. */
#include "hosted.h"

#include <stdio.h>

static bool server_continues(const struct hosted *before, const struct hosted *after)
{
    return hosted_same_target(before->targets, after->targets);
}

static struct ostler_server_options server_options(const struct hosted *hosted, const struct hosted_means *means)
{
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;

    options.executor = hosted->executor;
    options.threads = hosted->threads;
    options.access_policy = hosted->access_policy;
    options.conf = means->conf;
    options.on_reset = means->hooks.on_reset;
    options.on_stop = means->hooks.on_stop;
    options.on_listeners = means->hooks.on_listeners;
    options.user = means->hooks.user;
    return options;
}

static enum ostler_status server_open(const struct hosted *hosted, const struct hosted_means *means, void **running,
                                      struct ostler_error *error)
{
    const struct ostler_server_options options = server_options(hosted, means);
    ostler_server *server = NULL;
    enum ostler_status status = ostler_server_new(hosted->transport, hosted->targets, hosted->endpoints,
                                                  hosted->endpoint_count, &options, &server, error);

    if (status == OSTLER_OK)
        *running = server;
    return status;
}

static enum ostler_status server_replace(void *running, const struct hosted *hosted, const struct hosted_means *means,
                                         struct ostler_error *error)
{
    const struct ostler_server_options options = server_options(hosted, means);

    return ostler_server_replace(running, means->conf, hosted->endpoints, hosted->endpoint_count, &options, error);
}

static enum ostler_status server_start(void *running, struct ostler_error *error)
{
    return ostler_server_start(running, error);
}

static void server_stop(void *running)
{
    ostler_server_stop(running);
}

static enum ostler_status server_wait(void *running, double seconds, struct ostler_error *error)
{
    return ostler_server_wait(running, seconds, error);
}

static void server_free(void *running)
{
    ostler_server_free(running);
}

static struct json_object *server_stats(void *running)
{
    return ostler_server_stats(running);
}

static void server_tell(const struct hosted *hosted, char *text, size_t size)
{
    snprintf(text, size, "serves \"%s\" as \"%s\"", hosted->targets->topic, hosted->targets->server);
}

static void server_report(const struct hosted *hosted, char *text, size_t size)
{
    const struct ostler_target *target = hosted->targets;

    snprintf(text, size, "exchange=%s topic=%s server=%s",
             target->exchange ? target->exchange : ostler_transport_exchange(hosted->transport), target->topic,
             target->server);
}

const struct hosted_kind hosted_server = {
    .word = "server",
    .continues = server_continues,
    .open = server_open,
    .replace = server_replace,
    .start = server_start,
    .stop = server_stop,
    .wait = server_wait,
    .free = server_free,
    .stats = server_stats,
    .tell = server_tell,
    .report = server_report,
};
