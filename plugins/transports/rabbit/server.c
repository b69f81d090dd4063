/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for one server: its three queues. */
#include "listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct server {
    ostler_driver_listener base;
    char exchange[LISTENER_NAME_SIZE];
    char topic[LISTENER_NAME_SIZE];
    char server_queue[LISTENER_NAME_SIZE];
    char fanout_exchange[LISTENER_NAME_SIZE + 8];
    char fanout_queue[LISTENER_NAME_SIZE + 48];
    struct consumed queues[3];
};

static void name_fanout_queue(struct server *server)
{
    char digits[ID_DIGITS + 1];

    id_make_random(digits);
    snprintf(server->fanout_queue, sizeof server->fanout_queue, "%s_fanout_%s", server->topic, digits);
    server->base.consumers.vanished = false;
}

/* --- The link's events ------------------------------------------------------------------------------------------------ */

static enum ostler_status on_up(void *self, struct conn *conn, struct ostler_error *error)
{
    struct server *server = self;

    if (server->base.stopping)
        return OSTLER_OK;
    if (server->base.consumers.vanished)
        name_fanout_queue(server);
    enum ostler_status status = consumers_begin(&server->base.consumers, conn, error);
    if (status == OSTLER_OK)
        listener_is_up(&server->base);
    return status;
}

/* What was read and not acknowledged will be delivered again. */
static void on_down(void *self, struct link *link, const char *reason)
{
    struct server *server = self;

    (void)link;
    (void)reason;
    inbox_clear(&server->base.inbox);
}

static bool on_message(void *self, struct link *link, struct received *message, struct ostler_error *error)
{
    struct server *server = self;

    (void)link;
    if (message->returned || server->base.stopping) {
        received_free(message);
        return true;
    }
    if (inbox_put(&server->base.inbox, message))
        return true;
    ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a request");
    return false;
}

/* Requests that were handed out have been acknowledged. */
static void chores(void *self, struct link *link)
{
    struct server *server = self;

    (void)link;
    listener_renew(&server->base, server->base.inbox.count > 0);
}

/* --- The role ------------------------------------------------------------------------------------------------------------- */

/* Acknowledged before they are handed out: at most once. */
static bool taken(ostler_driver_listener *listener, struct received *const *messages, size_t count)
{
    return inbox_acknowledge(&listener->link, messages[count - 1]->delivery_tag);
}

static size_t hand_out(ostler_driver_listener *listener, struct received **messages, size_t count, bool followed,
                       struct ostler_incoming **incoming)
{
    struct incoming_batch *batch = count > 1 || followed ? incoming_batch_new((unsigned)count, followed) : NULL;
    size_t good = 0;

    for (size_t i = 0; i < count; i++) {
        struct ostler_incoming *one = rabbit_incoming_new(listener->transport, listener->dedup, messages[i], batch);
        if (one) {
            incoming[good++] = one;
            continue;
        }
        incoming_batch_leave(listener->transport, batch);
        received_free(messages[i]);
    }
    return good;
}

static ostler_time idle(ostler_driver_listener *listener, bool busy)
{
    if (busy)
        publisher_flush(listener->transport->publisher);
    return OSTLER_NEVER;
}

static void stop(ostler_driver_listener *listener)
{
    const struct server *server = (struct server *)listener;
    struct link *link = &listener->link;
    struct timeval brief = {.tv_sec = 2};

    amqp_set_rpc_timeout(link->conn.state, &brief);
    amqp_queue_delete(link->conn.state, CONN_CHANNEL, amqp_cstring_bytes(server->fanout_queue), 0, 0);
    amqp_channel_close(link->conn.state, CONN_CHANNEL, AMQP_REPLY_SUCCESS);
    assembler_reset(&link->assembler);
}

static void destroy(ostler_driver_listener *listener)
{
    free((struct server *)listener);
}

static const struct listener_role role = {
    .link = {.up = on_up,
             .down = on_down,
             .message = on_message,
             .method = listener_on_method,
             .due = listener_on_due,
             .chores = chores,
             .wake = listener_on_wake},
    .taken = taken,
    .hand_out = hand_out,
    .idle = idle,
    .stop = stop,
    .destroy = destroy,
};

/* --- Opening -------------------------------------------------------------------------------------------------------------- */

static enum ostler_status name_all(struct server *server, const struct ostler_target *target,
                                   struct ostler_error *error)
{
    enum { SIZE = LISTENER_NAME_SIZE };
    bool fits = snprintf(server->exchange, SIZE, "%s", target->exchange) < SIZE;

    fits &= snprintf(server->topic, SIZE, "%s", target->topic) < SIZE;
    fits &= snprintf(server->server_queue, SIZE, "%s.%s", target->topic, target->server) < SIZE;
    fits &= snprintf(server->fanout_exchange, SIZE, "%s_fanout", target->topic) < SIZE;
    name_fanout_queue(server);
    fits &= strlen(server->fanout_queue) < SIZE;
    snprintf(server->base.purpose, sizeof server->base.purpose, "serving %s", target->topic);
    if (fits)
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_TARGET, "queue names for topic and server are over RabbitMQ's 255 bytes");
}

static void list_queues(struct server *server, uint16_t prefetch)
{
    enum { QUEUES = sizeof server->queues / sizeof *server->queues };
    const struct consumed queues[QUEUES] = {
        {.exchange = server->exchange, .queue = server->topic, .key = server->topic, .shared = true},
        {.exchange = server->exchange, .queue = server->server_queue, .key = server->server_queue, .shared = true},
        {.exchange = server->fanout_exchange, .queue = server->fanout_queue, .key = server->topic}};

    memcpy(server->queues, queues, sizeof queues);
    server->base.consumers = (struct consumers){.prefetch = prefetch, .queues = server->queues, .count = QUEUES};
}

enum ostler_status rabbit_listen(ostler_driver_transport *transport, const struct ostler_target *target,
                                 ostler_driver_listener **out, struct ostler_error *error)
{
    struct server *server = calloc(1, sizeof *server);

    if (!server)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    enum ostler_status status = name_all(server, target, error);
    if (status != OSTLER_OK) {
        free(server);
        return status;
    }
    list_queues(server, transport->options.prefetch);
    status = rabbit_listener_open(&server->base, transport, &role, error);
    if (status == OSTLER_OK)
        *out = &server->base;
    else
        rabbit_listener_unref(&server->base);
    return status;
}
