/* SPDX-License-Identifier: Apache-2.0 */
/* Making, changing and freeing a server. */
#include "builtins.h"
#include "dispatcher.h"
#include "generation_table.h"
#include "request_parts.h"

#include <ostler/log.h>
#include <ostler/thread.h>

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- The target ------------------------------------------------------------------------------------------------- */

static enum ostler_status check_name(const ostler_server *server, const char *what, const char *name,
                                     struct ostler_error *error)
{
    if (!name || !*name)
        return ostler_error_set(error, OSTLER_E_TARGET, "a %s's target must have a %s", server->role->word, what);
    if (strlen(name) > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET, "the %s \"%.32s...\" is longer than %d bytes", what, name,
                                OSTLER_NAME_MAX);
    return OSTLER_OK;
}

/* Puts @p text at *@p at and moves on. */
static const char *copy_text(char **at, const char *text)
{
    const char *copy = *at;

    *at = stpcpy(*at, text) + 1;
    return copy;
}

static enum ostler_status copy_target(ostler_server *server, const struct ostler_target *target,
                                      struct ostler_error *error)
{
    const char *exchange = target->exchange ? target->exchange : ostler_transport_exchange(server->transport);
    enum ostler_status status = check_name(server, "topic", target->topic, error);

    if (status == OSTLER_OK)
        status = check_name(server, "server", target->server, error);
    if (status == OSTLER_OK)
        status = check_name(server, "exchange", exchange, error);
    if (status != OSTLER_OK)
        return status;

    char *at = malloc(strlen(exchange) + strlen(target->topic) + strlen(target->server) + 3);
    server->texts = at;
    if (!at || asprintf(&server->label, "%s.%s", target->topic, target->server) < 0) {
        server->label = NULL;
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a %s", server->role->word);
    }
    server->target.exchange = copy_text(&at, exchange);
    server->target.topic = copy_text(&at, target->topic);
    server->target.server = copy_text(&at, target->server);
    return OSTLER_OK;
}

/* --- What the endpoint `control` may ask ------------------------------------------------------------------------ */

static enum ostler_status ask_reset(void *self, struct ostler_error *error)
{
    ostler_server *server = self;

    if (!server->on_reset)
        return ostler_error_set(error, OSTLER_E_INVALID, "the program does not allow a reset from outside");
    server->on_reset(server->user);
    return OSTLER_OK;
}

static enum ostler_status ask_stop(void *self, struct ostler_error *error)
{
    ostler_server *server = self;

    if (!server->on_stop)
        return ostler_error_set(error, OSTLER_E_INVALID, "the program does not allow to be stopped from outside");
    server->on_stop(server->user);
    return OSTLER_OK;
}

static struct json_object *tell_listeners(void *self)
{
    ostler_server *server = self;

    return server->on_listeners ? server->on_listeners(server->user) : json_object_new_array();
}

/* --- Parts of a server ------------------------------------------------------------------------------------------ */

static unsigned pool_size(const ostler_conf *conf)
{
    int64_t size = ostler_conf_integer(conf, "DEFAULT", "executor_thread_pool_size", 64);

    return size < 1 ? 1 : size > 65536 ? 65536 : (unsigned)size;
}

static enum ostler_status open_executor(ostler_server *server, const char *name, unsigned threads,
                                        struct ostler_error *error)
{
    struct ostler_work work;
    struct ostler_error reason = OSTLER_ERROR_INIT;
    const char *plugin_path = ostler_conf_string(server->conf, "DEFAULT", "plugin_path");

    if (!name)
        name = ostler_conf_string(server->conf, "DEFAULT", "executor");
    if (!name)
        name = "threading";
    if (ostler_module_load(OSTLER_KIND_EXECUTOR, name, plugin_path, &server->executor_module, &reason) != OSTLER_OK) {
        ostler_error_set(error, OSTLER_E_EXECUTOR, "executor \"%s\": %s", name, reason.message);
        ostler_error_clear(&reason);
        return OSTLER_E_EXECUTOR;
    }
    server->executor_ops = ostler_module_descriptor(server->executor_module)->ops;
    server_work_init(server, &work);
    return server->executor_ops->open(&work, threads ? threads : pool_size(server->conf), &server->executor, error);
}

/* The policy to use from now on, with a reference of its own. */
static enum ostler_status load_policy(const ostler_server *server, const ostler_conf *conf, const char *name,
                                      ostler_loaded_module **module, struct ostler_error *error)
{
    const struct generation *current = server->generations.current;

    if (!server->role->is_rpc)
        return OSTLER_OK;
    if (!name && current) {
        *module = ostler_module_ref(current->policy_module);
        return OSTLER_OK;
    }
    if (!name)
        name = "default";
    enum ostler_status status =
        ostler_module_load(OSTLER_KIND_POLICY, name, ostler_conf_string(conf, "DEFAULT", "plugin_path"), module, error);
    if (status != OSTLER_OK)
        ostler_error_prefix(error, "access policy \"%s\"", name);
    return status;
}

/* The program's endpoints and, where the option says so, the one that answers pings; to be freed. */
static struct ostler_server_endpoint *with_ping(const ostler_server *server, const ostler_conf *conf,
                                                const struct ostler_server_endpoint *endpoints, size_t count,
                                                size_t *total)
{
    struct ostler_server_endpoint *all = calloc(count + 1, sizeof *all);

    if (!all)
        return NULL;
    if (count > 0)
        memcpy(all, endpoints, count * sizeof *all);
    *total = count;
    if (server->role->is_rpc && ostler_conf_bool(conf, "DEFAULT", "rpc_ping_enabled"))
        all[(*total)++] = (struct ostler_server_endpoint){.name = "oslo_rpc_server_ping", .ops = &ping_operations};
    return all;
}

/* Puts a new set of endpoints in force, or leaves everything as it is. */
static enum ostler_status exchange_endpoints(ostler_server *server, ostler_conf *conf,
                                             const struct ostler_server_endpoint *endpoints, size_t count,
                                             const char *policy, struct ostler_error *error)
{
    ostler_loaded_module *policy_module = NULL;
    struct generation *generation = NULL;
    size_t total = 0;
    struct ostler_server_endpoint *all = with_ping(server, conf, endpoints, count, &total);

    if (!all)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for endpoints");
    enum ostler_status status = load_policy(server, conf, policy, &policy_module, error);
    if (status == OSTLER_OK)
        status = generation_new(&server->generations, conf, server->generations.current ? server->conf : NULL, all,
                                total, policy_module, &generation, error);
    if (status == OSTLER_OK)
        generations_swap(&server->generations, generation);
    else
        ostler_module_unref(policy_module);
    free(all);
    return status;
}

/* --- New and free ----------------------------------------------------------------------------------------------- */

static void init(ostler_server *server, const struct server_role *role, ostler_transport *transport,
                 const struct ostler_server_options *options)
{
    server->role = role;
    server->transport = ostler_transport_ref(transport);
    server->ops = transport_ops(transport);
    server->driver = transport_driver(transport);
    server->conf = ostler_conf_ref(options->conf ? options->conf : ostler_transport_conf(transport));
    server->serializer = options->serializer;
    server->on_reset = options->on_reset;
    server->on_stop = options->on_stop;
    server->on_listeners = options->on_listeners;
    server->user = options->user;
    server->pool_given = options->threads > 0;
    server->host = (struct ostler_endpoint_host){.size = sizeof server->host,
                                                 .self = server,
                                                 .target = &server->target,
                                                 .describe = server_describe,
                                                 .stats = server_stats,
                                                 .reset = ask_reset,
                                                 .stop = ask_stop,
                                                 .listeners = tell_listeners};
    pthread_mutex_init(&server->lock, NULL);
    ostler_cond_init(&server->changed);
    stats_init(&server->stats);
    generations_init(&server->generations, &server->host, &server->stats, role->tables, server_wake, server);
}

void server_destroy(struct ostler_server *server)
{
    generations_fini(&server->generations);
    if (server->label)
        monitor_fini(&server->monitor);
    if (server->executor)
        server->executor_ops->close(server->executor);
    ostler_module_unref(server->executor_module);
    stats_fini(&server->stats);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server->label);
    free(server->texts);
    ostler_conf_unref(server->conf);
    ostler_transport_unref(server->transport);
}

enum ostler_status server_make(struct ostler_server *server, const struct server_role *role,
                               ostler_transport *transport, const struct ostler_target *target,
                               const struct ostler_server_endpoint *endpoints, size_t count,
                               const struct ostler_server_options *options, struct ostler_error *error)
{
    builtins_register();
    init(server, role, transport, options);
    enum ostler_status status = copy_target(server, target, error);
    if (status == OSTLER_OK) {
        monitor_init(&server->monitor, server->label, request_beat);
        status = open_executor(server, options->executor, options->threads, error);
    }
    if (status == OSTLER_OK)
        status = exchange_endpoints(server, server->conf, endpoints, count, options->access_policy, error);
    return status;
}

/* --- The role of an RPC server ---------------------------------------------------------------------------------- */

static enum ostler_status listen_for_requests(ostler_server *server, ostler_driver_listener **listener,
                                              struct ostler_error *error)
{
    return server->ops->listen(server->driver, &server->target, listener, error);
}

static void run_request(void *self, void *item)
{
    struct ostler_incoming *incoming = item;

    dispatcher_run(self, incoming->core, incoming);
}

static const struct server_role rpc_role = {
    .word = "server",
    .is_rpc = true,
    .tables = &generation_tables,
    .listen = listen_for_requests,
    .poll = server_poll,
    .run = run_request,
    .describe = server_describe_interfaces,
};

enum ostler_status ostler_server_new(ostler_transport *transport, const struct ostler_target *target,
                                     const struct ostler_server_endpoint *endpoints, size_t count,
                                     const struct ostler_server_options *options, ostler_server **server,
                                     struct ostler_error *error)
{
    static const struct ostler_server_options defaults = OSTLER_SERVER_OPTIONS_INIT;

    ostler_server *made = calloc(1, sizeof *made);
    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a server");
    enum ostler_status status =
        server_make(made, &rpc_role, transport, target, endpoints, count, options ? options : &defaults, error);
    if (status == OSTLER_OK) {
        *server = made;
        return OSTLER_OK;
    }
    server_destroy(made);
    free(made);
    return status;
}

void ostler_server_free(ostler_server *server)
{
    if (!server)
        return;
    ostler_server_stop(server);
    ostler_server_wait(server, -1.0, NULL);
    server_destroy(server);
    free(server);
}

/* --- Reset and replace ------------------------------------------------------------------------------------------ */

static void begin_reload(ostler_server *server)
{
    pthread_mutex_lock(&server->lock);
    while (server->reloading)
        pthread_cond_wait(&server->changed, &server->lock);
    server->reloading = true;
    pthread_mutex_unlock(&server->lock);
}

static void end_reload(ostler_server *server)
{
    generations_reap(&server->generations);
    pthread_mutex_lock(&server->lock);
    server->reloading = false;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* With the reload begun. */
static enum ostler_status reload(ostler_server *server, ostler_conf *conf,
                                 const struct ostler_server_endpoint *endpoints, size_t count,
                                 const struct ostler_server_options *options, struct ostler_error *error)
{
    enum ostler_status status =
        exchange_endpoints(server, conf, endpoints, count, options ? options->access_policy : NULL, error);

    if (status != OSTLER_OK)
        return status;
    ostler_conf *before = server->conf;
    server->conf = ostler_conf_ref(conf);
    ostler_conf_unref(before);
    if (options && options->threads > 0)
        server->pool_given = true;
    if (options && options->threads > 0)
        server->executor_ops->resize(server->executor, options->threads);
    else if (!server->pool_given)
        server->executor_ops->resize(server->executor, pool_size(conf));
    return OSTLER_OK;
}

enum ostler_status ostler_server_replace(ostler_server *server, ostler_conf *conf,
                                         const struct ostler_server_endpoint *endpoints, size_t count,
                                         const struct ostler_server_options *options, struct ostler_error *error)
{
    begin_reload(server);
    enum ostler_status status = reload(server, conf, endpoints, count, options, error);
    end_reload(server);
    return status;
}

enum ostler_status ostler_server_reset(ostler_server *server, ostler_conf *conf,
                                       const struct ostler_server_options *options, struct ostler_error *error)
{
    begin_reload(server);
    const struct generation *current = server->generations.current;
    struct ostler_server_endpoint *same = calloc(current->instance_count + 1, sizeof *same);
    size_t count = 0;
    for (size_t i = 0; same && i < current->instance_count; i++) {
        const struct instance *instance = current->instances[i];
        if (instance->ops != &ping_operations)
            same[count++] = (struct ostler_server_endpoint){
                .name = instance->name, .ops = instance->ops, .module = instance->module};
    }
    enum ostler_status status = same ? reload(server, conf, same, count, options, error)
                                     : ostler_error_set(error, OSTLER_E_NOMEM, "no memory for endpoints");
    free(same);
    end_reload(server);
    return status;
}
