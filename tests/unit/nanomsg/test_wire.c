/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct wire_text text(const char *of)
{
    return (struct wire_text){.text = of, .length = (uint8_t)strlen(of)};
}

/* A message with every kind of record; returns its size. */
static size_t sample(uint8_t *out)
{
    struct wire_header header = {.flags = WIRE_WANTS_ACK, .received = UINT64_C(0x1122334455667788), .sent = 7};
    struct wire_request request = {.id = 42,
                                   .expiry = 1000,
                                   .monitor_ms = 5,
                                   .has_namespace = true,
                                   .exchange = text("e"),
                                   .topic = text("topic"),
                                   .server = text("s"),
                                   .namespace_ = text(""),
                                   .version = text("ignored"),
                                   .method = text("m"),
                                   .context_length = 2,
                                   .args_length = 7};
    size_t size = wire_put_header(out, &header);

    size += wire_put_request(out + size, &request);
    memcpy(out + size, "{}{\"a\":1}", 9);
    size += 9;
    size += wire_put_reply(out + size, WIRE_REPLY, 42, 4);
    memcpy(out + size, "null", 4);
    size += 4;
    size += wire_put_refused(out + size, 9, WIRE_BUSY, WIRE_CALL, 1);
    out[size++] = 'x';
    size += wire_put_record(out + size, WIRE_SERVICES, 0);
    size_t record = size - WIRE_RECORD_HEAD;
    size_t key = wire_put_key(out + size, "e", "t", "s");
    wire_put_record(out + record, WIRE_SERVICES, key);
    return size + key;
}

Test(wire, a_message_comes_out_as_it_went_in, .timeout = 30)
{
    uint8_t message[1024];
    size_t size = sample(message), length;
    struct wire_header header;
    struct wire_reader records;
    struct wire_record record, refused;
    struct wire_request request;
    struct wire_service service;
    enum wire_refusal reason;
    const char *value;
    uint64_t id;

    cr_assert(wire_open(message, size, &header, &records));
    cr_expect_eq(header.flags, WIRE_WANTS_ACK);
    cr_expect_eq(header.received, UINT64_C(0x1122334455667788));
    cr_expect_eq(header.sent, 7);

    cr_assert(wire_next(&records, &record) && record.kind == WIRE_CALL);
    cr_assert(wire_get_request(&record, &request));
    cr_expect_eq(request.id, 42);
    cr_expect_eq(request.expiry, 1000);
    cr_expect_not(request.expiry_absolute);
    cr_expect_eq(request.monitor_ms, 5);
    cr_expect(request.has_namespace && !request.has_version && !request.only_server);
    cr_expect_eq(request.topic.length, 5);
    cr_expect_arr_eq(request.topic.text, "topic", 5);
    cr_expect_eq(request.key_length, 2 + 6 + 2);
    cr_expect_eq(request.context_length, 2);
    cr_expect_eq(request.args_length, 7);
    cr_expect_arr_eq(request.args, "{\"a\":1}", 7);

    cr_assert(wire_next(&records, &record) && record.kind == WIRE_REPLY);
    cr_assert(wire_get_reply(&record, &id, &value, &length));
    cr_expect(id == 42 && length == 4 && memcmp(value, "null", 4) == 0);

    cr_assert(wire_next(&records, &record) && record.kind == WIRE_REFUSED);
    cr_assert(wire_get_refused(&record, &id, &reason, &refused));
    cr_expect(id == 9 && reason == WIRE_BUSY && refused.kind == WIRE_CALL && refused.length == 1);

    cr_assert(wire_next(&records, &record) && record.kind == WIRE_SERVICES);
    struct wire_reader services = {.at = record.body, .left = record.length};
    cr_assert(wire_next_service(&services, &service) && service.topic.length == 1);
    cr_assert(wire_next_service(&services, &service) && service.topic.length == 0);
    cr_assert(wire_next(&records, &record) && record.kind == 0);
}

Test(wire, another_version_or_magic_is_refused, .timeout = 30)
{
    uint8_t message[1024];
    size_t size = sample(message);
    struct wire_header header;
    struct wire_reader records;

    for (size_t cut = 0; cut < WIRE_HEADER_SIZE; cut++)
        cr_expect_not(wire_open(message, cut, &header, &records));
    for (size_t i = 0; i < 5; i++) {
        message[i] ^= 1;
        cr_expect_not(wire_open(message, size, &header, &records));
        message[i] ^= 1;
    }
}

Test(wire, a_text_with_a_zero_byte_is_refused, .timeout = 30)
{
    uint8_t message[1024];
    size_t size = sample(message);
    struct wire_header header;
    struct wire_reader records;
    struct wire_record record;
    struct wire_request request;
    uint8_t *topic = NULL;

    for (size_t i = 0; !topic && i + 5 < size; i++)
        if (memcmp(message + i, "topic", 5) == 0)
            topic = message + i;
    cr_assert_not_null(topic);
    topic[2] = 0;
    cr_assert(wire_open(message, size, &header, &records));
    cr_assert(wire_next(&records, &record));
    cr_expect_not(wire_get_request(&record, &request));
}

/* Reads everything of a message as both sides would; what is found must lie inside it. */
static void read_all(const uint8_t *message, size_t size)
{
    struct wire_header header;
    struct wire_reader records;
    struct wire_record record, refused;
    struct wire_request request;
    struct wire_service service;
    enum wire_refusal reason;
    const char *value;
    size_t length;
    uint64_t id;

    if (!wire_open(message, size, &header, &records))
        return;
    while (wire_next(&records, &record) && record.kind) {
        cr_assert(record.body >= message && record.body + record.length <= message + size);
        if (wire_get_request(&record, &request))
            cr_assert(request.args + request.args_length <= (const char *)message + size &&
                      request.method.text + request.method.length <= (const char *)message + size);
        if (wire_get_reply(&record, &id, &value, &length))
            cr_assert(value + length <= (const char *)message + size);
        if (wire_get_refused(&record, &id, &reason, &refused))
            cr_assert(refused.body + refused.length <= message + size);
        struct wire_reader services = {.at = record.body, .left = record.length};
        while (wire_next_service(&services, &service) && service.topic.length)
            cr_assert(service.server.text + service.server.length <= (const char *)message + size);
    }
}

/* The same numbers on every run. */
static uint32_t next_number(uint32_t *state)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return *state >> 8;
}

Test(wire, mutated_messages_are_survived, .timeout = 60)
{
    uint8_t whole[1024];
    size_t size = sample(whole);
    uint32_t state = 1;

    for (int round = 0; round < 200000; round++) {
        size_t cut = next_number(&state) % (size + 1);
        if (round % 2)
            cut = size;
        /* Exactly as large as the message, so that a sanitizer sees the first byte too many. */
        uint8_t *copy = malloc(cut ? cut : 1);
        cr_assert_not_null(copy);
        memcpy(copy, whole, cut);
        for (uint32_t flips = next_number(&state) % 6; flips > 0 && cut > 0; flips--)
            copy[next_number(&state) % cut] = (uint8_t)next_number(&state);
        read_all(copy, cut);
        free(copy);
    }
}
