/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"
#include "dedup.h"
#include "unpack.h"

#include <stdlib.h>
#include <string.h>

struct note {
    struct arrived arrived;
    struct subscription *subscription; /* counted */
    struct received *received;         /* until it is opened */
    uint64_t tag;
    unsigned epoch; /* of the connection it came on */
    bool broken;    /* cannot be read, today or tomorrow */
    bool settled;
    char unique_id[DEDUP_ID_SIZE]; /* "" if there is none */
};

struct ostler_incoming *rabbit_note_new(struct subscription *subscription, struct received *received)
{
    struct note *note = calloc(1, sizeof *note);

    if (!note)
        return NULL;
    note->arrived = (struct arrived){.base.deadline = OSTLER_NEVER, .is_notification = true};
    note->subscription = subscription;
    note->received = received;
    note->tag = received->delivery_tag;
    note->epoch = received->epoch;
    rabbit_listener_ref(&subscription->base);
    return &note->arrived.base;
}

/* Ids of other lengths are nobody's we know. */
static void keep_unique_id(struct note *note, struct json_object *message)
{
    struct json_object *id = json_object_object_get(message, "_unique_id");

    if (json_object_is_type(id, json_type_string) && json_object_get_string_len(id) < DEDUP_ID_SIZE)
        strcpy(note->unique_id, json_object_get_string(id));
}

enum ostler_status note_open(struct ostler_incoming *base, struct ostler_error *error)
{
    struct note *note = (struct note *)base;
    ostler_driver_listener *listener = &note->subscription->base;
    struct json_object *message = NULL;
    enum ostler_status status = unpack(note->received, listener->transport->options.max_message_size, &message, error);

    if (status != OSTLER_OK) {
        note->broken = status == OSTLER_E_INVALID;
        ostler_error_prefix(error, "message from queue %s", note->received->routing_key);
        return status;
    }
    base->notification = message;
    keep_unique_id(note, message);
    received_free(note->received);
    note->received = NULL;
    if (dedup_knows(listener->dedup, note->unique_id))
        return ostler_error_set(error, OSTLER_E_INVALID, "message %s came a second time", note->unique_id);
    base->message.context = wire_take_context(message);
    return base->message.context ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
}

/* What came over a connection that is gone is the broker's to deliver again. */
static bool is_ours(const struct note *note, const struct link *link)
{
    return link->is_up && link->epoch == note->epoch;
}

enum ostler_status note_settle(struct ostler_incoming *base, enum ostler_settlement settlement,
                               struct ostler_error *error)
{
    struct note *note = (struct note *)base;
    struct subscription *subscription = note->subscription;
    struct link *link = &subscription->base.link;
    bool requeue = settlement == OSTLER_SETTLE_REQUEUE;

    note->settled = true;
    /* One that was handled is not to be handled again, whether the broker hears of it or not. */
    if (!requeue && !note->broken)
        dedup_remember(subscription->base.dedup, note->unique_id);
    link_lock(link);
    bool ours = is_ours(note, link);
    if (ours && (requeue || note->broken))
        acks_refused(&subscription->acks, link, note->tag, requeue);
    else if (ours)
        acks_handled(&subscription->acks, link, note->tag);
    link_unlock(link);
    return ours ? OSTLER_OK : ostler_error_set(error, OSTLER_E_DELIVERY, "the connection it came over was lost");
}

void rabbit_note_free(struct ostler_incoming *base)
{
    struct note *note = (struct note *)base;

    if (!note->settled)
        note_settle(base, OSTLER_SETTLE_REQUEUE, NULL);
    received_free(note->received);
    json_object_put(base->message.context);
    json_object_put(base->notification);
    rabbit_listener_unref(&note->subscription->base);
    free(note);
}
