/* SPDX-License-Identifier: Apache-2.0 */
#include "assemble.h"

#include <amqp_framing.h>
#include <stdlib.h>
#include <string.h>

void received_free(struct received *received)
{
    if (!received)
        return;
    free(received->routing_key);
    free(received->content_type);
    free(received->compression);
    free(received->body);
    free(received);
}

void assembler_reset(struct assembler *assembler)
{
    received_free(assembler->message);
    assembler->message = NULL;
}

static char *copy(amqp_bytes_t bytes)
{
    char *text = malloc(bytes.len + 1);

    if (!text)
        return NULL;
    if (bytes.len)
        memcpy(text, bytes.bytes, bytes.len);
    text[bytes.len] = '\0';
    return text;
}

static enum assembled begin(struct assembler *assembler, const amqp_method_t *method)
{
    struct received *message = calloc(1, sizeof *message);

    if (!message || assembler->message) {
        free(message);
        return ASSEMBLED_BROKEN;
    }
    if (method->id == AMQP_BASIC_DELIVER_METHOD) {
        const amqp_basic_deliver_t *deliver = method->decoded;
        message->delivery_tag = deliver->delivery_tag;
        message->redelivered = deliver->redelivered;
        message->routing_key = copy(deliver->routing_key);
    } else {
        const amqp_basic_return_t *returned = method->decoded;
        message->returned = true;
        message->reply_code = returned->reply_code;
        message->routing_key = copy(returned->routing_key);
    }
    assembler->message = message;
    return message->routing_key ? ASSEMBLED_PART : ASSEMBLED_BROKEN;
}

/* NULL both for "none" and without memory: *failed tells. */
static char *compression_of(const amqp_basic_properties_t *properties, bool *failed)
{
    if (!(properties->_flags & AMQP_BASIC_HEADERS_FLAG))
        return NULL;
    for (int i = 0; i < properties->headers.num_entries; i++) {
        const amqp_table_entry_t *entry = &properties->headers.entries[i];
        bool is_text = entry->value.kind == AMQP_FIELD_KIND_UTF8 || entry->value.kind == AMQP_FIELD_KIND_BYTES;
        if (is_text && entry->key.len == strlen("compression") &&
            memcmp(entry->key.bytes, "compression", entry->key.len) == 0) {
            char *text = copy(entry->value.value.bytes);
            *failed = !text;
            return text;
        }
    }
    return NULL;
}

static enum assembled finish(struct assembler *assembler, struct received **message)
{
    *message = assembler->message;
    assembler->message = NULL;
    return ASSEMBLED_WHOLE;
}

static enum assembled take_header(struct assembler *assembler, const amqp_frame_t *frame, struct received **out)
{
    struct received *message = assembler->message;
    const amqp_basic_properties_t *properties = frame->payload.properties.decoded;
    bool failed = false;

    if (!message || message->content_type || frame->payload.properties.class_id != AMQP_BASIC_CLASS)
        return ASSEMBLED_BROKEN;
    message->content_type =
        copy(properties->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG ? properties->content_type : amqp_empty_bytes);
    message->compression = compression_of(properties, &failed);
    assembler->body_size = frame->payload.properties.body_size;
    assembler->seen = 0;
    message->too_large = assembler->body_size > assembler->limit;
    message->body = malloc(message->too_large ? 1 : (size_t)assembler->body_size + 1);
    if (failed || !message->content_type || !message->body)
        return ASSEMBLED_BROKEN;
    message->body[0] = '\0';
    return assembler->body_size == 0 ? finish(assembler, out) : ASSEMBLED_PART;
}

static enum assembled take_body(struct assembler *assembler, const amqp_frame_t *frame, struct received **out)
{
    struct received *message = assembler->message;
    amqp_bytes_t fragment = frame->payload.body_fragment;

    if (!message || !message->content_type || fragment.len > assembler->body_size - assembler->seen)
        return ASSEMBLED_BROKEN;
    if (!message->too_large) {
        memcpy(message->body + message->length, fragment.bytes, fragment.len);
        message->length += fragment.len;
        message->body[message->length] = '\0';
    }
    assembler->seen += fragment.len;
    return assembler->seen == assembler->body_size ? finish(assembler, out) : ASSEMBLED_PART;
}

enum assembled assemble(struct assembler *assembler, const amqp_frame_t *frame, struct received **message)
{
    switch (frame->frame_type) {
    case AMQP_FRAME_METHOD:
        if (frame->payload.method.id == AMQP_BASIC_DELIVER_METHOD ||
            frame->payload.method.id == AMQP_BASIC_RETURN_METHOD)
            return begin(assembler, &frame->payload.method);
        return ASSEMBLED_OTHER;
    case AMQP_FRAME_HEADER:
        return take_header(assembler, frame, message);
    case AMQP_FRAME_BODY:
        return take_body(assembler, frame, message);
    default:
        return ASSEMBLED_OTHER;
    }
}
