/* SPDX-License-Identifier: Apache-2.0 */
#include "assemble.h"

#include <amqp_framing.h>
#include <criterion/criterion.h>
#include <string.h>

static amqp_basic_deliver_t deliver = {.delivery_tag = 9, .redelivered = 1};
static amqp_basic_return_t returned = {.reply_code = 312};
static amqp_basic_properties_t properties = {._flags = AMQP_BASIC_CONTENT_TYPE_FLAG};
static const char *content_type = "application/json";

static enum assembled put_method(struct assembler *assembler, amqp_method_number_t id, void *decoded,
                                 struct received **message)
{
    amqp_frame_t frame = {.frame_type = AMQP_FRAME_METHOD, .channel = 1};

    deliver.routing_key = returned.routing_key = amqp_cstring_bytes("queue");
    frame.payload.method.id = id;
    frame.payload.method.decoded = decoded;
    return assemble(assembler, &frame, message);
}

static enum assembled put_header(struct assembler *assembler, uint64_t size, struct received **message)
{
    amqp_frame_t frame = {.frame_type = AMQP_FRAME_HEADER, .channel = 1};

    properties.content_type = amqp_cstring_bytes(content_type);
    frame.payload.properties.class_id = AMQP_BASIC_CLASS;
    frame.payload.properties.body_size = size;
    frame.payload.properties.decoded = &properties;
    return assemble(assembler, &frame, message);
}

static enum assembled put_body(struct assembler *assembler, const char *text, struct received **message)
{
    amqp_frame_t frame = {.frame_type = AMQP_FRAME_BODY, .channel = 1};

    frame.payload.body_fragment = amqp_cstring_bytes(text);
    return assemble(assembler, &frame, message);
}

Test(assemble, a_message_of_several_fragments)
{
    struct assembler assembler = {.limit = 100};
    struct received *message = NULL;

    cr_expect_eq(put_method(&assembler, AMQP_BASIC_DELIVER_METHOD, &deliver, &message), ASSEMBLED_PART);
    cr_expect_eq(put_header(&assembler, 6, &message), ASSEMBLED_PART);
    cr_expect_eq(put_body(&assembler, "abcd", &message), ASSEMBLED_PART);
    cr_assert_eq(put_body(&assembler, "ef", &message), ASSEMBLED_WHOLE);
    cr_expect_str_eq(message->body, "abcdef");
    cr_expect_eq(message->length, 6);
    cr_expect_eq(message->delivery_tag, 9);
    cr_expect(message->redelivered);
    cr_expect_not(message->returned);
    cr_expect_str_eq(message->routing_key, "queue");
    cr_expect_str_eq(message->content_type, "application/json");
    cr_expect_null(message->compression);
    received_free(message);
}

Test(assemble, an_empty_body_has_no_fragment)
{
    struct assembler assembler = {.limit = 100};
    struct received *message = NULL;

    cr_expect_eq(put_method(&assembler, AMQP_BASIC_RETURN_METHOD, &returned, &message), ASSEMBLED_PART);
    cr_assert_eq(put_header(&assembler, 0, &message), ASSEMBLED_WHOLE);
    cr_expect(message->returned);
    cr_expect_eq(message->reply_code, 312);
    cr_expect_str_eq(message->body, "");
    received_free(message);
}

Test(assemble, the_header_tells_the_compression)
{
    struct assembler assembler = {.limit = 100};
    struct received *message = NULL;
    amqp_table_entry_t entry = {
        .key = amqp_cstring_bytes("compression"),
        .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("application/x-gzip")}};

    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = (amqp_table_t){.num_entries = 1, .entries = &entry};
    put_method(&assembler, AMQP_BASIC_DELIVER_METHOD, &deliver, &message);
    cr_assert_eq(put_header(&assembler, 0, &message), ASSEMBLED_WHOLE);
    cr_expect_str_eq(message->compression, "application/x-gzip");
    received_free(message);
}

Test(assemble, other_content_types_are_told_apart)
{
    static const char *const types[] = {"application/jso", "application/json2", "text/plain", ""};
    const char *usual = content_type;

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct assembler assembler = {.limit = 100};
        struct received *message = NULL;
        content_type = types[i];
        put_method(&assembler, AMQP_BASIC_DELIVER_METHOD, &deliver, &message);
        cr_assert_eq(put_header(&assembler, 0, &message), ASSEMBLED_WHOLE);
        cr_expect_str_eq(message->content_type, types[i]);
        received_free(message);
    }
    content_type = usual;
}

/* Its bytes are passed over, and the next message is fine. */
Test(assemble, what_is_too_large_takes_no_memory)
{
    struct assembler assembler = {.limit = 4};
    struct received *message = NULL;

    put_method(&assembler, AMQP_BASIC_DELIVER_METHOD, &deliver, &message);
    cr_expect_eq(put_header(&assembler, UINT64_C(1) << 40, &message), ASSEMBLED_PART);
    cr_expect_eq(put_body(&assembler, "abcdefgh", &message), ASSEMBLED_PART);
    assembler_reset(&assembler);

    put_method(&assembler, AMQP_BASIC_DELIVER_METHOD, &deliver, &message);
    put_header(&assembler, 5, &message);
    cr_assert_eq(put_body(&assembler, "abcde", &message), ASSEMBLED_WHOLE);
    cr_expect(message->too_large);
    cr_expect_eq(message->length, 0);
    received_free(message);

    put_method(&assembler, AMQP_BASIC_DELIVER_METHOD, &deliver, &message);
    put_header(&assembler, 4, &message);
    cr_assert_eq(put_body(&assembler, "abcd", &message), ASSEMBLED_WHOLE);
    cr_expect_not(message->too_large);
    received_free(message);
}

Test(assemble, frames_out_of_order_are_found)
{
    struct assembler assembler = {.limit = 100};
    struct received *message = NULL;

    cr_expect_eq(put_header(&assembler, 1, &message), ASSEMBLED_BROKEN);
    cr_expect_eq(put_body(&assembler, "a", &message), ASSEMBLED_BROKEN);
    put_method(&assembler, AMQP_BASIC_DELIVER_METHOD, &deliver, &message);
    cr_expect_eq(put_body(&assembler, "a", &message), ASSEMBLED_BROKEN);
    cr_expect_eq(put_method(&assembler, AMQP_BASIC_DELIVER_METHOD, &deliver, &message), ASSEMBLED_BROKEN);
    cr_expect_eq(put_header(&assembler, 2, &message), ASSEMBLED_PART);
    cr_expect_eq(put_header(&assembler, 2, &message), ASSEMBLED_BROKEN);
    cr_expect_eq(put_body(&assembler, "abc", &message), ASSEMBLED_BROKEN);
    assembler_reset(&assembler);
    cr_expect_null(message);
}

Test(assemble, other_methods_are_left_to_the_caller)
{
    struct assembler assembler = {.limit = 100};
    struct received *message = NULL;
    amqp_basic_ack_t ack = {.delivery_tag = 1};

    cr_expect_eq(put_method(&assembler, AMQP_BASIC_ACK_METHOD, &ack, &message), ASSEMBLED_OTHER);
}
