/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing a listener: the role that makes a server one. */
#include "listener_parts.h"

#include "notification_dispatcher.h"
#include "notification_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- The role ----------------------------------------------------------------------------------------------------- */

/* Every priority for which there is a method, of every target. */
static size_t fill_subscription(const struct ostler_listener *listener, const struct generation *generation,
                                struct ostler_subscribed *subscribed)
{
    size_t count = 0;

    for (size_t i = 0; i < listener->target_count; i++)
        for (unsigned j = 0; j < OSTLER_PRIORITIES; j++)
            if (notification_table_takes(generation, (enum ostler_priority)j))
                subscribed[count++] =
                    (struct ostler_subscribed){.exchange = listener->targets[i].exchange,
                                               .topic = listener->targets[i].topic,
                                               .priority = ostler_priority_name((enum ostler_priority)j)};
    return count;
}

static enum ostler_status subscribe(struct ostler_server *server, ostler_driver_listener **driver_listener,
                                    struct ostler_error *error)
{
    struct ostler_listener *listener = listener_of(server);
    struct ostler_subscribed *subscribed =
        calloc(listener->target_count * OSTLER_PRIORITIES, sizeof(struct ostler_subscribed));

    if (!subscribed)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a listener");
    pause_open(&listener->pause);
    struct generation *generation = generations_hold(&server->generations, 1);
    struct ostler_subscription subscription = {
        .subscribed = subscribed, .pool = listener->pool, .held = listener->batch_size};
    subscription.count = fill_subscription(listener, generation, subscribed);
    generation_release(generation);

    enum ostler_status status;
    if (subscription.count == 0)
        status = ostler_error_set(error, OSTLER_E_INVALID, "listener %s: no endpoint has a method for any priority",
                                  server->label);
    else
        status = server->ops->subscribe(server->driver, &subscription, driver_listener, error);
    free(subscribed);
    return status;
}

/* The executor's poll for a listener without batches. */
static size_t poll_one(void *self, ostler_time deadline, void **items, size_t max)
{
    ostler_time due = pause_tend(self);

    return server_poll(self, due < deadline ? due : deadline, items, max);
}

static void run_one(void *self, void *item)
{
    notification_dispatcher_run(self, item);
}

static void run_batch(void *self, void *item)
{
    notification_dispatcher_run_batch(self, item);
}

static const struct server_role single_role = {
    .word = "listener",
    .tables = &notification_tables,
    .listen = subscribe,
    .poll = poll_one,
    .run = run_one,
    .describe = notification_table_describe,
};

static const struct server_role batch_role = {
    .word = "listener",
    .tables = &notification_tables,
    .listen = subscribe,
    .poll = batch_poll,
    .run = run_batch,
    .describe = notification_table_describe,
};

/* --- Targets ------------------------------------------------------------------------------------------------------ */

static enum ostler_status check_name(const char *what, const char *name, struct ostler_error *error)
{
    if (!name || !*name)
        return ostler_error_set(error, OSTLER_E_TARGET, "a listener's target must have a %s", what);
    if (strlen(name) > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET, "the %s \"%.32s...\" is longer than %d bytes", what, name,
                                OSTLER_NAME_MAX);
    return OSTLER_OK;
}

static bool is_listed(const struct ostler_listener *listener, const struct ostler_target *target)
{
    for (size_t i = 0; i < listener->target_count; i++)
        if (strcmp(listener->targets[i].topic, target->topic) == 0 &&
            strcmp(listener->targets[i].exchange, target->exchange) == 0)
            return true;
    return false;
}

static size_t texts_size(const struct ostler_target *targets, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += strlen(targets[i].topic) + 1 + (targets[i].exchange ? strlen(targets[i].exchange) + 1 : 0);
    return size;
}

static enum ostler_status check_targets(ostler_transport *transport, const struct ostler_target *targets, size_t count,
                                        struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    if (count == 0)
        return ostler_error_set(error, OSTLER_E_TARGET, "a listener needs a target");
    for (size_t i = 0; i < count && status == OSTLER_OK; i++) {
        status = check_name("topic", targets[i].topic, error);
        if (status == OSTLER_OK)
            status = check_name(
                "exchange", targets[i].exchange ? targets[i].exchange : ostler_transport_exchange(transport), error);
    }
    return status;
}

/* One that is given twice counts once. */
static enum ostler_status copy_targets(struct ostler_listener *listener, ostler_transport *transport,
                                       const struct ostler_target *targets, size_t count, struct ostler_error *error)
{
    char *at = listener->texts = malloc(texts_size(targets, count));

    listener->targets = calloc(count, sizeof *listener->targets);
    if (!listener->texts || !listener->targets)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a listener");
    for (size_t i = 0; i < count; i++) {
        struct ostler_target target = {.topic = at};
        at = stpcpy(at, targets[i].topic) + 1;
        target.exchange = targets[i].exchange ? at : ostler_transport_exchange(transport); /* lives as long as it */
        if (targets[i].exchange)
            at = stpcpy(at, targets[i].exchange) + 1;
        if (!is_listed(listener, &target))
            listener->targets[listener->target_count++] = target;
    }
    return OSTLER_OK;
}

/* --- New and free ------------------------------------------------------------------------------------------------- */

static enum ostler_status take_options(struct ostler_listener *listener, const struct ostler_listener_options *options,
                                       struct ostler_error *error)
{
    bool timed = options->batch_timeout >= 0.0;

    listener->allow_requeue = options->allow_requeue;
    listener->batch_timeout = options->batch_timeout;
    listener->batch_size = options->batch_size ? options->batch_size : timed ? OSTLER_BATCH_MAX : 1;
    if (isnan(options->batch_timeout) || listener->batch_size > OSTLER_BATCH_MAX)
        return ostler_error_set(error, OSTLER_E_INVALID, "a batch has at most %d notifications and a time that is one",
                                OSTLER_BATCH_MAX);
    if (!options->pool || !options->pool[0])
        return OSTLER_OK;
    if (strlen(options->pool) > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET, "the pool \"%.32s...\" is longer than %d bytes", options->pool,
                                OSTLER_NAME_MAX);
    listener->pool = strdup(options->pool);
    return listener->pool ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a listener");
}

static struct ostler_server_options server_options(const struct ostler_listener_options *options)
{
    return (struct ostler_server_options){.executor = options->executor,
                                          .threads = options->threads,
                                          .serializer = options->serializer,
                                          .conf = options->conf,
                                          .on_reset = options->on_reset,
                                          .on_stop = options->on_stop,
                                          .user = options->user};
}

static void free_own(struct ostler_listener *listener)
{
    pause_fini(&listener->pause);
    batch_free(listener->batch);
    free(listener->pool);
    free(listener->targets);
    free(listener->texts);
    free(listener);
}

static enum ostler_status make(struct ostler_listener *listener, ostler_transport *transport,
                               const struct ostler_server_endpoint *endpoints, size_t count,
                               const struct ostler_listener_options *options, struct ostler_error *error)
{
    const struct server_role *role = listener->batch_size > 1 ? &batch_role : &single_role;
    struct ostler_server_options common = server_options(options);
    struct ostler_target target = listener->targets[0];

    /* What stands in the log: TOPIC.POOL. */
    target.server = listener->pool ? listener->pool : "listener";
    enum ostler_status status =
        server_make(&listener->server, role, transport, &target, endpoints, count, &common, error);
    if (status != OSTLER_OK)
        server_destroy(&listener->server);
    return status;
}

enum ostler_status ostler_listener_new(ostler_transport *transport, const struct ostler_target *targets,
                                       size_t target_count, const struct ostler_server_endpoint *endpoints,
                                       size_t count, const struct ostler_listener_options *options,
                                       ostler_listener **listener, struct ostler_error *error)
{
    static const struct ostler_listener_options defaults = OSTLER_LISTENER_OPTIONS_INIT;

    if (!options)
        options = &defaults;
    if (!ostler_transport_carries_notifications(transport))
        return ostler_error_set(error, OSTLER_E_DRIVER, "the transport %s carries no notifications",
                                ostler_transport_url(transport));
    enum ostler_status status = check_targets(transport, targets, target_count, error);
    if (status != OSTLER_OK)
        return status;
    ostler_listener *made = calloc(1, sizeof *made);
    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a listener");
    pause_init(&made->pause);
    status = copy_targets(made, transport, targets, target_count, error);
    if (status == OSTLER_OK)
        status = take_options(made, options, error);
    if (status == OSTLER_OK)
        status = make(made, transport, endpoints, count, options, error);
    if (status == OSTLER_OK)
        *listener = made;
    else
        free_own(made);
    return status;
}

void ostler_listener_free(ostler_listener *listener)
{
    if (!listener)
        return;
    ostler_server_stop(&listener->server);
    ostler_server_wait(&listener->server, -1.0, NULL);
    server_destroy(&listener->server);
    free_own(listener);
}

/* --- What is as for a server -------------------------------------------------------------------------------------- */

enum ostler_status ostler_listener_start(ostler_listener *listener, struct ostler_error *error)
{
    return ostler_server_start(&listener->server, error);
}

void ostler_listener_stop(ostler_listener *listener)
{
    ostler_server_stop(&listener->server);
}

enum ostler_status ostler_listener_wait(ostler_listener *listener, double seconds, struct ostler_error *error)
{
    return ostler_server_wait(&listener->server, seconds, error);
}

enum ostler_status ostler_listener_reset(ostler_listener *listener, ostler_conf *conf,
                                         const struct ostler_listener_options *options, struct ostler_error *error)
{
    struct ostler_server_options common = {.threads = options ? options->threads : 0};

    return ostler_server_reset(&listener->server, conf, &common, error);
}

enum ostler_status ostler_listener_replace(ostler_listener *listener, ostler_conf *conf,
                                           const struct ostler_server_endpoint *endpoints, size_t count,
                                           const struct ostler_listener_options *options, struct ostler_error *error)
{
    struct ostler_server_options common = {.threads = options ? options->threads : 0};

    return ostler_server_replace(&listener->server, conf, endpoints, count, &common, error);
}

struct json_object *ostler_listener_stats(ostler_listener *listener)
{
    return ostler_server_stats(&listener->server);
}
