/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, byte by byte as the client library of oslo.messaging sends them, and as rabbitmq-c reads them. */
#include "frames.h"
#include "wire_text.h"

#include <amqp_framing.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct publish call = {
    .exchange = "openstack", .routing_key = "fxt", .body = "{}", .length = 2, .expiration_ms = 5000};

Test(frames, a_call_is_these_bytes)
{
    static const unsigned char expected[] =
        "\x01\x00\x01\x00\x00\x00\x15\x00\x3c\x00\x28\x00\x00\x09openstack\x03"
        "fxt\x00\xce"
        "\x02\x00\x01\x00\x00\x00\x30\x00\x3c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\xf9\x00"
        "\x10"
        "application/json\x05utf-8\x00\x00\x00\x00\x02\x00\x04"
        "5000\xce"
        "\x03\x00\x01\x00\x00\x00\x02{}\xce";
    struct wire_text out = {.limit = 4096};

    cr_assert(frames_put_publish(&out, 1, 131072, &call));
    cr_expect_eq(out.length, sizeof expected - 1);
    cr_expect_arr_eq(out.data, expected, sizeof expected - 1);
    wire_text_free(&out);
}

Test(frames, a_heartbeat_is_these_bytes)
{
    struct wire_text out = {.limit = 64};

    cr_assert(frames_put_heartbeat(&out));
    cr_expect_eq(out.length, 8);
    cr_expect_arr_eq(out.data, "\x08\x00\x00\x00\x00\x00\x00\xce", 8);
    wire_text_free(&out);
}

Test(frames, acknowledgements_are_these_bytes)
{
    struct wire_text out = {.limit = 256};
    static const unsigned char expected[] = "\x01\x00\x01\x00\x00\x00\x0d\x00\x3c\x00\x50"
                                            "\x00\x00\x00\x00\x00\x00\x00\x07\x01\xce"
                                            "\x01\x00\x01\x00\x00\x00\x0d\x00\x3c\x00\x78"
                                            "\x00\x00\x00\x00\x00\x00\x00\x08\x02\xce";

    cr_assert(frames_put_ack(&out, 1, 7, true));
    cr_assert(frames_put_nack(&out, 1, 8, false, true));
    cr_expect_eq(out.length, sizeof expected - 1);
    cr_expect_arr_eq(out.data, expected, sizeof expected - 1);
    wire_text_free(&out);
}

/* The sizes of the bodies' fragments. */
static size_t body_frames(const struct wire_text *out, size_t fragments[], size_t most)
{
    size_t count = 0;

    for (size_t at = 0; at < out->length && count < most;) {
        const unsigned char *head = (const unsigned char *)out->data + at;
        size_t size = (size_t)head[3] << 24 | (size_t)head[4] << 16 | (size_t)head[5] << 8 | head[6];
        cr_assert_eq(head[7 + size], AMQP_FRAME_END);
        if (head[0] == AMQP_FRAME_BODY)
            fragments[count++] = size;
        at += size + 8;
    }
    return count;
}

Test(frames, a_large_body_is_cut_to_the_frame_size)
{
    struct wire_text out = {.limit = 1 << 20};
    char *body = malloc(10000);
    struct publish large = call;
    size_t fragments[8] = {0};

    memset(body, 'x', 10000);
    large.body = body;
    large.length = 10000;
    cr_assert(frames_put_publish(&out, 1, 4096, &large));
    cr_expect_eq(body_frames(&out, fragments, 8), 3);
    cr_expect_eq(fragments[0], 4088);
    cr_expect_eq(fragments[1], 4088);
    cr_expect_eq(fragments[2], 10000 - 2 * 4088);
    free(body);
    wire_text_free(&out);
}

Test(frames, the_method_reads_back)
{
    struct wire_text out = {.limit = 4096};
    amqp_pool_t pool;
    void *decoded = NULL;
    struct publish reply = call;

    init_amqp_pool(&pool, 4096);
    reply.exchange = "";
    reply.mandatory = true;
    cr_assert(frames_put_publish(&out, 1, 4096, &reply));
    amqp_bytes_t payload = {.len = (size_t)(unsigned char)out.data[6] - 4, .bytes = out.data + 11};
    cr_assert_geq(amqp_decode_method(AMQP_BASIC_PUBLISH_METHOD, &pool, payload, &decoded), 0);
    const amqp_basic_publish_t *method = decoded;
    cr_expect_eq(method->mandatory, 1);
    cr_expect_eq(method->exchange.len, 0);
    cr_expect_arr_eq(method->routing_key.bytes, "fxt", 3);
    empty_amqp_pool(&pool);
    wire_text_free(&out);
}

Test(frames, nothing_is_left_of_a_message_that_does_not_fit)
{
    struct wire_text out = {.limit = 100};
    char *name = calloc(1, 300);
    struct publish wrong = call;

    cr_assert(frames_put_heartbeat(&out));
    cr_expect_not(frames_put_publish(&out, 1, 4096, &call));
    cr_expect_eq(out.length, 8);
    memset(name, 'n', 256);
    wrong.routing_key = name;
    out.limit = 4096;
    cr_expect_not(frames_put_publish(&out, 1, 4096, &wrong));
    cr_expect_eq(out.length, 8);
    cr_expect(frames_put_publish(&out, 1, 4096, &call));
    free(name);
    wire_text_free(&out);
}
