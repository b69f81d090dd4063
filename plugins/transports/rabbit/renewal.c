/* SPDX-License-Identifier: Apache-2.0 */
/* Renewing the publishing channel when the broker refuses messages.
 *
 * What RabbitMQ knows of a quorum queue's leader it keeps for each channel. A channel that was opened while the leader's node
 * died may refuse everything for that queue until the node is back, long after the queue has another leader; a new channel
 * knows better. Nobody waits for the broker here: each answer is a frame like any other, and what is to be published meanwhile
 * waits as it does for a connection. */
#include "publisher_parts.h"

#include <ostler/log.h>

#include <amqp_framing.h>

/* How long messages that are under way may keep the old channel. */
#define DRAIN_SECONDS 1.0
/* A queue that is full refuses too, and no channel helps. */
#define LEAST_SECONDS 1.0

void renewal_want(struct publisher *publisher)
{
    struct renewal *renewal = &publisher->renewal;
    ostler_time now = ostler_now();

    if (renewal->stage != RENEWAL_NONE || now < renewal->not_before)
        return;
    renewal->stage = RENEWAL_WANTED;
    renewal->begin_at = now + (ostler_time)(DRAIN_SECONDS * 1e9);
    renewal->not_before = now + (ostler_time)(LEAST_SECONDS * 1e9);
    ostler_log(OSTLER_LOG_INFO, "rabbit", "the broker refused a message; the publishing channel is renewed");
    link_want_keeper(&publisher->link);
}

static bool send_method(struct publisher *publisher, amqp_method_number_t id, void *method)
{
    struct link *link = &publisher->link;

    return link_put_method(link, id, method) && link_flush(link);
}

ostler_time renewal_due(const struct publisher *publisher)
{
    if (publisher->renewal.stage != RENEWAL_WANTED)
        return OSTLER_NEVER;
    return publisher->first_tag == publisher->next_tag ? OSTLER_AT_ONCE : publisher->renewal.begin_at;
}

void renewal_begin(struct publisher *publisher)
{
    amqp_channel_close_t close = {.reply_code = AMQP_REPLY_SUCCESS};

    if (renewal_due(publisher) > ostler_now() || publisher->link.outbox.length)
        return;
    publisher->renewal.stage = RENEWAL_CLOSING;
    if (!send_method(publisher, AMQP_CHANNEL_CLOSE_METHOD, &close))
        link_break(&publisher->link, "the publishing channel could not be renewed");
}

bool renewal_takes(struct publisher *publisher, const amqp_method_t *method, struct ostler_error *error)
{
    struct renewal *renewal = &publisher->renewal;
    amqp_channel_open_t open = {.out_of_band = amqp_empty_bytes};
    amqp_confirm_select_t select = {.nowait = 0};
    bool good = false;

    if (method->id == AMQP_CHANNEL_CLOSE_OK_METHOD && renewal->stage == RENEWAL_CLOSING) {
        confirms_lose_all(publisher, NULL, "the channel was renewed");
        renewal->stage = RENEWAL_OPENING;
        good = send_method(publisher, AMQP_CHANNEL_OPEN_METHOD, &open);
    } else if (method->id == AMQP_CHANNEL_OPEN_OK_METHOD && renewal->stage == RENEWAL_OPENING) {
        renewal->stage = RENEWAL_SELECTING;
        good = send_method(publisher, AMQP_CONFIRM_SELECT_METHOD, &select);
    } else if (method->id == AMQP_CONFIRM_SELECT_OK_METHOD && renewal->stage == RENEWAL_SELECTING) {
        renewal->stage = RENEWAL_NONE;
        link_changed(&publisher->link);
        link_want_keeper(&publisher->link);
        good = true;
    }
    if (!good)
        ostler_error_set(error, OSTLER_E_DELIVERY, "the publishing channel could not be renewed");
    return good;
}

void renewal_forget(struct publisher *publisher)
{
    publisher->renewal.stage = RENEWAL_NONE;
}
