/* SPDX-License-Identifier: Apache-2.0 */
#include "inbox.h"
#include "frames.h"

#include <stdlib.h>
#include <string.h>

/* How long the broker may take to read an acknowledgement. */
#define ACK_SECONDS 30.0

static bool grow(struct inbox *inbox)
{
    size_t capacity = inbox->capacity ? inbox->capacity * 2 : 64;
    struct received **items = calloc(capacity, sizeof(struct received *));

    if (!items)
        return false;
    for (size_t i = 0; i < inbox->count; i++)
        items[i] = inbox->items[(inbox->head + i) % inbox->capacity];
    free(inbox->items);
    inbox->items = items;
    inbox->capacity = capacity;
    inbox->head = 0;
    return true;
}

bool inbox_put(struct inbox *inbox, struct received *message)
{
    if (inbox->count == inbox->capacity && !grow(inbox)) {
        received_free(message);
        return false;
    }
    inbox->items[(inbox->head + inbox->count++) % inbox->capacity] = message;
    return true;
}

struct received *inbox_take(struct inbox *inbox)
{
    if (!inbox->count)
        return NULL;
    struct received *message = inbox->items[inbox->head];
    inbox->head = (inbox->head + 1) % inbox->capacity;
    inbox->count--;
    return message;
}

void inbox_clear(struct inbox *inbox)
{
    struct received *message;

    while ((message = inbox_take(inbox)))
        received_free(message);
}

void inbox_fini(struct inbox *inbox)
{
    inbox_clear(inbox);
    free(inbox->items);
    *inbox = (struct inbox){.items = NULL};
}

static bool put_acknowledgement(struct link *link, uint64_t tag)
{
    if (!link->is_up)
        return false;
    if (link->conn.tls) {
        link->conn.last_sent = ostler_now();
        if (amqp_basic_ack(link->conn.state, CONN_CHANNEL, tag, 1) == AMQP_STATUS_OK)
            return true;
        link_break(link, "an acknowledgement could not be sent");
        return false;
    }
    if (frames_put_ack(&link->outbox, CONN_CHANNEL, tag, true))
        return true;
    link_break(link, "no memory for an acknowledgement");
    return false;
}

bool inbox_acknowledge(struct link *link, uint64_t tag)
{
    if (!put_acknowledgement(link, tag))
        return false;
    /* What is acknowledged in part or not at all comes again: it must not be used. */
    if (!link_flush_wait(link, ostler_deadline(ACK_SECONDS)) && link->is_up)
        link_break(link, "an acknowledgement could not be written");
    return link->is_up;
}

void inbox_acknowledge_soon(struct link *link, uint64_t tag)
{
    if (put_acknowledgement(link, tag))
        link_send_off(link);
}
