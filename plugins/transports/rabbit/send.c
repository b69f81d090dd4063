/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way out: where it goes, its body, its properties. */
#include "rabbit.h"
#include "unpack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* AMQP's short strings. */
enum { NAME_SIZE = 256 };

struct route {
    char exchange[NAME_SIZE];
    char key[NAME_SIZE];
};

/* Three texts as one name; the third may be empty. False if it is too long. */
static bool join(char name[NAME_SIZE], const char *first, const char *second, const char *third)
{
    const char *const parts[] = {first, second, third};
    size_t used = 0;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t length = strlen(parts[i]);
        if (length >= NAME_SIZE - used)
            return false;
        memcpy(name + used, parts[i], length);
        used += length;
    }
    name[used] = '\0';
    return true;
}

static enum ostler_status find_route(const struct ostler_target *target, struct route *route,
                                     struct ostler_error *error)
{
    bool fits;

    route->key[0] = '\0';
    if (target->fanout)
        fits = join(route->exchange, target->topic, "_fanout", "");
    else
        fits = join(route->exchange, target->exchange, "", "") &&
               join(route->key, target->topic, target->server ? "." : "", target->server ? target->server : "");
    if (!fits)
        return ostler_error_set(error, OSTLER_E_TARGET,
                                "exchange and topic with server may have 255 bytes each on RabbitMQ");
    return OSTLER_OK;
}

/* Milliseconds until nobody waits any more, as the sender meant them. */
static int64_t expiration(const struct ostler_outgoing *message)
{
    if (message->expiry == OSTLER_NEVER)
        return -1;
    return (int64_t)llround(ostler_time_left(message->expiry) * 1000.0);
}

static enum ostler_status write_body(ostler_driver_transport *transport, const struct ostler_outgoing *message,
                                     const struct wire_request_ids *ids, struct wire_text *body,
                                     struct ostler_error *error)
{
    bool written = wire_write_request(body, &message->message, ids);

    if (!written)
        return ostler_error_set(error, OSTLER_E_INVALID, "the request cannot be sent: it %s", body->problem);
    return pack_body(transport->options.compression, body, error);
}

enum ostler_status rabbit_post_kept(ostler_driver_transport *transport, const struct post *post, struct wire_text *body,
                                    ostler_time deadline, ostler_time accept_by, struct ostler_error *error)
{
    char *bytes = body->data;

    body->data = NULL;
    replies_accepting(transport->replies);
    enum ostler_status status = publisher_post_kept(transport->publisher, post, bytes, deadline, accept_by, error);
    if (status != OSTLER_OK)
        replies_not_accepting(transport->replies);
    return status;
}

enum ostler_status rabbit_send(ostler_driver_transport *transport, const struct ostler_outgoing *message,
                               unsigned *receivers, struct ostler_error *error)
{
    char msg_id[ID_DIGITS + 1], unique_id[ID_DIGITS + 1];
    struct wire_request_ids ids = {.unique_id = unique_id, .monitor_timeout = message->monitor_timeout};
    struct wire_text body = {.limit = transport->options.max_message_size};
    struct reply_address reply = {.connection = 0};
    struct route route;
    enum ostler_status status = find_route(&message->target, &route, error);

    /* A broker does not tell who gets a message. */
    (void)receivers;
    if (status != OSTLER_OK)
        return status;
    id_make_unique(unique_id);
    if (message->call_id && !message->acceptance) {
        id_of_call(msg_id, transport->id, message->call_id);
        ids.msg_id = msg_id;
        ids.reply_q = reply.queue;
        status = replies_address(transport->replies, message->deadline, &reply, error);
        if (status != OSTLER_OK)
            return status;
    }
    status = write_body(transport, message, &ids, &body, error);
    if (status == OSTLER_OK) {
        struct post post = {.publish = {.exchange = route.exchange,
                                        .routing_key = route.key,
                                        .body = body.data,
                                        .length = body.length,
                                        .mandatory = message->at_least_once && !message->target.fanout,
                                        .expiration_ms = expiration(message),
                                        .compression = transport->options.compression},
                            .fanout = message->target.fanout,
                            .unique_id = unique_id,
                            .call_id = message->call_id,
                            .reply_connection = reply.connection,
                            .more = message->more && message->call_id,
                            .retry = message->retry};
        if (message->acceptance)
            return rabbit_post_kept(transport, &post, &body, message->deadline, message->accept_by, error);
        status = publisher_post(transport->publisher, &post, message->deadline, error);
    }
    wire_text_free(&body);
    return status;
}
