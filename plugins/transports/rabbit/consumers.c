/* SPDX-License-Identifier: Apache-2.0 */
#include "consumers.h"

#include <amqp_framing.h>
#include <stdio.h>

/* Seconds until the first renewal after a connection that was lost, and after the first connection; then so many times as long
 * each time, up to the last. */
#define AFTER_LOSS_SECONDS 1.0
#define AT_FIRST_SECONDS   16.0
#define TIMES_LONGER       4.0
#define SELDOM_SECONDS     512.0
/* How soon to look again while messages are on their way. */
#define BUSY_SECONDS 1.0
#define LEAST_TIME   (INT64_C(1000) * 1000 * 1000)
/* So many bindings more may a queue get for a connection that was lost. */
enum { MORE_BINDINGS = 4 };

/* --- Tags ------------------------------------------------------------------------------------------------------------------ */

static const char *tag_of(const struct consumers *consumers, size_t i, unsigned generation,
                          char tag[CONSUMERS_TAG_SIZE])
{
    snprintf(tag, CONSUMERS_TAG_SIZE, "%zu", generation * consumers->count + i + 1);
    return tag;
}

const char *consumers_tag(const struct consumers *consumers, size_t i, char tag[CONSUMERS_TAG_SIZE])
{
    return tag_of(consumers, i, consumers->generation, tag);
}

/* --- All of them, and waiting for the answers ------------------------------------------------------------------------------ */

static enum ostler_status declare(const struct consumers *consumers, struct conn *conn, const struct consumed *queue,
                                  struct ostler_error *error)
{
    return (queue->shared ? topology_shared_queue : topology_own_queue)(consumers->topology, conn, queue->exchange,
                                                                        queue->queue, queue->key, error);
}

enum ostler_status consumers_begin(const struct consumers *consumers, struct conn *conn, struct ostler_error *error)
{
    enum ostler_status status = topology_prefetch(conn, consumers->prefetch, error);
    char tag[CONSUMERS_TAG_SIZE];

    for (size_t i = 0; i < consumers->count && status == OSTLER_OK; i++)
        status = declare(consumers, conn, &consumers->queues[i], error);
    for (size_t i = 0; i < consumers->count && status == OSTLER_OK; i++)
        if (!consumers->queues[i].again)
            status = topology_consume(consumers->topology, conn, consumers->queues[i].queue,
                                      tag_of(consumers, i, 0, tag), error);
    return status;
}

/* --- When ------------------------------------------------------------------------------------------------------------------ */

static bool after_loss(const struct link *link)
{
    return link->epoch > 1;
}

/* Begins to count anew with each connection. */
static void follow(struct consumers *consumers, const struct link *link)
{
    if (consumers->epoch == link->epoch)
        return;
    consumers->epoch = link->epoch;
    consumers->generation = 0;
    consumers->pause = after_loss(link) ? AFTER_LOSS_SECONDS : AT_FIRST_SECONDS;
    consumers->due = ostler_deadline(consumers->pause);
    consumers->renewed_at = ostler_now();
}

ostler_time consumers_due(struct consumers *consumers, const struct link *link)
{
    follow(consumers, link);
    return consumers->due;
}

void consumers_doubt(struct consumers *consumers, struct link *link)
{
    if (!link->is_up)
        return;
    follow(consumers, link);
    ostler_time soon = consumers->renewed_at + LEAST_TIME;
    if (soon >= consumers->due)
        return;
    consumers->due = soon;
    link_want_keeper(link);
}

/* --- Renewing -------------------------------------------------------------------------------------------------------------- */

/* None of these asks for an answer: what goes wrong closes the channel. */

static bool bind(const struct consumers *consumers, struct link *link, const struct consumed *queue)
{
    amqp_table_entry_t number = {
        .key = amqp_cstring_bytes("x-ostler-renewed"),
        .value = {.kind = AMQP_FIELD_KIND_I32, .value.i32 = (int32_t)consumers->generation + 1}};
    bool more = queue->shared && after_loss(link) && consumers->generation < MORE_BINDINGS &&
                topology_shared_is_transient(consumers->topology);
    amqp_queue_bind_t method = {.queue = amqp_cstring_bytes(queue->queue),
                                .exchange = amqp_cstring_bytes(queue->exchange),
                                .routing_key = amqp_cstring_bytes(queue->key),
                                .nowait = 1,
                                .arguments = {.num_entries = more ? 1 : 0, .entries = &number}};

    return link_put_method(link, AMQP_QUEUE_BIND_METHOD, &method);
}

static bool consume_anew(const struct consumers *consumers, struct link *link, size_t i)
{
    char tag[CONSUMERS_TAG_SIZE], before[CONSUMERS_TAG_SIZE];
    amqp_table_entry_t on_failover;
    amqp_basic_consume_t consume = {.queue = amqp_cstring_bytes(consumers->queues[i].queue),
                                    .consumer_tag =
                                        amqp_cstring_bytes(tag_of(consumers, i, consumers->generation + 1, tag)),
                                    .nowait = 1,
                                    .arguments = topology_consume_arguments(consumers->topology, &on_failover)};
    amqp_basic_cancel_t cancel = {
        .consumer_tag = amqp_cstring_bytes(tag_of(consumers, i, consumers->generation, before)), .nowait = 1};

    return link_put_method(link, AMQP_BASIC_CONSUME_METHOD, &consume) &&
           link_put_method(link, AMQP_BASIC_CANCEL_METHOD, &cancel);
}

static bool renew(const struct consumers *consumers, struct link *link, size_t i)
{
    const struct consumed *queue = &consumers->queues[i];

    return (!queue->exchange || bind(consumers, link, queue)) && (queue->again || consume_anew(consumers, link, i));
}

void consumers_note_closed(struct consumers *consumers, const amqp_method_t *channel_close, struct ostler_error *error)
{
    amqp_rpc_reply_t reply = {.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION, .reply = *channel_close};
    int code;

    conn_reply_error(reply, &code, error);
    consumers->vanished |= code == AMQP_NOT_FOUND;
}

static void renew_all(struct consumers *consumers, struct link *link)
{
    for (size_t i = 0; i < consumers->count; i++) {
        if (!renew(consumers, link, i)) {
            link_break(link, "consumers could not be renewed");
            return;
        }
    }
    consumers->generation++;
    link_send_off(link);
}

void consumers_renew_due(struct consumers *consumers, struct link *link, bool busy)
{
    ostler_time now = ostler_now();

    if (!link->is_up || consumers_due(consumers, link) > now)
        return;
    if (busy) {
        consumers->due = ostler_deadline(BUSY_SECONDS);
        return;
    }
    consumers->pause *= TIMES_LONGER;
    if (consumers->pause > SELDOM_SECONDS)
        consumers->pause = SELDOM_SECONDS;
    consumers->due = ostler_deadline(consumers->pause);
    consumers->renewed_at = now;
    renew_all(consumers, link);
}
