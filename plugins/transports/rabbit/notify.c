/* SPDX-License-Identifier: Apache-2.0 */
/* A notification on its way out. The sender makes its queue, so that it is kept although nobody listens yet. */
#include "rabbit.h"
#include "unpack.h"

#include <stdio.h>

enum { NAME_SIZE = 256 };

enum ostler_status rabbit_notify(ostler_driver_transport *transport,
                                 const struct ostler_outgoing_notification *notification, struct ostler_error *error)
{
    size_t limit = transport->options.max_message_size;
    struct wire_text body = {.limit = limit};
    char key[NAME_SIZE], unique_id[ID_DIGITS + 1];
    enum ostler_status status;

    if (snprintf(key, sizeof key, "%s.%s", notification->topic, notification->priority) >= NAME_SIZE)
        return ostler_error_set(error, OSTLER_E_TARGET, "topic and priority may have 255 bytes on RabbitMQ");
    id_make_unique(unique_id);
    bool written = wire_write_notification(&body, notification->message, notification->context, unique_id,
                                           notification->version > 1);
    if (written)
        status = pack_body(transport->options.compression, &body, error);
    else
        status = ostler_error_set(error, OSTLER_E_INVALID, "the notification cannot be sent: it %s", body.problem);
    if (status == OSTLER_OK) {
        /* Mandatory, for the queue may have been deleted since it was declared. */
        struct post post = {.publish = {.exchange = notification->exchange,
                                        .routing_key = key,
                                        .body = body.data,
                                        .length = body.length,
                                        .mandatory = true,
                                        .expiration_ms = -1,
                                        .compression = transport->options.compression},
                            .queue = key,
                            .unique_id = unique_id,
                            .call_id = notification->call_id,
                            .more = notification->more,
                            .retry = notification->retry};
        if (notification->call_id)
            return rabbit_post_kept(transport, &post, &body, notification->deadline, notification->accept_by, error);
        status = publisher_post(transport->publisher, &post, notification->deadline, error);
    }
    wire_text_free(&body);
    return status;
}
