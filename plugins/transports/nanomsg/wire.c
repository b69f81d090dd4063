/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <string.h>

static const uint8_t magic[4] = {'O', 's', 't', 'l'};

enum { HAS_NAMESPACE = 0x01, HAS_VERSION = 0x02, EXPIRY_ABSOLUTE = 0x04, ONLY_SERVER = 0x08 };

/* --- Numbers, little endian --------------------------------------------------------------------------------------- */

static void put32(uint8_t *out, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(number >> (8 * i));
}

static void put64(uint8_t *out, uint64_t number)
{
    put32(out, (uint32_t)number);
    put32(out + 4, (uint32_t)(number >> 32));
}

static uint32_t get32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static uint64_t get64(const uint8_t *in)
{
    return (uint64_t)get32(in) | (uint64_t)get32(in + 4) << 32;
}

/* --- Out ---------------------------------------------------------------------------------------------------------- */

size_t wire_put_header(uint8_t *out, const struct wire_header *header)
{
    memcpy(out, magic, sizeof magic);
    out[4] = WIRE_VERSION;
    out[5] = header->flags;
    out[6] = out[7] = 0;
    put64(out + 8, header->received);
    put64(out + 16, header->sent);
    return WIRE_HEADER_SIZE;
}

size_t wire_put_record(uint8_t *out, enum wire_kind kind, size_t length)
{
    put32(out, (uint32_t)(length + 1));
    out[4] = (uint8_t)kind;
    return WIRE_RECORD_HEAD;
}

static size_t put_text(uint8_t *out, const char *text, size_t length)
{
    out[0] = (uint8_t)length;
    memcpy(out + 1, text, length);
    return 1 + length;
}

size_t wire_put_key(uint8_t *out, const char *exchange, const char *topic, const char *server)
{
    size_t size = put_text(out, exchange, strlen(exchange));

    size += put_text(out + size, topic, strlen(topic));
    return size + put_text(out + size, server, strlen(server));
}

size_t wire_put_request(uint8_t *out, const struct wire_request *request)
{
    uint8_t *fixed = out + WIRE_RECORD_HEAD;
    uint8_t *at = fixed + WIRE_REQUEST_FIXED;

    put64(fixed, request->id);
    put64(fixed + 8, request->expiry);
    put32(fixed + 16, request->monitor_ms);
    fixed[20] = (uint8_t)((request->has_namespace ? HAS_NAMESPACE : 0) | (request->has_version ? HAS_VERSION : 0) |
                          (request->expiry_absolute ? EXPIRY_ABSOLUTE : 0) | (request->only_server ? ONLY_SERVER : 0));
    at += put_text(at, request->exchange.text, request->exchange.length);
    at += put_text(at, request->topic.text, request->topic.length);
    at += put_text(at, request->server.text, request->server.length);
    at += put_text(at, request->namespace_.text, request->namespace_.length);
    at += put_text(at, request->version.text, request->version.length);
    at += put_text(at, request->method.text, request->method.length);
    put32(at, (uint32_t)request->context_length);
    at += 4;
    wire_put_record(out,
                    request->notify ? WIRE_NOTIFY
                    : request->id   ? WIRE_CALL
                                    : WIRE_CAST,
                    (size_t)(at - fixed) + request->context_length + request->args_length);
    return (size_t)(at - out);
}

size_t wire_put_reply(uint8_t *out, enum wire_kind kind, uint64_t id, size_t value_length)
{
    wire_put_record(out, kind, 8 + value_length);
    put64(out + WIRE_RECORD_HEAD, id);
    return WIRE_REPLY_HEAD;
}

size_t wire_put_refused(uint8_t *out, uint64_t id, enum wire_refusal reason, enum wire_kind kind, size_t body_length)
{
    wire_put_record(out, WIRE_REFUSED, 8 + 1 + 1 + body_length);
    put64(out + WIRE_RECORD_HEAD, id);
    out[WIRE_RECORD_HEAD + 8] = (uint8_t)reason;
    out[WIRE_RECORD_HEAD + 9] = (uint8_t)kind;
    return WIRE_REFUSED_HEAD;
}

/* --- In ----------------------------------------------------------------------------------------------------------- */

bool wire_open(const void *message, size_t size, struct wire_header *header, struct wire_reader *records)
{
    const uint8_t *in = message;

    if (size < WIRE_HEADER_SIZE || memcmp(in, magic, sizeof magic) != 0 || in[4] != WIRE_VERSION)
        return false;
    header->flags = in[5];
    header->received = get64(in + 8);
    header->sent = get64(in + 16);
    records->at = in + WIRE_HEADER_SIZE;
    records->left = size - WIRE_HEADER_SIZE;
    return true;
}

bool wire_next(struct wire_reader *records, struct wire_record *record)
{
    if (records->left == 0) {
        record->kind = 0;
        return true;
    }
    if (records->left < WIRE_RECORD_HEAD)
        return false;
    size_t length = get32(records->at);
    if (length < 1 || length > records->left - 4 || records->at[4] == 0)
        return false;
    record->kind = records->at[4];
    record->body = records->at + WIRE_RECORD_HEAD;
    record->length = length - 1;
    records->at += 4 + length;
    records->left -= 4 + length;
    return true;
}

/* A text holds no zero byte: it becomes a C string. */
static bool get_text(struct wire_reader *reader, struct wire_text *text)
{
    if (reader->left < 1 || reader->left - 1 < reader->at[0])
        return false;
    text->length = reader->at[0];
    text->text = (const char *)reader->at + 1;
    reader->at += 1 + text->length;
    reader->left -= 1 + (size_t)text->length;
    return memchr(text->text, 0, text->length) == NULL;
}

bool wire_get_request(const struct wire_record *record, struct wire_request *request)
{
    struct wire_reader reader = {.at = record->body, .left = record->length};

    if (reader.left < WIRE_REQUEST_FIXED)
        return false;
    uint8_t flags = reader.at[20];
    request->id = get64(reader.at);
    request->expiry = get64(reader.at + 8);
    request->expiry_absolute = flags & EXPIRY_ABSOLUTE;
    request->only_server = flags & ONLY_SERVER;
    request->monitor_ms = get32(reader.at + 16);
    request->has_namespace = flags & HAS_NAMESPACE;
    request->has_version = flags & HAS_VERSION;
    request->key = reader.at += WIRE_REQUEST_FIXED;
    reader.left -= WIRE_REQUEST_FIXED;
    if (!get_text(&reader, &request->exchange) || !get_text(&reader, &request->topic) ||
        !get_text(&reader, &request->server))
        return false;
    request->key_length = (size_t)(reader.at - request->key);
    if (!get_text(&reader, &request->namespace_) || !get_text(&reader, &request->version) ||
        !get_text(&reader, &request->method) || request->method.length == 0 || reader.left < 4)
        return false;
    request->context_length = get32(reader.at);
    request->context = (const char *)reader.at + 4;
    if (request->context_length > reader.left - 4)
        return false;
    request->args = request->context + request->context_length;
    request->args_length = reader.left - 4 - request->context_length;
    request->notify = record->kind == WIRE_NOTIFY;
    return (record->kind != WIRE_CAST) == (request->id != 0);
}

bool wire_get_reply(const struct wire_record *record, uint64_t *id, const char **value, size_t *length)
{
    if (record->length < 8)
        return false;
    *id = get64(record->body);
    *value = (const char *)record->body + 8;
    *length = record->length - 8;
    return *id != 0;
}

bool wire_get_refused(const struct wire_record *record, uint64_t *id, enum wire_refusal *reason,
                      struct wire_record *refused)
{
    if (record->length < 10)
        return false;
    *id = get64(record->body);
    *reason = record->body[8];
    refused->kind = record->body[9];
    refused->body = record->body + 10;
    refused->length = record->length - 10;
    return (*reason == WIRE_NOT_SERVED || *reason == WIRE_BUSY) &&
           (refused->kind == WIRE_CALL || refused->kind == WIRE_CAST || refused->kind == WIRE_NOTIFY) &&
           (refused->kind != WIRE_CAST) == (*id != 0);
}

bool wire_next_service(struct wire_reader *services, struct wire_service *service)
{
    if (services->left == 0) {
        service->topic.length = 0;
        return true;
    }
    return get_text(services, &service->exchange) && get_text(services, &service->topic) &&
           get_text(services, &service->server) && service->topic.length > 0;
}
