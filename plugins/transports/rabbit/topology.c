/* SPDX-License-Identifier: Apache-2.0 */
#include "topology.h"

#include <ostler/log.h>

#include <amqp_framing.h>
#include <string.h>

enum { MAX_ARGUMENTS = 8, SAFE_TTL = 1800 };

/* How a queue is to be declared. */
struct queue_plan {
    const char *name;
    bool durable;
    bool auto_delete;
    amqp_table_entry_t arguments[MAX_ARGUMENTS];
    int count;
};

static void add_number(struct queue_plan *plan, const char *name, int64_t value)
{
    plan->arguments[plan->count++] = (amqp_table_entry_t){.key = amqp_cstring_bytes(name),
                                                          .value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = value}};
}

static void add_text(struct queue_plan *plan, const char *name, const char *value)
{
    plan->arguments[plan->count++] =
        (amqp_table_entry_t){.key = amqp_cstring_bytes(name),
                             .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(value)}};
}

static void make_quorum(struct queue_plan *plan, const struct rabbit_options *options)
{
    plan->durable = true;
    plan->auto_delete = false;
    add_text(plan, "x-queue-type", "quorum");
    if (options->quorum_delivery_limit)
        add_number(plan, "x-delivery-limit", options->quorum_delivery_limit);
    if (options->quorum_max_memory_length)
        add_number(plan, "x-max-in-memory-length", options->quorum_max_memory_length);
    if (options->quorum_max_memory_bytes)
        add_number(plan, "x-max-in-memory-bytes", options->quorum_max_memory_bytes);
}

static struct queue_plan plan_shared(const struct topology *topology, const char *name)
{
    const struct rabbit_options *options = topology->options;
    struct queue_plan plan = {.name = name, .durable = options->durable_queues, .auto_delete = options->auto_delete};

    if (options->quorum_queue)
        make_quorum(&plan, options);
    else if (topology->no_transient)
        plan.durable = true;
    return plan;
}

bool topology_shared_is_transient(const struct topology *topology)
{
    return !plan_shared(topology, "").durable;
}

static struct queue_plan plan_own(const struct topology *topology, const char *name)
{
    const struct rabbit_options *options = topology->options;
    struct queue_plan plan = {.name = name};
    int64_t ttl = options->transient_queues_ttl;

    if (options->transient_quorum_queue)
        make_quorum(&plan, options);
    else if (topology->no_transient)
        plan.durable = true;
    /* A durable queue of one owner must not outlive it for ever. */
    if (ttl == 0 && plan.durable)
        ttl = SAFE_TTL;
    if (ttl > 0)
        add_number(&plan, "x-expires", ttl * 1000);
    return plan;
}

/* --- Exchanges -------------------------------------------------------------------------------------------------------- */

static void say_adopted(struct topology *topology, const char *what, const char *name, const struct ostler_error *why)
{
    bool before = atomic_exchange(&topology->said_adopted, true);

    ostler_log(before ? OSTLER_LOG_DEBUG : OSTLER_LOG_WARNING, "rabbit",
               "%s %s exists with other properties and is used as it is: %s", what, name, why->message);
}

/* After the broker has closed the channel over other properties, the thing is there: that is all that is needed. */
static enum ostler_status adopt(struct topology *topology, struct conn *conn, amqp_channel_t channel, const char *what,
                                const char *name, int code, struct ostler_error *error)
{
    if (code != AMQP_PRECONDITION_FAILED)
        return OSTLER_E_DELIVERY;
    if (error)
        say_adopted(topology, what, name, error);
    ostler_error_clear(error);
    return conn_reopen_channel(conn, channel, error);
}

static enum ostler_status declare_exchange(struct topology *topology, struct conn *conn, amqp_channel_t channel,
                                           const char *name, bool fanout, struct ostler_error *error)
{
    const struct rabbit_options *options = topology->options;
    bool durable = fanout ? options->transient_quorum_queue : options->durable_queues || options->quorum_queue;
    bool auto_delete = fanout || options->auto_delete;
    int code;

    amqp_exchange_declare(conn->state, channel, amqp_cstring_bytes(name),
                          amqp_cstring_bytes(fanout ? "fanout" : "topic"), 0, durable, auto_delete, 0,
                          amqp_empty_table);
    enum ostler_status status = conn_reply_error(amqp_get_rpc_reply(conn->state), &code, error);
    if (status != OSTLER_OK)
        status = adopt(topology, conn, channel, "exchange", name, code, error);
    if (status != OSTLER_OK)
        ostler_error_prefix(error, "exchange %s", name);
    return status;
}

enum ostler_status topology_fanout_exchange(struct topology *topology, struct conn *conn, const char *exchange,
                                            struct ostler_error *error)
{
    return declare_exchange(topology, conn, CONN_CHANNEL, exchange, true, error);
}

/* --- Queues ------------------------------------------------------------------------------------------------------------ */

static enum ostler_status declare_queue(struct topology *topology, struct conn *conn, amqp_channel_t channel,
                                        struct queue_plan *plan, struct ostler_error *error)
{
    amqp_table_t arguments = {.num_entries = plan->count, .entries = plan->arguments};
    int code;

    amqp_queue_declare(conn->state, channel, amqp_cstring_bytes(plan->name), 0, plan->durable, 0, plan->auto_delete,
                       arguments);
    enum ostler_status status = conn_reply_error(amqp_get_rpc_reply(conn->state), &code, error);
    if (status == OSTLER_OK)
        return status;
    /* RabbitMQ 4.3 closes the whole connection over a transient queue. The next one is made with durable queues. */
    if (code == AMQP_INTERNAL_ERROR && !plan->durable && !atomic_exchange(&topology->no_transient, true))
        ostler_log(OSTLER_LOG_WARNING, "rabbit",
                   "the broker refuses transient queues; durable ones are declared from here on: %s",
                   error ? error->message : "");
    status = adopt(topology, conn, channel, "queue", plan->name, code, error);
    if (status != OSTLER_OK)
        ostler_error_prefix(error, "queue %s", plan->name);
    return status;
}

static enum ostler_status bind_queue(struct conn *conn, amqp_channel_t channel, const char *exchange, const char *queue,
                                     const char *key, struct ostler_error *error)
{
    amqp_queue_bind(conn->state, channel, amqp_cstring_bytes(queue), amqp_cstring_bytes(exchange),
                    amqp_cstring_bytes(key), amqp_empty_table);
    enum ostler_status status = conn_reply_error(amqp_get_rpc_reply(conn->state), NULL, error);
    if (status != OSTLER_OK)
        ostler_error_prefix(error, "binding %s to %s", queue, exchange);
    return status;
}

static enum ostler_status shared_queue(struct topology *topology, struct conn *conn, amqp_channel_t channel,
                                       const char *exchange, const char *queue, const char *key,
                                       struct ostler_error *error)
{
    struct queue_plan plan = plan_shared(topology, queue);
    enum ostler_status status = declare_exchange(topology, conn, channel, exchange, false, error);

    if (status == OSTLER_OK)
        status = declare_queue(topology, conn, channel, &plan, error);
    if (status == OSTLER_OK)
        status = bind_queue(conn, channel, exchange, queue, key, error);
    return status;
}

enum ostler_status topology_shared_queue(struct topology *topology, struct conn *conn, const char *exchange,
                                         const char *queue, const char *key, struct ostler_error *error)
{
    return shared_queue(topology, conn, CONN_CHANNEL, exchange, queue, key, error);
}

enum ostler_status topology_aside(struct topology *topology, struct conn *conn, const char *exchange, bool fanout,
                                  const char *queue, struct ostler_error *error)
{
    enum ostler_status status = conn_open_channel(conn, CONN_ASIDE, error);
    bool refused = false;

    if (status != OSTLER_OK)
        return status;
    if (queue)
        status = shared_queue(topology, conn, CONN_ASIDE, exchange, queue, queue, error);
    else
        status = declare_exchange(topology, conn, CONN_ASIDE, exchange, fanout, error);
    /* A refusal closes the channel; that this can be acknowledged shows that only the channel is gone. */
    if (status != OSTLER_OK)
        refused = conn_reopen_channel(conn, CONN_ASIDE, NULL) == OSTLER_OK;
    if (status != OSTLER_OK && !refused)
        return status;
    amqp_rpc_reply_t closed = amqp_channel_close(conn->state, CONN_ASIDE, AMQP_REPLY_SUCCESS);
    if (refused && closed.reply_type == AMQP_RESPONSE_NORMAL)
        return OSTLER_E_INVALID;
    return refused ? status : conn_reply_error(closed, NULL, error);
}

enum ostler_status topology_own_queue(struct topology *topology, struct conn *conn, const char *exchange,
                                      const char *queue, const char *key, struct ostler_error *error)
{
    struct queue_plan plan = plan_own(topology, queue);
    enum ostler_status status = OSTLER_OK;

    if (exchange)
        status = topology_fanout_exchange(topology, conn, exchange, error);
    if (status == OSTLER_OK)
        status = declare_queue(topology, conn, CONN_CHANNEL, &plan, error);
    if (status == OSTLER_OK && exchange)
        status = bind_queue(conn, CONN_CHANNEL, exchange, queue, key, error);
    return status;
}

amqp_table_t topology_consume_arguments(const struct topology *topology, amqp_table_entry_t *entry)
{
    *entry = (amqp_table_entry_t){.key = amqp_cstring_bytes("x-cancel-on-ha-failover"),
                                  .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1}};
    return (amqp_table_t){.num_entries = topology->options->cancel_on_failover ? 1 : 0, .entries = entry};
}

enum ostler_status topology_consume(const struct topology *topology, struct conn *conn, const char *queue,
                                    const char *tag, struct ostler_error *error)
{
    amqp_table_entry_t entry;

    amqp_basic_consume(conn->state, CONN_CHANNEL, amqp_cstring_bytes(queue), amqp_cstring_bytes(tag), 0, 0, 0,
                       topology_consume_arguments(topology, &entry));
    enum ostler_status status = conn_reply_error(amqp_get_rpc_reply(conn->state), NULL, error);
    if (status != OSTLER_OK)
        ostler_error_prefix(error, "consuming %s", queue);
    return status;
}

enum ostler_status topology_prefetch(struct conn *conn, uint16_t prefetch, struct ostler_error *error)
{
    if (!prefetch)
        return OSTLER_OK;
    amqp_basic_qos(conn->state, CONN_CHANNEL, 0, prefetch, 0);
    return conn_reply_error(amqp_get_rpc_reply(conn->state), NULL, error);
}
