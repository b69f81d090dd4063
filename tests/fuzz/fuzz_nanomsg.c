/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as they come over nanomsg: every record of one, read as what it says it is. */
#include "fuzz.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

/* Everything that is handed out lies inside of the message. */
static const uint8_t *first, *past;

static void check_inside(const void *at, size_t length)
{
    if (length > 0)
        FUZZ_CHECK((const uint8_t *)at >= first && (const uint8_t *)at + length <= past);
}

static void check_text(const struct wire_text *text)
{
    check_inside(text->text, text->length);
}

static void read_request(const struct wire_record *record)
{
    struct wire_request request;

    if (!wire_get_request(record, &request))
        return;
    check_inside(request.key, request.key_length);
    check_text(&request.exchange);
    check_text(&request.topic);
    check_text(&request.server);
    check_text(&request.method);
    if (request.has_namespace)
        check_text(&request.namespace_);
    if (request.has_version)
        check_text(&request.version);
    check_inside(request.context, request.context_length);
    check_inside(request.args, request.args_length);
}

static void read_reply(const struct wire_record *record)
{
    const char *value;
    uint64_t id;
    size_t length;

    if (wire_get_reply(record, &id, &value, &length))
        check_inside(value, length);
}

static void read_refused(const struct wire_record *record)
{
    struct wire_record refused;
    enum wire_refusal reason;
    uint64_t id;

    if (!wire_get_refused(record, &id, &reason, &refused))
        return;
    FUZZ_CHECK(reason == WIRE_NOT_SERVED || reason == WIRE_BUSY);
    check_inside(refused.body, refused.length);
    read_request(&refused);
}

static void read_services(const struct wire_record *record)
{
    struct wire_reader services = {.at = record->body, .left = record->length};
    struct wire_service service;

    while (wire_next_service(&services, &service) && service.topic.length > 0) {
        check_text(&service.exchange);
        check_text(&service.topic);
        check_text(&service.server);
    }
}

static void read_record(const struct wire_record *record)
{
    check_inside(record->body, record->length);
    switch (record->kind) {
    case WIRE_CALL:
    case WIRE_CAST:
        read_request(record);
        break;
    case WIRE_REPLY:
    case WIRE_FAILURE:
    case WIRE_HEARTBEAT:
        read_reply(record);
        break;
    case WIRE_REFUSED:
        read_refused(record);
        break;
    case WIRE_SERVICES:
        read_services(record);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *message = (uint8_t *)fuzz_text(data, size), again[WIRE_HEADER_SIZE];
    struct wire_header header;
    struct wire_reader records;
    struct wire_record record;
    size_t count = 0;

    first = message;
    past = message + size;
    if (wire_open(message, size, &header, &records)) {
        FUZZ_CHECK(size >= WIRE_HEADER_SIZE);
        FUZZ_CHECK(wire_put_header(again, &header) == WIRE_HEADER_SIZE);
        while (wire_next(&records, &record) && record.kind != 0) {
            FUZZ_CHECK(++count <= size);
            read_record(&record);
        }
    }
    free(message);
    return 0;
}
