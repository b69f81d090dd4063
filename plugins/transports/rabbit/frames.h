/* SPDX-License-Identifier: Apache-2.0 */
/* basic.publish as bytes: method, header and body frames in one buffer, so that they leave with one system call. */
#ifndef FRAMES_H
#define FRAMES_H

#include "wire.h"

#include <amqp.h>

struct publish {
    const char *exchange;
    const char *routing_key;
    const char *body;
    size_t length;
    bool mandatory;
    int64_t expiration_ms;   /* negative: none */
    const char *compression; /* content type of the codec, or NULL */
};

enum { DECIMAL_DIGITS = 20 };

/* Properties as oslo.messaging sets them; points into `publish` and into `scratch`. */
struct publish_scratch {
    char expiration[DECIMAL_DIGITS];
    amqp_table_entry_t header;
};
void frames_properties(const struct publish *publish, struct publish_scratch *scratch,
                       amqp_basic_properties_t *properties);

/* Appends the frames of one message to `out`. False without memory, over its limit, or for a name over 255 bytes. */
bool frames_put_publish(struct wire_text *out, uint16_t channel, uint32_t frame_max, const struct publish *publish);

/* The same in parts: what comes before the body, then the body, cut where frames end. What fails appends nothing. */
bool frames_put_publish_head(struct wire_text *out, uint16_t channel, const struct publish *publish);
bool frames_put_body(struct wire_text *out, uint16_t channel, uint32_t frame_max, const char *bytes, size_t length);
/* How much of a body one frame holds. */
size_t frames_payload(uint32_t frame_max);

/* Appends any method. */
bool frames_put_method(struct wire_text *out, uint16_t channel, amqp_method_number_t id, void *decoded);

/* Appends a heartbeat. */
bool frames_put_heartbeat(struct wire_text *out);

/* Appends basic.ack or basic.nack. */
bool frames_put_ack(struct wire_text *out, uint16_t channel, uint64_t tag, bool multiple);
bool frames_put_nack(struct wire_text *out, uint16_t channel, uint64_t tag, bool multiple, bool requeue);

#endif
