/* SPDX-License-Identifier: Apache-2.0 */
/* A request from its bytes to its reply. */
#include "dedup.h"
#include "rabbit.h"
#include "unpack.h"

#include <stdatomic.h>
#include <stdlib.h>

/* The answer to a request that took longer than this waits for no others. */
#define QUICK_TIME (INT64_C(500) * 1000)

struct incoming_batch {
    atomic_uint members;
    atomic_uint unanswered; /* of them */
    bool followed;
};

struct incoming {
    struct arrived arrived;
    ostler_driver_transport *transport;
    struct dedup *dedup;
    struct incoming_batch *batch; /* NULL: it was taken alone */
    bool answered;
    ostler_time opened_at;     /* with a batch */
    struct received *received; /* until it is opened */
    struct wire_request request;
};

/* --- Batches ----------------------------------------------------------------------------------------------------------- */

struct incoming_batch *incoming_batch_new(unsigned count, bool followed)
{
    struct incoming_batch *batch = malloc(sizeof *batch);

    if (!batch)
        return NULL;
    atomic_init(&batch->members, count);
    atomic_init(&batch->unanswered, count);
    batch->followed = followed;
    return batch;
}

/* One less is unanswered. Whether others are to be answered after this one. */
static bool batch_goes_on(struct incoming_batch *batch)
{
    return batch && (atomic_fetch_sub_explicit(&batch->unanswered, 1, memory_order_acq_rel) > 1 || batch->followed);
}

static void batch_unref(struct incoming_batch *batch)
{
    if (batch && atomic_fetch_sub_explicit(&batch->members, 1, memory_order_acq_rel) == 1)
        free(batch);
}

void incoming_batch_leave(ostler_driver_transport *transport, struct incoming_batch *batch)
{
    if (batch && !batch_goes_on(batch))
        publisher_flush(transport->publisher);
    batch_unref(batch);
}

/* --- One request -------------------------------------------------------------------------------------------------------- */

struct ostler_incoming *rabbit_incoming_new(ostler_driver_transport *transport, struct dedup *dedup,
                                            struct received *received, struct incoming_batch *batch)
{
    struct incoming *incoming = malloc(sizeof *incoming);

    if (!incoming)
        return NULL;
    *incoming = (struct incoming){.arrived.base.deadline = OSTLER_NEVER,
                                  .transport = transport,
                                  .dedup = dedup_ref(dedup),
                                  .received = received,
                                  .batch = batch};
    return &incoming->arrived.base;
}

static enum ostler_status check(const struct incoming *incoming, struct ostler_error *error)
{
    const struct wire_request *request = &incoming->request;

    if (!request->message.method)
        return ostler_error_set(error, OSTLER_E_INVALID, "a request without the name of a method");
    if (request->args_broken)
        return ostler_error_set(error, OSTLER_E_INVALID, "the arguments of %s are no object", request->message.method);
    return OSTLER_OK;
}

static enum ostler_status open_it(struct incoming *incoming, struct ostler_error *error)
{
    struct ostler_incoming *base = &incoming->arrived.base;
    struct plain_body body = {.own = NULL};
    enum ostler_status status =
        unpack_body(incoming->received, incoming->transport->options.max_message_size, &body, error);

    if (status == OSTLER_OK)
        status = wire_open_request(body.bytes, body.length, &incoming->request, error);
    free(body.own);
    if (status != OSTLER_OK)
        return status;
    if (dedup_seen(incoming->dedup, incoming->request.unique_id))
        return ostler_error_set(error, OSTLER_E_CANCELLED, "%s came a second time", incoming->request.unique_id);
    base->message = incoming->request.message;
    base->wants_reply = incoming->request.msg_id != NULL;
    base->monitor_timeout = incoming->request.monitor_timeout;
    return check(incoming, error);
}

enum ostler_status rabbit_incoming_open(struct ostler_incoming *base, struct ostler_error *error)
{
    struct incoming *incoming = (struct incoming *)base;
    enum ostler_status status = open_it(incoming, error);
    const char *queue = incoming->received->routing_key;

    /* Who waits for an answer knows where it was sent. A fanout cast has no key. */
    if (status != OSTLER_OK && !base->wants_reply)
        ostler_error_prefix(error, "from queue %s", queue[0] ? queue : "for fanout casts");
    received_free(incoming->received);
    incoming->received = NULL;
    if (incoming->batch)
        incoming->opened_at = ostler_now();
    return status;
}

/* The finished body, to free(); NULL with the reason. */
static char *finish_body(const struct incoming *incoming, struct wire_text *body, size_t *length,
                         struct ostler_error *error)
{
    const struct rabbit_options *options = &incoming->transport->options;
    char *packed = NULL;

    *length = body->length;
    if (!options->compression)
        return body->data;
    pack(options->compression, body->data, body->length, &packed, length, error);
    free(body->data);
    return packed;
}

enum ostler_status rabbit_incoming_reply(struct ostler_incoming *base, const struct ostler_answer *answer,
                                         struct ostler_error *error)
{
    struct incoming *incoming = (struct incoming *)base;
    size_t limit = incoming->transport->options.max_message_size;
    struct wire_text body = {.limit = limit};
    char unique_id[ID_DIGITS + 1];

    id_make_unique(unique_id);
    bool written = wire_write_reply(&body, incoming->request.msg_id, answer, true, unique_id);
    if (!written) {
        wire_text_free(&body);
        return ostler_error_set(error, OSTLER_E_INVALID, "the answer cannot be sent: it %s", body.problem);
    }
    size_t length;
    char *bytes = finish_body(incoming, &body, &length, error);
    if (!bytes)
        return OSTLER_E_NOMEM;
    incoming->answered = true;
    bool more = batch_goes_on(incoming->batch) && ostler_now() < incoming->opened_at + QUICK_TIME;
    return publisher_reply(incoming->transport->publisher, incoming->request.reply_q, bytes, length, unique_id, more,
                           error);
}

void rabbit_incoming_heartbeat(struct ostler_incoming *base)
{
    struct incoming *incoming = (struct incoming *)base;
    struct wire_text body = {.limit = 65536};
    char unique_id[ID_DIGITS + 1];

    id_make_unique(unique_id);
    if (wire_write_reply(&body, incoming->request.msg_id, NULL, false, unique_id))
        publisher_heartbeat(incoming->transport->publisher, incoming->request.reply_q, body.data, body.length,
                            unique_id);
    wire_text_free(&body);
}

void rabbit_incoming_free(struct ostler_incoming *base)
{
    struct incoming *incoming = (struct incoming *)base;

    received_free(incoming->received);
    wire_request_clear(&incoming->request);
    dedup_unref(incoming->dedup);
    if (incoming->answered)
        batch_unref(incoming->batch);
    else
        incoming_batch_leave(incoming->transport, incoming->batch);
    free(incoming);
}
