/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of messages: a ring of those that the broker has not confirmed, by delivery tag. */
#include "publisher_parts.h"
#include "unpack.h"

#include <string.h>

static struct unconfirmed *slot_of(struct publisher *publisher, uint64_t tag)
{
    return &publisher->ring[tag % publisher->window];
}

bool confirms_window_is_full(const struct publisher *publisher)
{
    return publisher->next_tag - publisher->first_tag >= publisher->window;
}

/* --- Calls, for explanations */

static void remember_call(struct publisher *publisher, const struct post *post)
{
    publisher->calls[post->call_id % KNOWN_CALLS] = (struct known_call){.call_id = post->call_id,
                                                                        .fate = FATE_OPEN,
                                                                        .epoch = publisher->link.epoch,
                                                                        .reply_connection = post->reply_connection};
}

static void remember_fate(struct publisher *publisher, uint64_t call_id, enum fate fate)
{
    struct known_call *call = &publisher->calls[call_id % KNOWN_CALLS];

    if (call->call_id == call_id)
        call->fate = fate;
}

const struct known_call *confirms_find_call(const struct publisher *publisher, uint64_t call_id)
{
    const struct known_call *call = &publisher->calls[call_id % KNOWN_CALLS];

    return call->call_id == call_id ? call : NULL;
}

/* --- Messages */

struct unconfirmed *confirms_add(struct publisher *publisher, const struct post *post, const char *exchange,
                                 uint64_t begins)
{
    struct unconfirmed *message = slot_of(publisher, publisher->next_tag++);

    *message = (struct unconfirmed){.used = true, .exchange = exchange, .begins = begins, .call_id = post->call_id};
    strncpy(message->unique_id, post->unique_id, UNIQUE_ID);
    if (post->call_id)
        remember_call(publisher, post);
    return message;
}

static void tell_caller(struct publisher *publisher, uint64_t call_id, enum fate fate, const char *reason)
{
    remember_fate(publisher, call_id, fate);
    if (fate == FATE_RETURNED)
        publisher->events.lost(publisher->events.user, call_id, OSTLER_E_UNDELIVERABLE, "no queue takes this message");
    else if (fate == FATE_REFUSED)
        publisher->events.lost(publisher->events.user, call_id, OSTLER_E_DELIVERY, "the broker refused the message");
    else if (fate == FATE_NOT_SENT)
        publisher->events.lost(publisher->events.user, call_id, OSTLER_E_DELIVERY, reason);
}

static void settle(struct publisher *publisher, struct unconfirmed *message, enum fate fate, const char *reason)
{
    struct unconfirmed settled = *message;

    *message = (struct unconfirmed){.used = false};
    if (fate == FATE_REFUSED)
        renewal_want(publisher);
    if (settled.returned && fate == FATE_CONFIRMED)
        fate = FATE_RETURNED;
    if (settled.fate)
        *settled.fate = fate;
    if (settled.reply)
        kept_reply_settle(publisher, settled.reply, fate);
    if (settled.cast)
        kept_cast_settle(publisher, settled.cast, fate);
    if (settled.call_id)
        tell_caller(publisher, settled.call_id, fate, reason);
}

static void forget_settled(struct publisher *publisher)
{
    while (publisher->first_tag < publisher->next_tag && !slot_of(publisher, publisher->first_tag)->used)
        publisher->first_tag++;
}

void confirms_take(struct publisher *publisher, uint64_t tag, bool multiple, enum fate fate)
{
    uint64_t from = multiple ? publisher->first_tag : tag;

    if (tag == 0 && multiple)
        tag = publisher->next_tag - 1;
    for (; from <= tag && from < publisher->next_tag; from++) {
        struct unconfirmed *message = slot_of(publisher, from);
        if (from >= publisher->first_tag && message->used)
            settle(publisher, message, fate, NULL);
    }
    forget_settled(publisher);
    link_changed(&publisher->link);
}

void confirms_note_returned(struct publisher *publisher, const struct received *received)
{
    struct json_object *message = NULL;

    if (unpack(received, publisher->link.options->max_message_size, &message, NULL) != OSTLER_OK)
        return;
    const char *unique_id = json_object_get_string(json_object_object_get(message, "_unique_id"));
    for (uint64_t tag = publisher->first_tag; unique_id && tag < publisher->next_tag; tag++) {
        struct unconfirmed *one = slot_of(publisher, tag);
        if (one->used && strcmp(one->unique_id, unique_id) == 0)
            one->returned = true;
    }
    json_object_put(message);
}

void confirms_lose_all(struct publisher *publisher, const char *missing_exchange, const char *reason)
{
    uint64_t first = publisher->first_tag, next = publisher->next_tag;
    bool passed_over = false;

    for (uint64_t tag = first; tag < next; tag++) {
        struct unconfirmed *message = slot_of(publisher, tag);
        if (!message->used)
            continue;
        passed_over |= missing_exchange && message->exchange && strcmp(message->exchange, missing_exchange) == 0;
        /* What begins where the bytes that were written end has not left. */
        bool not_sent = passed_over || (!publisher->link.conn.tls && message->begins >= publisher->link.sent_total);
        settle(publisher, message, not_sent ? FATE_NOT_SENT : FATE_LOST, reason);
    }
    publisher->first_tag = publisher->next_tag = 1;
}
