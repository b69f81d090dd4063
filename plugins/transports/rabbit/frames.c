/* SPDX-License-Identifier: Apache-2.0 */
/* AMQP 0-9-1, 2.3.5: a frame is type, channel, size, payload, 0xCE. What is inside is encoded by the library. */
#include "frames.h"
#include "wire_text.h"

#include <amqp_framing.h>

enum {
    FRAME_HEAD = 7,
    FRAME_OVERHEAD = FRAME_HEAD + 1,
    METHOD_ID = 4,
    CLASS_HEAD = 12, /* class, weight, body size */
    SMALL = 1024,    /* holds any method or header written here */
    NAME_LIMIT = 255
};

static void put_u16(unsigned char *at, uint16_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void put_u32(unsigned char *at, uint32_t value)
{
    put_u16(at, (uint16_t)(value >> 16));
    put_u16(at + 2, (uint16_t)value);
}

static void put_u64(unsigned char *at, uint64_t value)
{
    put_u32(at, (uint32_t)(value >> 32));
    put_u32(at + 4, (uint32_t)value);
}

static void put_frame(struct wire_text *out, uint8_t type, uint16_t channel, const void *payload, size_t size)
{
    static const char end = (char)AMQP_FRAME_END;
    unsigned char head[FRAME_HEAD] = {type};

    put_u16(head + 1, channel);
    put_u32(head + 3, (uint32_t)size);
    wire_put_bytes(out, (const char *)head, sizeof head);
    wire_put_bytes(out, payload, size);
    wire_put_bytes(out, &end, 1);
}

bool frames_put_method(struct wire_text *out, uint16_t channel, amqp_method_number_t id, void *decoded)
{
    unsigned char payload[SMALL];
    amqp_bytes_t rest = {.len = sizeof payload - METHOD_ID, .bytes = payload + METHOD_ID};
    int size = amqp_encode_method(id, decoded, rest);

    if (size < 0)
        return false;
    put_u32(payload, id);
    put_frame(out, AMQP_FRAME_METHOD, channel, payload, (size_t)size + METHOD_ID);
    return !out->failed;
}

static bool put_header(struct wire_text *out, uint16_t channel, amqp_basic_properties_t *properties, size_t length)
{
    unsigned char payload[SMALL];
    amqp_bytes_t rest = {.len = sizeof payload - CLASS_HEAD, .bytes = payload + CLASS_HEAD};
    int size = amqp_encode_properties(AMQP_BASIC_CLASS, properties, rest);

    if (size < 0)
        return false;
    put_u16(payload, AMQP_BASIC_CLASS);
    put_u16(payload + 2, 0);
    put_u64(payload + 4, length);
    put_frame(out, AMQP_FRAME_HEADER, channel, payload, (size_t)size + CLASS_HEAD);
    return !out->failed;
}

static amqp_bytes_t put_decimal(char digits[DECIMAL_DIGITS], uint64_t number)
{
    size_t at = DECIMAL_DIGITS;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return (amqp_bytes_t){.len = DECIMAL_DIGITS - at, .bytes = digits + at};
}

void frames_properties(const struct publish *publish, struct publish_scratch *scratch,
                       amqp_basic_properties_t *properties)
{
    *properties = (amqp_basic_properties_t){
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_HEADERS_FLAG |
                  AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_PRIORITY_FLAG,
        .content_type = amqp_cstring_bytes("application/json"),
        .content_encoding = amqp_cstring_bytes("utf-8"),
        .delivery_mode = 2,
        .priority = 0,
    };
    if (publish->compression) {
        scratch->header = (amqp_table_entry_t){
            .key = amqp_cstring_bytes("compression"),
            .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(publish->compression)}};
        properties->headers = (amqp_table_t){.num_entries = 1, .entries = &scratch->header};
    }
    if (publish->expiration_ms >= 0) {
        properties->_flags |= AMQP_BASIC_EXPIRATION_FLAG;
        properties->expiration = put_decimal(scratch->expiration, (uint64_t)publish->expiration_ms);
    }
}

/* Half a message must never go out. */
static bool whole_or_nothing(struct wire_text *out, size_t before, bool good)
{
    if (!good) {
        out->length = before;
        out->failed = false;
    }
    return good;
}

bool frames_put_publish_head(struct wire_text *out, uint16_t channel, const struct publish *publish)
{
    size_t before = out->length;
    struct publish_scratch scratch;
    amqp_basic_properties_t properties;
    amqp_basic_publish_t method = {.exchange = amqp_cstring_bytes(publish->exchange),
                                   .routing_key = amqp_cstring_bytes(publish->routing_key),
                                   .mandatory = publish->mandatory};

    if (method.exchange.len > NAME_LIMIT || method.routing_key.len > NAME_LIMIT)
        return false;
    frames_properties(publish, &scratch, &properties);
    return whole_or_nothing(out, before,
                            frames_put_method(out, channel, AMQP_BASIC_PUBLISH_METHOD, &method) &&
                                put_header(out, channel, &properties, publish->length));
}

bool frames_put_body(struct wire_text *out, uint16_t channel, uint32_t frame_max, const char *bytes, size_t length)
{
    size_t before = out->length, chunk = frame_max - FRAME_OVERHEAD;

    for (size_t at = 0; at < length && !out->failed; at += chunk)
        put_frame(out, AMQP_FRAME_BODY, channel, bytes + at, length - at < chunk ? length - at : chunk);
    return whole_or_nothing(out, before, !out->failed);
}

bool frames_put_publish(struct wire_text *out, uint16_t channel, uint32_t frame_max, const struct publish *publish)
{
    size_t before = out->length;

    return frames_put_publish_head(out, channel, publish) &&
           whole_or_nothing(out, before, frames_put_body(out, channel, frame_max, publish->body, publish->length));
}

size_t frames_payload(uint32_t frame_max)
{
    return frame_max - FRAME_OVERHEAD;
}

bool frames_put_heartbeat(struct wire_text *out)
{
    put_frame(out, AMQP_FRAME_HEARTBEAT, 0, "", 0);
    return !out->failed;
}

bool frames_put_ack(struct wire_text *out, uint16_t channel, uint64_t tag, bool multiple)
{
    amqp_basic_ack_t method = {.delivery_tag = tag, .multiple = multiple};

    return frames_put_method(out, channel, AMQP_BASIC_ACK_METHOD, &method);
}

bool frames_put_nack(struct wire_text *out, uint16_t channel, uint64_t tag, bool multiple, bool requeue)
{
    amqp_basic_nack_t method = {.delivery_tag = tag, .multiple = multiple, .requeue = requeue};

    return frames_put_method(out, channel, AMQP_BASIC_NACK_METHOD, &method);
}
