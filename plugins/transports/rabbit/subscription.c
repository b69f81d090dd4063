/* SPDX-License-Identifier: Apache-2.0 */
#include "subscription.h"
#include "note.h"

#include <stdio.h>
#include <stdlib.h>

enum { PREFETCH_MAX = 65535 };

/* --- The link's events ------------------------------------------------------------------------------------------------------ */

static enum ostler_status on_up(void *self, struct conn *conn, struct ostler_error *error)
{
    struct subscription *subscription = self;

    if (subscription->base.stopping)
        return OSTLER_OK;
    enum ostler_status status = consumers_begin(&subscription->base.consumers, conn, error);
    if (status == OSTLER_OK)
        listener_is_up(&subscription->base);
    return status;
}

/* What is not settled will be delivered again. */
static void on_down(void *self, struct link *link, const char *reason)
{
    struct subscription *subscription = self;

    (void)link;
    (void)reason;
    inbox_clear(&subscription->base.inbox);
    acks_begin(&subscription->acks, subscription->base.consumers.prefetch);
}

static bool on_message(void *self, struct link *link, struct received *message, struct ostler_error *error)
{
    struct subscription *subscription = self;

    if (message->returned) {
        received_free(message);
        return true;
    }
    message->epoch = link->epoch;
    bool known = acks_delivered(&subscription->acks, message->delivery_tag);
    if (!known)
        received_free(message);
    if (known && inbox_put(&subscription->base.inbox, message))
        return true;
    ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notification");
    return false;
}

static ostler_time due(void *self)
{
    const struct subscription *subscription = self;
    ostler_time at = listener_on_due(self);

    return subscription->acks.due < at ? subscription->acks.due : at;
}

static void chores(void *self, struct link *link)
{
    struct subscription *subscription = self;

    acks_flush_due(&subscription->acks, link);
    listener_renew(&subscription->base, acks_are_open(&subscription->acks));
}

/* --- The role ----------------------------------------------------------------------------------------------------------------- */

static size_t hand_out(ostler_driver_listener *listener, struct received **messages, size_t count, bool followed,
                       struct ostler_incoming **incoming)
{
    size_t good = 0;

    (void)followed;
    for (size_t i = 0; i < count; i++) {
        struct ostler_incoming *one = rabbit_note_new((struct subscription *)listener, messages[i]);
        if (one)
            incoming[good++] = one;
        else
            received_free(messages[i]);
    }
    return good;
}

static ostler_time idle(ostler_driver_listener *listener, bool busy)
{
    struct subscription *subscription = (struct subscription *)listener;

    (void)busy;
    link_lock(&listener->link);
    acks_flush_due(&subscription->acks, &listener->link);
    ostler_time at = subscription->acks.due;
    link_unlock(&listener->link);
    return at;
}

/* The channel stays: what is in work can still be acknowledged. What was read and not handed out goes back. */
static void stop(ostler_driver_listener *listener)
{
    struct subscription *subscription = (struct subscription *)listener;
    struct link *link = &listener->link;
    struct timeval brief = {.tv_sec = 2};
    struct received *message;

    amqp_set_rpc_timeout(link->conn.state, &brief);
    for (size_t i = 0; i < subscription->count && link->is_up; i++) {
        char tag[CONSUMERS_TAG_SIZE];
        if (!subscription->consumed[i].again &&
            !amqp_basic_cancel(link->conn.state, CONN_CHANNEL,
                               amqp_cstring_bytes(consumers_tag(&listener->consumers, i, tag))))
            link_break(link, "the broker does not answer");
    }
    link_read(link);
    acks_flush(&subscription->acks, link);
    while (link->is_up && (message = inbox_take(&listener->inbox))) {
        acks_refused(&subscription->acks, link, message->delivery_tag, true);
        received_free(message);
    }
}

static void end(ostler_driver_listener *listener)
{
    struct subscription *subscription = (struct subscription *)listener;

    link_lock(&listener->link);
    acks_flush(&subscription->acks, &listener->link);
    link_flush_wait(&listener->link, ostler_deadline(2.0));
    link_unlock(&listener->link);
}

static void destroy(ostler_driver_listener *listener)
{
    struct subscription *subscription = (struct subscription *)listener;

    acks_fini(&subscription->acks);
    free(subscription->consumed);
    free(subscription);
}

static const struct listener_role role = {
    .link = {.up = on_up,
             .down = on_down,
             .message = on_message,
             .method = listener_on_method,
             .due = due,
             .chores = chores,
             .wake = listener_on_wake},
    .hand_out = hand_out,
    .idle = idle,
    .stop = stop,
    .end = end,
    .destroy = destroy,
};

/* --- Opening and closing ------------------------------------------------------------------------------------------------------ */

static enum ostler_status name_all(struct subscription *subscription, const struct ostler_subscription *wanted,
                                   struct ostler_error *error)
{
    enum { SIZE = LISTENER_NAME_SIZE };
    bool fits = snprintf(subscription->pool, SIZE, "%s", wanted->pool ? wanted->pool : "") < SIZE;

    for (size_t i = 0; i < wanted->count; i++) {
        const struct ostler_subscribed *from = &wanted->subscribed[i];
        struct subscribed_queue *to = &subscription->queues[i];
        fits &= snprintf(to->exchange, SIZE, "%s", from->exchange) < SIZE;
        fits &= snprintf(to->key, SIZE, "%s.%s", from->topic, from->priority) < SIZE;
        /* Without a pool each queue is consumed, with one only its own. */
        subscription->consumed[i] = (struct consumed){.exchange = to->exchange,
                                                      .queue = subscription->pool[0] ? subscription->pool : to->key,
                                                      .key = to->key,
                                                      .shared = true,
                                                      .again = subscription->pool[0] && i > 0};
    }
    snprintf(subscription->base.purpose, sizeof subscription->base.purpose, "listening to %s%s%s",
             subscription->queues[0].key, wanted->count > 1 ? " and others" : "", wanted->pool ? " (pool)" : "");
    if (fits)
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_TARGET,
                            "pool, exchange, and topic with priority may have 255 bytes each on RabbitMQ");
}

/* A listener that holds so many at once must be sent as many, and the next ones meanwhile. */
static uint16_t prefetch_for(const struct rabbit_options *options, size_t held)
{
    size_t wanted = 2 * held;

    if (options->prefetch == 0 || held <= 1 || wanted <= options->prefetch)
        return options->prefetch;
    return wanted < PREFETCH_MAX ? (uint16_t)wanted : PREFETCH_MAX;
}

enum ostler_status rabbit_subscribe(ostler_driver_transport *transport, const struct ostler_subscription *wanted,
                                    ostler_driver_listener **out, struct ostler_error *error)
{
    struct subscription *subscription =
        calloc(1, sizeof *subscription + wanted->count * sizeof(struct subscribed_queue));
    struct consumed *consumed = calloc(wanted->count, sizeof *consumed);

    if (!subscription || !consumed) {
        free(consumed);
        free(subscription);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    subscription->count = wanted->count;
    subscription->consumed = consumed;
    subscription->base.consumers = (struct consumers){
        .prefetch = prefetch_for(&transport->options, wanted->held), .queues = consumed, .count = wanted->count};
    acks_begin(&subscription->acks, subscription->base.consumers.prefetch);
    enum ostler_status status = name_all(subscription, wanted, error);
    if (status != OSTLER_OK) {
        destroy(&subscription->base);
        return status;
    }
    status = rabbit_listener_open(&subscription->base, transport, &role, error);
    if (status == OSTLER_OK)
        *out = &subscription->base;
    else
        rabbit_listener_unref(&subscription->base);
    return status;
}
