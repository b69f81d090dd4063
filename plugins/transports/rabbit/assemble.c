/* SPDX-License-Identifier: Apache-2.0 */
#include "assemble.h"

#include <amqp_framing.h>
#include <stdlib.h>
#include <string.h>

void received_free(struct received *received)
{
    if (!received)
        return;
    free(received->other_type);
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

static struct received *new_message(amqp_bytes_t key)
{
    struct received *message = malloc(sizeof *message + key.len + 1);

    if (!message)
        return NULL;
    *message = (struct received){.routing_key = message->key};
    if (key.len)
        memcpy(message->key, key.bytes, key.len);
    message->key[key.len] = '\0';
    return message;
}

static enum assembled begin(struct assembler *assembler, const amqp_method_t *method)
{
    const amqp_basic_deliver_t *deliver = method->decoded;
    const amqp_basic_return_t *returned = method->decoded;
    bool comes_back = method->id == AMQP_BASIC_RETURN_METHOD;

    if (assembler->message)
        return ASSEMBLED_BROKEN;
    struct received *message = new_message(comes_back ? returned->routing_key : deliver->routing_key);
    if (!message)
        return ASSEMBLED_BROKEN;
    message->returned = comes_back;
    if (comes_back) {
        message->reply_code = returned->reply_code;
    } else {
        message->delivery_tag = deliver->delivery_tag;
        message->redelivered = deliver->redelivered;
    }
    assembler->message = message;
    return ASSEMBLED_PART;
}

/* False without memory. */
static bool take_content_type(struct received *message, const amqp_basic_properties_t *properties)
{
    static const char usual[] = "application/json";
    bool is_there = properties->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG;
    amqp_bytes_t type = is_there ? properties->content_type : amqp_empty_bytes;

    if (type.len == sizeof usual - 1 && memcmp(type.bytes, usual, type.len) == 0)
        message->content_type = usual;
    else
        message->content_type = message->other_type = copy(type);
    return message->content_type;
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
    if (!take_content_type(message, properties))
        return ASSEMBLED_BROKEN;
    message->compression = compression_of(properties, &failed);
    assembler->body_size = frame->payload.properties.body_size;
    assembler->seen = 0;
    message->too_large = assembler->body_size > assembler->limit;
    message->body = malloc(message->too_large ? 1 : (size_t)assembler->body_size + 1);
    if (failed || !message->body)
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
