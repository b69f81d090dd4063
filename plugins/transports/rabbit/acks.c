/* SPDX-License-Identifier: Apache-2.0 */
#include "acks.h"
#include "frames.h"

#include <stdlib.h>
#include <string.h>

/* How long an acknowledgement waits for others. */
#define HOLD_SECONDS 0.003

enum state { WAITS, HANDLED, SETTLED };

static uint8_t *state_of(struct acks *acks, uint64_t tag)
{
    return &acks->states[tag % acks->capacity];
}

void acks_begin(struct acks *acks, unsigned prefetch)
{
    unsigned quarter = prefetch / 4;

    acks->first = acks->next = 1;
    acks->held_count = 0;
    /* The broker goes on sending while acknowledgements are held back. */
    acks->at_once = prefetch == 0 || quarter > ACKS_AT_ONCE ? ACKS_AT_ONCE : quarter ? quarter : 1;
    acks->due = OSTLER_NEVER;
}

void acks_fini(struct acks *acks)
{
    free(acks->states);
}

bool acks_are_open(const struct acks *acks)
{
    return acks->first < acks->next;
}

static bool grow(struct acks *acks)
{
    struct acks larger = {.capacity = acks->capacity ? acks->capacity * 2 : 128};

    larger.states = calloc(larger.capacity, sizeof *larger.states);
    if (!larger.states)
        return false;
    for (uint64_t tag = acks->first; tag < acks->next; tag++)
        *state_of(&larger, tag) = *state_of(acks, tag);
    free(acks->states);
    acks->states = larger.states;
    acks->capacity = larger.capacity;
    return true;
}

bool acks_delivered(struct acks *acks, uint64_t tag)
{
    /* Tags of a channel count up by one. */
    if (tag != acks->next || (acks->next - acks->first == acks->capacity && !grow(acks)))
        return false;
    acks->next++;
    *state_of(acks, tag) = WAITS;
    return true;
}

/* --- Telling the broker */

static void tell(struct link *link, uint64_t tag, bool multiple)
{
    if (!link->is_up)
        return;
    if (link->conn.tls) {
        link->conn.last_sent = ostler_now();
        if (amqp_basic_ack(link->conn.state, CONN_CHANNEL, tag, multiple) != AMQP_STATUS_OK)
            link_break(link, "an acknowledgement could not be sent");
    } else if (!frames_put_ack(&link->outbox, CONN_CHANNEL, tag, multiple)) {
        link_break(link, "no memory for an acknowledgement");
    }
}

/* Everything at the front that is done with; returns the newest handled tag there, or 0. */
static uint64_t advance(struct acks *acks)
{
    uint64_t through = 0;

    for (; acks->first < acks->next && *state_of(acks, acks->first) != WAITS; acks->first++)
        if (*state_of(acks, acks->first) == HANDLED)
            through = acks->first;
    return through;
}

static void release_held(struct acks *acks, struct link *link)
{

    acks->due = OSTLER_NEVER;
    if (acks->held_count == 0)
        return;
    uint64_t through = advance(acks);
    if (through)
        tell(link, through, true);
    for (unsigned i = 0; i < acks->held_count && link->is_up; i++) {
        if (acks->held[i] < acks->first)
            continue;
        *state_of(acks, acks->held[i]) = SETTLED;
        tell(link, acks->held[i], false);
    }
    acks->held_count = 0;
}

void acks_flush(struct acks *acks, struct link *link)
{
    release_held(acks, link);
    link_send_off(link);
}

void acks_flush_due(struct acks *acks, struct link *link)
{
    if (acks->due <= ostler_now())
        acks_flush(acks, link);
}

void acks_handled(struct acks *acks, struct link *link, uint64_t tag)
{
    *state_of(acks, tag) = HANDLED;
    acks->held[acks->held_count++] = tag;
    if (acks->held_count >= acks->at_once) {
        acks_flush(acks, link);
    } else if (acks->due == OSTLER_NEVER) {
        acks->due = ostler_deadline(HOLD_SECONDS);
        link_want_keeper(link);
    }
}

void acks_refused(struct acks *acks, struct link *link, uint64_t tag, bool requeue)
{
    bool told;

    release_held(acks, link);
    if (!link->is_up)
        return;
    *state_of(acks, tag) = SETTLED;
    advance(acks);
    if (link->conn.tls) {
        link->conn.last_sent = ostler_now();
        told = amqp_basic_nack(link->conn.state, CONN_CHANNEL, tag, false, requeue) == AMQP_STATUS_OK;
    } else {
        told = frames_put_nack(&link->outbox, CONN_CHANNEL, tag, false, requeue);
    }
    if (!told)
        link_break(link, "a notification could not be refused");
    link_send_off(link);
}
