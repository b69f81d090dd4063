/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment.h"

#include <ostler/clock.h>
#include <ostler/log.h>

#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool deployment_same_target(const struct host_server *a, const struct host_server *b)
{
    return a->transport && a->transport == b->transport && a->target.topic && b->target.topic &&
           strcmp(a->target.topic, b->target.topic) == 0 && strcmp(a->target.server, b->target.server) == 0 &&
           same_text(a->target.exchange, b->target.exchange);
}

struct ostler_server_options deployment_options(const struct deployment *deployment, const struct host_server *server)
{
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;

    options.executor = server->executor;
    options.threads = server->threads;
    options.access_policy = server->access_policy;
    options.conf = deployment->conf;
    options.on_reset = deployment->hooks.on_reset;
    options.on_stop = deployment->hooks.on_stop;
    options.user = deployment->hooks.user;
    return options;
}

enum ostler_status deployment_open_one(const struct deployment *deployment, struct host_server *server,
                                       struct ostler_error *error)
{
    const struct ostler_server_options options = deployment_options(deployment, server);
    enum ostler_status status = ostler_server_new(server->transport, &server->target, server->endpoints,
                                                  server->endpoint_count, &options, &server->server, error);

    if (status != OSTLER_OK)
        ostler_error_prefix(error, "[%s]", server->section);
    return status;
}

enum ostler_status deployment_start(struct deployment *deployment, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    size_t started = 0;

    for (size_t i = 0; i < deployment->server_count && status == OSTLER_OK; i++)
        status = deployment_open_one(deployment, &deployment->servers[i], error);
    while (status == OSTLER_OK && started < deployment->server_count) {
        status = ostler_server_start(deployment->servers[started].server, error);
        if (status == OSTLER_OK)
            started++;
        else
            ostler_error_prefix(error, "[%s]", deployment->servers[started].section);
    }
    if (status != OSTLER_OK)
        while (started > 0)
            ostler_server_stop(deployment->servers[--started].server);
    return status;
}

bool deployment_stop(struct deployment *deployment, ostler_time deadline)
{
    bool ended = true;

    for (size_t i = 0; i < deployment->server_count; i++)
        ostler_server_stop(deployment->servers[i].server);
    for (size_t i = 0; i < deployment->server_count; i++) {
        const struct host_server *server = &deployment->servers[i];
        struct ostler_error error = OSTLER_ERROR_INIT;
        double seconds = deadline == OSTLER_NEVER ? -1.0 : ostler_time_left(deadline);
        if (ostler_server_wait(server->server, seconds, &error) != OSTLER_OK) {
            ostler_log(OSTLER_LOG_ERROR, "ostlerd", "[%s]: %s", server->section, error.message);
            ostler_error_clear(&error);
            ended = false;
        }
    }
    return ended;
}

static void free_server(struct host_server *server)
{
    ostler_server_free(server->server);
    for (size_t i = 0; i < server->endpoint_count; i++)
        ostler_module_unref(server->endpoints[i].module);
    free(server->endpoints);
}

void deployment_free(struct deployment *deployment)
{
    if (!deployment)
        return;
    for (size_t i = 0; i < deployment->server_count; i++)
        free_server(&deployment->servers[i]);
    for (size_t i = 0; i < deployment->transport_count; i++)
        ostler_transport_unref(deployment->transports[i].transport);
    ostler_conf_unref(deployment->conf);
    free(deployment->servers);
    free(deployment->transports);
    free(deployment);
}
