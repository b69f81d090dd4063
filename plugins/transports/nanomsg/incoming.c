/* SPDX-License-Identifier: Apache-2.0 */
#include "incoming.h"
#include "node.h"

#include <ostler/json.h>

#include <json-c/json.h>
#include <nanomsg/nn.h>
#include <stdlib.h>
#include <string.h>

/* Values that are not larger are printed on the stack. */
enum { TEXT_ROOM = 4096 };

static ostler_time expiry_of(const struct wire_request *request)
{
    ostler_time now;

    if (request->expiry == 0)
        return OSTLER_NEVER;
    if (request->expiry_absolute)
        return request->expiry < INT64_MAX ? (ostler_time)request->expiry : OSTLER_NEVER;
    now = ostler_now();
    return request->expiry < (uint64_t)(INT64_MAX - now) / 1000000 ? now + (ostler_time)request->expiry * 1000000
                                                                   : OSTLER_NEVER;
}

struct incoming *incoming_new(struct node *node, struct peer *peer, const struct wire_record *record,
                              const struct wire_request *request, void *chunk)
{
    struct incoming *incoming = malloc(sizeof *incoming + (chunk ? 0 : record->length));

    if (!incoming)
        return NULL;
    *incoming = (struct incoming){.node = node, .peer = peer, .id = request->id, .chunk = chunk, .record = *record};
    if (!chunk)
        incoming->record.body = memcpy(incoming->copy, record->body, record->length);
    incoming->base.wants_reply = request->id != 0 && !request->notify;
    incoming->base.monitor_timeout = incoming->base.wants_reply ? request->monitor_ms / 1000.0 : 0.0;
    incoming->base.deadline = expiry_of(request);
    incoming->coming = incoming->base.wants_reply;
    peer->references++;
    if (incoming->coming)
        atomic_fetch_add_explicit(&peer->coming, 1, memory_order_relaxed);
    return incoming;
}

/* Somebody begins with it, or nobody ever will. */
static void come(struct incoming *incoming)
{
    if (incoming->coming)
        atomic_fetch_sub_explicit(&incoming->peer->coming, 1, memory_order_relaxed);
    incoming->coming = false;
}

/* Ends a text where the next part of the message begins, which has been read by now. */
static const char *end_text(struct incoming *incoming, const struct wire_text *text)
{
    uint8_t *base = incoming->chunk ? incoming->chunk : incoming->copy;
    char *start = (char *)base + ((const uint8_t *)text->text - base);

    start[text->length] = 0;
    return start;
}

/* An absent value is an empty object to the core. */
static enum ostler_status parse_object(const char *text, size_t length, const char *what, struct json_object **out,
                                       struct ostler_error *error)
{
    struct json_object *value = NULL;
    enum ostler_status status = ostler_json_read(text, length, what, &value, error);

    if (status == OSTLER_OK && value && !json_object_is_type(value, json_type_object)) {
        json_object_put(value);
        return ostler_error_set(error, OSTLER_E_INVALID, "%s must be an object", what);
    }
    if (status == OSTLER_OK)
        *out = value;
    return status;
}

/* Nothing of it may be changed: it may be opened again. */
static enum ostler_status open_notification(struct incoming *incoming, const struct wire_request *request,
                                            struct ostler_error *error)
{
    enum ostler_status status =
        parse_object(request->context, request->context_length, "the context", &incoming->base.message.context, error);

    if (status == OSTLER_OK)
        status =
            parse_object(request->args, request->args_length, "the notification", &incoming->base.notification, error);
    if (status == OSTLER_OK && !incoming->base.notification)
        status = ostler_error_set(error, OSTLER_E_INVALID, "the notification is missing");
    return status;
}

enum ostler_status incoming_open(struct ostler_incoming *base, struct ostler_error *error)
{
    struct incoming *incoming = (struct incoming *)base;
    struct ostler_message *message = &base->message;
    struct wire_request request;

    come(incoming);
    if (!wire_get_request(&incoming->record, &request))
        return ostler_error_set(error, OSTLER_E_INVALID, "the request is broken");
    if (incoming->listener)
        return open_notification(incoming, &request, error);
    message->method = end_text(incoming, &request.method);
    message->namespace_ = request.has_namespace ? end_text(incoming, &request.namespace_) : NULL;
    message->version = request.has_version ? end_text(incoming, &request.version) : NULL;
    enum ostler_status status =
        parse_object(request.context, request.context_length, "the context", &message->context, error);
    if (status == OSTLER_OK)
        status = parse_object(request.args, request.args_length, "the arguments object", &message->args, error);
    return status;
}

/* With more requests of this client about to be answered, a reply waits a moment for theirs. */
static enum peer_manner manner(const struct incoming *incoming)
{
    return atomic_load_explicit(&incoming->peer->coming, memory_order_relaxed) > 0 ? PEER_HOLD : PEER_NOW;
}

static enum ostler_status send_record(struct incoming *incoming, enum peer_manner manner, const struct iovec *parts,
                                      int count)
{
    struct node *node = incoming->node;
    struct peer *peer = incoming->peer;

    pthread_mutex_lock(&node->lock);
    bool held = peer->outbox.records > 0;
    enum ostler_status status = peers_send(&node->peers, peer, manner, parts, count);
    if (peer->queue)
        keeper_check(node);
    if (!held && peer->outbox.records > 0 && !flusher_watch(node->flusher))
        peers_flush(&node->peers, peer, OSTLER_NEVER);
    pthread_mutex_unlock(&node->lock);
    return status;
}

enum ostler_status incoming_reply(struct ostler_incoming *base, const struct ostler_answer *answer,
                                  struct ostler_error *error)
{
    struct incoming *incoming = (struct incoming *)base;
    const struct settings *settings = incoming->node->settings;
    uint8_t head[WIRE_REPLY_HEAD];
    char room[TEXT_ROOM];
    struct ostler_json_text text;

    ostler_json_text_init(&text, room, sizeof room);
    enum ostler_status status = ostler_json_write(&text, answer->value, error);
    if (status != OSTLER_OK)
        goto out;
    if (text.length + WIRE_HEADER_SIZE + WIRE_REPLY_HEAD > settings->max_message) {
        status = ostler_error_set(error, OSTLER_E_INVALID,
                                  "the reply has %zu bytes; the limit of this transport is %zu (max_message_size)",
                                  text.length, settings->max_message);
        goto out;
    }
    struct iovec parts[2] = {
        {.iov_base = head,
         .iov_len = wire_put_reply(head, answer->failed ? WIRE_FAILURE : WIRE_REPLY, incoming->id, text.length)},
        {.iov_base = text.bytes, .iov_len = text.length}};
    if (send_record(incoming, manner(incoming), parts, 2) != OSTLER_OK)
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
out:
    ostler_json_text_clear(&text);
    return status;
}

void incoming_heartbeat(struct ostler_incoming *base)
{
    struct incoming *incoming = (struct incoming *)base;
    uint8_t head[WIRE_REPLY_HEAD];
    struct iovec part = {.iov_base = head, .iov_len = wire_put_reply(head, WIRE_HEARTBEAT, incoming->id, 0)};

    /* Without memory there is no heartbeat: the caller finds out in its own time. */
    (void)send_record(incoming, PEER_NOW, &part, 1);
}

static void put_values(struct ostler_incoming *base)
{
    json_object_put(base->message.context);
    json_object_put(base->message.args);
    json_object_put(base->notification);
    base->message.context = base->message.args = base->notification = NULL;
}

enum ostler_status incoming_settle(struct ostler_incoming *base, enum ostler_settlement settlement,
                                   struct ostler_error *error)
{
    (void)error;
    ((struct incoming *)base)->handled = settlement == OSTLER_SETTLE_HANDLED;
    return OSTLER_OK;
}

void incoming_drop(struct incoming *incoming)
{
    put_values(&incoming->base);
    come(incoming);
    peer_unref(incoming->peer);
    if (incoming->listener)
        listener_unref(incoming->listener);
    if (incoming->chunk)
        nn_freemsg(incoming->chunk);
    free(incoming);
}

void incoming_free(struct ostler_incoming *base)
{
    struct incoming *incoming = (struct incoming *)base;
    struct node *node = incoming->node;

    put_values(base);
    if (incoming->listener && !incoming->handled) {
        listener_give_back(incoming->listener, incoming);
        return;
    }
    come(incoming);
    pthread_mutex_lock(&node->lock);
    peer_unref(incoming->peer);
    if (incoming->listener)
        listener_unref(incoming->listener);
    pthread_mutex_unlock(&node->lock);
    if (incoming->chunk)
        nn_freemsg(incoming->chunk);
    free(incoming);
}
