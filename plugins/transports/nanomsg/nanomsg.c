/* SPDX-License-Identifier: Apache-2.0 */
/* The transport "nanomsg": its operations, on a client that is always there and a node that is made to serve. */
#include "client.h"
#include "node.h"

#include <json-c/json.h>
#include <ostler/log.h>

#include <errno.h>
#include <nanomsg/nn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

struct ostler_driver_transport {
    struct settings settings;
    ostler_loaded_module *module; /* the matchmaker's */
    char *where;
    struct flusher flusher;
    struct client client;
    pthread_mutex_t lock; /* guards the node's making, and where it is bound */
    struct node *_Atomic node;
    char **bound;
    size_t bound_count;
};

/* --- Opening and closing ------------------------------------------------------------------------------------------ */

static enum ostler_status open_matchmaker(ostler_driver_transport *transport, const ostler_conf *conf,
                                          const ostler_url *url, struct ostler_error *error)
{
    struct client *client = &transport->client;
    enum ostler_status status =
        ostler_module_load(OSTLER_KIND_MATCHMAKER, transport->settings.matchmaker,
                           ostler_conf_string(conf, "DEFAULT", "plugin_path"), &transport->module, error);

    if (status != OSTLER_OK) {
        ostler_error_prefix(error, "the matchmaker of the transport " DRIVER_NAME);
        if (error)
            error->status = OSTLER_E_DRIVER;
        return OSTLER_E_DRIVER;
    }
    client->ops = ostler_module_descriptor(transport->module)->ops;
    client->where = transport->where = ostler_url_print_safe(url);
    if (!transport->where)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    return client->ops->open(conf, url, &client->matchmaker, error);
}

static bool flush_held(void *self, ostler_time before)
{
    ostler_driver_transport *transport = self;
    bool held = client_flush(&transport->client, before);
    struct node *node = transport->node;

    return (node && node_flush(node, before)) || held;
}

static void destroy(ostler_driver_transport *transport)
{
    flusher_end(&transport->flusher);
    /* The client may have to wait for this very node. */
    client_close(&transport->client);
    node_free(transport->node);
    if (transport->client.matchmaker)
        transport->client.ops->close(transport->client.matchmaker);
    ostler_module_unref(transport->module);
    for (size_t i = 0; i < transport->bound_count; i++)
        free(transport->bound[i]);
    free(transport->bound);
    pthread_mutex_destroy(&transport->lock);
    free(transport->where);
    free(transport);
}

static enum ostler_status driver_open(const ostler_conf *conf, const ostler_url *url, ostler_driver_transport **out,
                                      struct ostler_error *error)
{
    ostler_driver_transport *transport = calloc(1, sizeof *transport);
    enum ostler_status status = OSTLER_E_NOMEM;

    if (!transport)
        return ostler_error_set(error, status, "out of memory");
    status = settings_read(conf, url, &transport->settings, error);
    if (status != OSTLER_OK) {
        free(transport);
        return status;
    }
    pthread_mutex_init(&transport->lock, NULL);
    flusher_init(&transport->flusher, flush_held, transport);
    status = client_open(&transport->client, &transport->settings, &transport->flusher, error);
    if (status == OSTLER_OK)
        status = open_matchmaker(transport, conf, url, error);
    if (status == OSTLER_OK)
        *out = transport;
    else
        destroy(transport);
    return status;
}

static void driver_close(ostler_driver_transport *transport)
{
    destroy(transport);
}

/* --- Serving ------------------------------------------------------------------------------------------------------ */

static enum ostler_status check_name(const char *what, const char *text, struct ostler_error *error)
{
    size_t length = strlen(text);

    if (length == 0 || length > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET, "the %s has %zu bytes; 1 to %d are possible: %.40s", what,
                                length, OSTLER_NAME_MAX, text);
    return OSTLER_OK;
}

/* Whether the node has this address already. The lock is held. */
static bool is_bound(const ostler_driver_transport *transport, const char *address)
{
    for (size_t i = 0; i < transport->bound_count; i++)
        if (strcmp(transport->bound[i], address) == 0)
            return true;
    return false;
}

/* Binds to one address and remembers it, taking it over. Returns 0 or an errno value. The lock is held. */
static int bind_to(ostler_driver_transport *transport, char *address)
{
    char **bound = realloc(transport->bound, (transport->bound_count + 1) * sizeof *bound);
    int problem = bound ? socket_bind(&transport->settings, transport->node->socket, address) : ENOMEM;

    if (bound)
        transport->bound = bound;
    if (problem == 0 && !transport->settings.tcp && chmod(address, transport->settings.socket_mode) != 0)
        problem = errno;
    if (problem) {
        free(address);
        return problem;
    }
    transport->bound[transport->bound_count++] = address;
    return 0;
}

/* Whether the next address may do where this one did not. */
static bool is_elsewhere(int problem)
{
    return problem == EADDRINUSE || problem == EADDRNOTAVAIL || problem == ENODEV || problem == EINVAL;
}

/* The address at which this target is served: one that is bound already, or the first that can be. The lock is held. */
static enum ostler_status bind_for(ostler_driver_transport *transport, const struct ostler_target *target,
                                   const char **address, struct ostler_error *error)
{
    const struct ostler_matchmaker_ops *ops = transport->client.ops;

    if (!transport->settings.tcp && transport->bound_count > 0) {
        *address = transport->bound[0];
        return OSTLER_OK;
    }
    for (unsigned index = 0;; index++) {
        char *proposed = NULL;
        enum ostler_status status = ops->propose(transport->client.matchmaker, target, index, &proposed, error);
        if (status != OSTLER_OK)
            return status;
        if (is_bound(transport, proposed)) {
            free(proposed);
            *address = transport->bound[0];
            return OSTLER_OK;
        }
        char text[256];
        snprintf(text, sizeof text, "%s", proposed);
        int problem = bind_to(transport, proposed);
        if (problem == 0) {
            *address = transport->bound[transport->bound_count - 1];
            return OSTLER_OK;
        }
        if (!is_elsewhere(problem))
            return ostler_error_set(error, OSTLER_E_LISTEN, "cannot bind to %s: %s", text, nn_strerror(problem));
        ostler_log(OSTLER_LOG_DEBUG, DRIVER_NAME, "not bound to %s: %s", text, nn_strerror(problem));
    }
}

/* The lock is held. */
static enum ostler_status announce(ostler_driver_transport *transport, const struct ostler_target *target,
                                   struct served *served, struct ostler_error *error)
{
    const char *address = NULL;
    enum ostler_status status = bind_for(transport, target, &address, error);

    if (status == OSTLER_OK)
        status = transport->client.ops->announce(transport->client.matchmaker, target, address, &served->registration,
                                                 error);
    return status;
}

static enum ostler_status serve(ostler_driver_transport *transport, const struct ostler_target *targets, size_t count,
                                bool notifications, ostler_driver_listener **out, struct ostler_error *error)
{
    ostler_driver_listener *listener = NULL;
    enum ostler_status status = OSTLER_OK;
    struct node *node = transport->node;

    if (!node)
        status = node_new(&transport->settings, &transport->flusher, &node, error);
    if (status == OSTLER_OK)
        transport->node = node;
    if (status == OSTLER_OK)
        status = node_listen(node, targets, count, notifications, &listener, error);
    if (status != OSTLER_OK)
        return status;
    listener->withdraw = transport->client.ops->withdraw;
    for (size_t i = 0; i < count && status == OSTLER_OK; i++)
        status = announce(transport, &targets[i], &listener->served[i], error);
    if (status == OSTLER_OK) {
        *out = listener;
    } else {
        listener_stop(listener);
        listener_close(listener);
    }
    return status;
}

static enum ostler_status driver_listen(ostler_driver_transport *transport, const struct ostler_target *target,
                                        ostler_driver_listener **listener, struct ostler_error *error)
{
    enum ostler_status status = check_name("exchange", target->exchange, error);

    if (status == OSTLER_OK)
        status = check_name("topic", target->topic, error);
    if (status == OSTLER_OK)
        status = check_name("server's name", target->server, error);
    if (status != OSTLER_OK)
        return status;
    pthread_mutex_lock(&transport->lock);
    status = serve(transport, target, 1, false, listener, error);
    pthread_mutex_unlock(&transport->lock);
    return status;
}

/* --- Listening for notifications: as a server of each topic and priority, whose name says the pool ------------------ */

enum { UNIQUE_SIZE = 18 };

static enum ostler_status name_listener(const char *pool, char name[OSTLER_NAME_MAX + 1], struct ostler_error *error)
{
    uint64_t number;

    if (strlen(pool) + UNIQUE_SIZE > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET, "the pool has more than %d bytes: %.40s...",
                                OSTLER_NAME_MAX - UNIQUE_SIZE, pool);
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return ostler_error_set_errno(error, errno, "cannot name a listener");
    snprintf(name, OSTLER_NAME_MAX + 1, "%s@%016llx", pool, (unsigned long long)number);
    return OSTLER_OK;
}

static enum ostler_status fill_targets(const struct ostler_subscription *subscription, struct ostler_target *targets,
                                       char (*topics)[OSTLER_NAME_MAX + 1], const char *server,
                                       struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < subscription->count && status == OSTLER_OK; i++) {
        const struct ostler_subscribed *wanted = &subscription->subscribed[i];
        if (snprintf(topics[i], sizeof topics[i], "%s.%s", wanted->topic, wanted->priority) > OSTLER_NAME_MAX)
            return ostler_error_set(error, OSTLER_E_TARGET, "topic and priority have more than %d bytes: %.40s...",
                                    OSTLER_NAME_MAX, wanted->topic);
        status = check_name("exchange", wanted->exchange, error);
        targets[i] = (struct ostler_target){.exchange = wanted->exchange, .topic = topics[i], .server = server};
    }
    return status;
}

static enum ostler_status driver_subscribe(ostler_driver_transport *transport,
                                           const struct ostler_subscription *subscription,
                                           ostler_driver_listener **listener, struct ostler_error *error)
{
    char server[OSTLER_NAME_MAX + 1];
    struct ostler_target *targets = calloc(subscription->count, sizeof *targets);
    char(*topics)[OSTLER_NAME_MAX + 1] = calloc(subscription->count, sizeof *topics);
    enum ostler_status status = OSTLER_OK;

    if (!targets || !topics)
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    if (status == OSTLER_OK)
        status = name_listener(subscription->pool ? subscription->pool : "", server, error);
    if (status == OSTLER_OK)
        status = fill_targets(subscription, targets, topics, server, error);
    if (status == OSTLER_OK) {
        pthread_mutex_lock(&transport->lock);
        status = serve(transport, targets, subscription->count, true, listener, error);
        pthread_mutex_unlock(&transport->lock);
    }
    free(topics);
    free(targets);
    return status;
}

static enum ostler_status driver_notify(ostler_driver_transport *transport,
                                        const struct ostler_outgoing_notification *notification,
                                        struct ostler_error *error)
{
    return client_notify(&transport->client, notification, error);
}

/* --- The rest ----------------------------------------------------------------------------------------------------- */

static enum ostler_status driver_send(ostler_driver_transport *transport, const struct ostler_outgoing *message,
                                      unsigned *receivers, struct ostler_error *error)
{
    if (message->acceptance)
        return client_cast_later(&transport->client, message, error);
    return client_send(&transport->client, message, receivers, error);
}

static void driver_flush(ostler_driver_transport *transport)
{
    client_flush(&transport->client, OSTLER_NEVER);
}

static size_t driver_replies_poll(ostler_driver_transport *transport, ostler_time deadline,
                                  struct ostler_reply *replies, size_t max)
{
    return client_poll(&transport->client, deadline, replies, max);
}

static void driver_replies_wake(ostler_driver_transport *transport)
{
    client_wake(&transport->client);
}

static int driver_replies_fd(ostler_driver_transport *transport)
{
    client_knows_fd(&transport->client);
    return transport->client.epoll;
}

static void add_number(struct json_object *report, const char *name, uint64_t number)
{
    json_object_object_add(report, name, json_object_new_uint64(number));
}

static void report_node(struct json_object *report, struct node *node)
{
    pthread_mutex_lock(&node->lock);
    add_number(report, "listeners", node->active);
    add_number(report, "clients", HASH_COUNT(node->peers.table));
    add_number(report, "requests", node->requests);
    add_number(report, "refused", node->refused);
    add_number(report, "broken", node->broken);
    add_number(report, "reply_bytes_queued", node->peers.queued);
    add_number(report, "replies_dropped", node->peers.dropped);
    pthread_mutex_unlock(&node->lock);
}

static struct json_object *driver_report(ostler_driver_transport *transport)
{
    struct client *client = &transport->client;
    struct json_object *report = json_object_new_object();

    if (!report)
        return NULL;
    pthread_mutex_lock(&client->lock);
    add_number(report, "connections", HASH_COUNT(client->conns));
    pthread_mutex_unlock(&client->lock);
    add_number(report, "sent", atomic_load(&client->sent));
    add_number(report, "received", atomic_load(&client->received));
    add_number(report, "lost", atomic_load(&client->lost));
    add_number(report, "rerouted", atomic_load(&client->rerouted));
    pthread_mutex_lock(&transport->lock);
    if (transport->node) {
        if (transport->bound_count > 0)
            json_object_object_add(report, "address", json_object_new_string(transport->bound[0]));
        report_node(report, transport->node);
    }
    pthread_mutex_unlock(&transport->lock);
    return report;
}

static const struct ostler_driver_ops operations = {
    .open = driver_open,
    .close = driver_close,
    .send = driver_send,
    .replies_poll = driver_replies_poll,
    .replies_wake = driver_replies_wake,
    .replies_fd = driver_replies_fd,
    .listen = driver_listen,
    .listener_poll = listener_poll,
    .listener_wake = listener_wake,
    .listener_stop = listener_stop,
    .listener_close = listener_close,
    .incoming_open = incoming_open,
    .incoming_reply = incoming_reply,
    .incoming_heartbeat = incoming_heartbeat,
    .incoming_free = incoming_free,
    .report = driver_report,
    .notify = driver_notify,
    .subscribe = driver_subscribe,
    .incoming_settle = incoming_settle,
    .flush = driver_flush,
    .accepts_later = true,
};

OSTLER_MODULE(nanomsg) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_TRANSPORT,
    .name = DRIVER_NAME,
    .version = "1.0",
    .summary = "brokerless: servers are found in a folder or at hosts, and talked to directly",
    .ops = &operations,
    .ops_size = sizeof operations,
    .options = settings_groups,
};
