/* SPDX-License-Identifier: Apache-2.0 */
#include "reload.h"

#include <ostler/log.h>

#include <stdlib.h>
#include <string.h>

struct reload {
    struct deployment *running;
    struct deployment *next;
    struct host_server **kept; /* for each of next's servers the one of running that goes on, or NULL */
};

static bool is_kept(const struct reload *reload, const struct host_server *old)
{
    for (size_t i = 0; i < reload->next->server_count; i++)
        if (reload->kept[i] == old)
            return true;
    return false;
}

static void match(struct reload *reload)
{
    for (size_t i = 0; i < reload->next->server_count; i++)
        for (size_t j = 0; j < reload->running->server_count; j++) {
            struct host_server *old = &reload->running->servers[j];
            if (deployment_same_target(old, &reload->next->servers[i]) &&
                strcmp(old->executor, reload->next->servers[i].executor) == 0)
                reload->kept[i] = old;
        }
}

/* New servers are made before anything that runs is touched: most of what can fail, fails here. */
static enum ostler_status open_added(const struct reload *reload, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < reload->next->server_count && status == OSTLER_OK; i++)
        if (!reload->kept[i])
            status = deployment_open_one(reload->next, &reload->next->servers[i], error);
    return status;
}

static void free_added(const struct reload *reload)
{
    for (size_t i = 0; i < reload->next->server_count; i++) {
        ostler_server_free(reload->next->servers[i].server);
        reload->next->servers[i].server = NULL;
    }
}

/* Hands @p like's endpoints and options to the server that runs. */
static enum ostler_status replace(ostler_server *server, const struct deployment *deployment,
                                  const struct host_server *like, struct ostler_error *error)
{
    const struct ostler_server_options options = deployment_options(deployment, like);
    enum ostler_status status =
        ostler_server_replace(server, deployment->conf, like->endpoints, like->endpoint_count, &options, error);

    if (status != OSTLER_OK)
        ostler_error_prefix(error, "[%s]", like->section);
    return status;
}

/* Gives the first @p count kept servers back what they had. */
static void undo_kept(const struct reload *reload, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ostler_error error = OSTLER_ERROR_INIT;
        const struct host_server *old = reload->kept[i];
        if (old && replace(old->server, reload->running, old, &error) != OSTLER_OK)
            ostler_log(OSTLER_LOG_ERROR, "ostlerd", "cannot go back to the old configuration: %s", error.message);
        ostler_error_clear(&error);
    }
}

static enum ostler_status replace_kept(const struct reload *reload, struct ostler_error *error)
{
    for (size_t i = 0; i < reload->next->server_count; i++) {
        const struct host_server *old = reload->kept[i];
        enum ostler_status status =
            old ? replace(old->server, reload->next, &reload->next->servers[i], error) : OSTLER_OK;
        if (status != OSTLER_OK) {
            undo_kept(reload, i);
            return status;
        }
    }
    return OSTLER_OK;
}

static void restart_removed(const struct reload *reload)
{
    for (size_t i = 0; i < reload->running->server_count; i++) {
        struct ostler_error error = OSTLER_ERROR_INIT;
        const struct host_server *old = &reload->running->servers[i];
        if (!is_kept(reload, old) && ostler_server_start(old->server, &error) != OSTLER_OK)
            ostler_log(OSTLER_LOG_CRITICAL, "ostlerd", "[%s] cannot be started again: %s", old->section, error.message);
        ostler_error_clear(&error);
    }
}

/* Those that go make room first: a new one may have the same name. */
static enum ostler_status exchange(const struct reload *reload, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < reload->running->server_count; i++)
        if (!is_kept(reload, &reload->running->servers[i]))
            ostler_server_stop(reload->running->servers[i].server);
    for (size_t i = 0; i < reload->next->server_count && status == OSTLER_OK; i++)
        if (!reload->kept[i]) {
            status = ostler_server_start(reload->next->servers[i].server, error);
            if (status != OSTLER_OK)
                ostler_error_prefix(error, "[%s]", reload->next->servers[i].section);
        }
    if (status != OSTLER_OK) {
        free_added(reload);
        restart_removed(reload);
    }
    return status;
}

static void commit(const struct reload *reload, struct drain *drain)
{
    for (size_t i = 0; i < reload->next->server_count; i++) {
        struct host_server *server = &reload->next->servers[i], *old = reload->kept[i];
        if (old) {
            server->server = old->server;
            old->server = NULL;
        } else {
            ostler_log(OSTLER_LOG_INFO, "ostlerd", "[%s] serves \"%s\" as \"%s\"", server->section,
                       server->target.topic, server->target.server);
        }
    }
    for (size_t i = 0; i < reload->running->server_count; i++) {
        struct host_server *old = &reload->running->servers[i];
        if (!old->server)
            continue;
        ostler_log(OSTLER_LOG_INFO, "ostlerd", "[%s] no longer serves \"%s\" as \"%s\"", old->section,
                   old->target.topic, old->target.server);
        drain_add(drain, old->server);
        old->server = NULL;
    }
}

enum ostler_status reload_apply(struct deployment *running, struct deployment *next, struct drain *drain,
                                struct ostler_error *error)
{
    struct reload reload = {running, next, calloc(next->server_count + 1, sizeof(struct host_server *))};
    if (!reload.kept)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");

    match(&reload);
    enum ostler_status status = open_added(&reload, error);
    if (status == OSTLER_OK)
        status = replace_kept(&reload, error);
    if (status == OSTLER_OK) {
        status = exchange(&reload, error);
        if (status != OSTLER_OK)
            undo_kept(&reload, next->server_count);
    }
    if (status == OSTLER_OK)
        commit(&reload, drain);
    else
        free_added(&reload);
    free(reload.kept);
    return status;
}
