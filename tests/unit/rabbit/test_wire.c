/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and replies: what is written is what oslo.messaging writes, and comes back as it was. */
#include "wire.h"
#include "wire_parse.h"
#include "wire_quick.h"
#include "wire_text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIQUE "c0dfd4d3fe3d4844a6b700d60e57a655"

static struct json_object *parse(const char *text)
{
    struct json_object *value = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(wire_parse(text, strlen(text), "the text", &value, &error), OSTLER_OK, "%s: %s", text,
                 error.message ? error.message : "");
    return value;
}

/* The message inside a body that was written. */
static struct json_object *open_body(const struct wire_text *body)
{
    struct json_object *message = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(wire_unwrap(body->data, body->length, &message, &error), OSTLER_OK, "%s",
                 error.message ? error.message : "");
    return message;
}

/* The message inside a body, when the envelope is not of the usual form. */
static struct json_object *open_slowly(const struct wire_text *body)
{
    struct wire_text spaced = {.data = malloc(body->length + 1), .length = body->length + 1};

    spaced.data[0] = ' ';
    memcpy(spaced.data + 1, body->data, body->length);
    struct json_object *message = open_body(&spaced);
    wire_text_free(&spaced);
    return message;
}

static struct wire_text write_request(const char *args, const char *context, const struct wire_request_ids *ids)
{
    struct wire_text body = {.limit = 1 << 24};
    struct ostler_message message = {.method = "echo", .version = "1.0"};

    message.args = args ? parse(args) : NULL;
    message.context = context ? parse(context) : NULL;
    cr_assert(wire_write_request(&body, &message, ids), "%s", body.problem ? body.problem : "");
    json_object_put(message.args);
    json_object_put(message.context);
    return body;
}

static void expect_same(struct json_object *value, const char *expected)
{
    cr_expect_str_eq(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                     expected);
}

Test(wire, a_cast_has_the_fields_of_one_and_no_more)
{
    struct wire_request_ids ids = {.unique_id = UNIQUE};
    struct wire_text body = write_request("{\"x\":1}", NULL, &ids);
    static const char expected[] =
        "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"method\\\": \\\"echo\\\", \\\"args\\\": {\\\"x\\\":1}, "
        "\\\"version\\\": \\\"1.0\\\", \\\"_unique_id\\\": \\\"" UNIQUE "\\\"}\"}";

    cr_expect_eq(body.length, sizeof expected - 1);
    cr_expect_arr_eq(body.data, expected, sizeof expected - 1);
    wire_text_free(&body);
}

Test(wire, a_call_says_where_the_answer_goes)
{
    struct wire_request_ids ids = {.unique_id = UNIQUE, .msg_id = "m1", .reply_q = "reply_1", .monitor_timeout = 2.5};
    struct wire_text body = write_request(NULL, "{\"user\":\"u1\",\"a\\\"b\":null}", &ids);
    struct json_object *message = open_body(&body);

    expect_same(message, "{\"method\":\"echo\",\"args\":{},\"version\":\"1.0\",\"_msg_id\":\"m1\",\"_reply_q\":"
                         "\"reply_1\",\"_timeout\":2.5,\"_unique_id\":\"" UNIQUE
                         "\",\"_context_user\":\"u1\",\"_context_a\\\"b\":null}");
    json_object_put(message);
    wire_text_free(&body);
}

Test(wire, a_call_that_is_not_monitored_says_null)
{
    struct wire_request_ids ids = {.unique_id = UNIQUE, .msg_id = "m1", .reply_q = "q"};
    struct wire_text body = write_request(NULL, NULL, &ids);
    struct json_object *message = open_body(&body), *timeout;

    cr_assert(json_object_object_get_ex(message, "_timeout", &timeout));
    cr_expect_null(timeout);
    json_object_put(message);
    wire_text_free(&body);
}

Test(wire, a_request_comes_back_as_it_was)
{
    struct wire_request_ids ids = {.unique_id = UNIQUE, .msg_id = "m1", .reply_q = "q", .monitor_timeout = 4};
    struct wire_text body = write_request("{\"a\":[1,2.5,null]}", "{\"k\":{\"n\":true}}", &ids);
    struct json_object *message = open_body(&body);
    struct wire_request request;

    cr_assert(wire_read_request(message, &request));
    cr_expect_str_eq(request.message.method, "echo");
    cr_expect_str_eq(request.message.version, "1.0");
    cr_expect_null(request.message.namespace_);
    expect_same(request.message.args, "{\"a\":[1,2.5,null]}");
    expect_same(request.message.context, "{\"k\":{\"n\":true}}");
    cr_expect_str_eq(request.reply_q, "q");
    cr_expect_str_eq(request.unique_id, UNIQUE);
    cr_expect_float_eq(request.monitor_timeout, 4.0, 1e-9);
    cr_expect_not(request.args_broken);
    wire_request_clear(&request);
    json_object_put(message);
    wire_text_free(&body);
}

/* Values of every kind survive both levels of text unchanged. */
Test(wire, every_value_passes)
{
    static const char *const values[] = {"9223372036854775807",
                                         "-9223372036854775808",
                                         "18446744073709551615",
                                         "18446744073709551616",
                                         "-9223372036854775809",
                                         "1180591620717411303424",
                                         "-1180591620717411303424",
                                         "0",
                                         "1.0",
                                         "-0.0",
                                         "1e+22",
                                         "1e-07",
                                         "0.1",
                                         "NaN",
                                         "Infinity",
                                         "-Infinity",
                                         "\"\"",
                                         "\"\\u0000\"",
                                         "\"h\xc3\xa9 \xf0\x9f\x98\x80\"",
                                         "\"\\\"\\\\\"",
                                         "\"12345678901234567890123\"",
                                         "[18446744073709551616,{\"n\":-18446744073709551616}]",
                                         "{\"\":null}",
                                         "[[],{},false]",
                                         "{\"12345678901234567890123\":1}"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char args[256], expected[256];
        struct wire_request_ids ids = {.unique_id = UNIQUE};
        snprintf(args, sizeof args, "{\"arg\":%s}", values[i]);
        struct wire_text body = write_request(args, NULL, &ids);
        struct json_object *message = open_body(&body);
        snprintf(expected, sizeof expected, "{\"arg\":%s}", values[i]);
        expect_same(json_object_object_get(message, "args"), expected);
        json_object_put(message);
        message = open_slowly(&body);
        expect_same(json_object_object_get(message, "args"), expected);
        json_object_put(message);
        wire_text_free(&body);
    }
}

static void expect_text_to_pass(const char *bytes, size_t length)
{
    struct wire_request_ids ids = {.unique_id = UNIQUE};
    struct wire_text body = {.limit = 4096};
    struct ostler_message message = {.method = "echo", .args = json_object_new_object()};

    json_object_object_add(message.args, "arg", json_object_new_string_len(bytes, (int)length));
    cr_assert(wire_write_request(&body, &message, &ids));
    struct json_object *both[] = {open_body(&body), open_slowly(&body)};
    for (int i = 0; i < 2; i++) {
        struct json_object *arg = json_object_object_get(json_object_object_get(both[i], "args"), "arg");
        cr_expect_eq((size_t)json_object_get_string_len(arg), length);
        cr_expect_eq(memcmp(json_object_get_string(arg), bytes, length), 0);
        json_object_put(both[i]);
    }
    json_object_put(message.args);
    wire_text_free(&body);
}

/* Text is looked at many bytes at a time: what is special about a byte must not depend on where it stands. */
Test(wire, every_byte_passes_wherever_it_stands)
{
    static const char mixed[] = "h\xc3\xa9\xf0\x9f\x98\x80\"\\\xe2\x82\xac";

    for (int byte = 0; byte < 0x80; byte++) {
        for (size_t length = 1; length < 20; length++) {
            char text[20];
            memset(text, 'x', sizeof text);
            text[length / 2] = (char)byte;
            expect_text_to_pass(text, length);
            text[length - 1] = (char)byte;
            expect_text_to_pass(text, length);
        }
    }
    expect_text_to_pass(mixed, sizeof mixed - 1);
}

Test(wire, names_pass_as_texts_do)
{
    struct wire_request_ids ids = {.unique_id = UNIQUE};
    const char *args = "{\"a\\\"b\":{\"\\\\\":1},\"\\n\\u0001\":2,\"h\xc3\xa9\":[{\"\":null}]}";
    struct wire_text body = write_request(args, args, &ids);
    struct json_object *message = open_body(&body), *slowly = open_slowly(&body);
    struct wire_request request;

    cr_expect(json_object_equal(message, slowly));
    cr_assert(wire_read_request(message, &request));
    expect_same(request.message.args, args);
    expect_same(request.message.context, args);
    wire_request_clear(&request);
    json_object_put(message);
    json_object_put(slowly);
    wire_text_free(&body);
}

Test(wire, the_limit_counts_what_is_sent)
{
    struct wire_request_ids ids = {.unique_id = UNIQUE};
    struct ostler_message message = {.method = "echo",
                                     .args = parse("{\"arg\":[\"\\\"\\\\\\n\\u0001\",true,null,-12,1.5]}")};
    struct wire_text body = {.limit = 4096};

    cr_assert(wire_write_request(&body, &message, &ids));
    size_t size = body.length;
    for (body.limit = size + 2; body.limit-- > 0;) {
        cr_expect_eq(wire_write_request(&body, &message, &ids), body.limit >= size, "%zu of %zu", body.limit, size);
        cr_expect_leq(body.length, body.limit);
        cr_expect_eq(body.problem == NULL, body.limit >= size);
    }
    json_object_put(message.args);
    wire_text_free(&body);
}

Test(wire, large_integers_are_found_wherever_they_stand)
{
    static const char *const numbers[] = {"9223372036854775808000", "1234567890123456789", "-99999999999999999999"};

    for (int before = 0; before < 45; before++) {
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            char text[128];
            snprintf(text, sizeof text, "%*s[\"1234567890123456789\",123456789012345678,%s]", before, "", numbers[i]);
            struct json_object *value = parse(text);
            cr_expect_str_eq(json_object_to_json_string_ext(json_object_array_get_idx(value, 2), 0), numbers[i]);
            json_object_put(value);
        }
    }
}

static struct json_object *nested(unsigned levels)
{
    struct json_object *value = NULL;

    while (levels--) {
        struct json_object *outer = json_object_new_array();
        json_object_array_add(outer, value);
        value = outer;
    }
    return value;
}

static bool can_write(struct json_object *arg)
{
    struct wire_text body = {.limit = 1 << 20};
    struct wire_request_ids ids = {.unique_id = UNIQUE};
    struct ostler_message message = {.method = "echo", .args = json_object_new_object()};

    json_object_object_add(message.args, "arg", arg);
    bool written = wire_write_request(&body, &message, &ids);
    cr_expect_eq(written, body.problem == NULL);
    if (written)
        json_object_put(open_body(&body));
    json_object_put(message.args);
    wire_text_free(&body);
    return written;
}

Test(wire, what_is_nested_too_deeply_is_refused)
{
    cr_expect(can_write(nested(WIRE_WRITE_DEPTH - 2)));
    cr_expect_not(can_write(nested(WIRE_WRITE_DEPTH)));
    cr_expect_not(can_write(nested(5000)));
}

Test(wire, text_that_is_not_utf8_is_refused)
{
    static const char *const bad[] = {"\x80",         "\xc3",     "\xc0\x80",         "\xed\xa0\x80",
                                      "\xe0\x80\x80", "\xe2\x82", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                                      "a\xff",        "\xf8"};
    static const char *const good[] = {"\xc3\xa9",         "\xe2\x82\xac",     "\xed\x9f\xbf",
                                       "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\x7f"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(can_write(json_object_new_string(bad[i])), "number %zu", i);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(can_write(json_object_new_string(good[i])), "number %zu", i);
}

Test(wire, what_is_too_large_is_refused)
{
    char *large = malloc(1 << 20);

    memset(large, 'x', 1 << 20);
    cr_expect_not(can_write(json_object_new_string_len(large, 1 << 20)));
    cr_expect(can_write(json_object_new_string_len(large, 1 << 19)));
    free(large);
}

static struct wire_text write_reply(const struct ostler_answer *answer, bool ending, struct json_object *msg_id)
{
    struct wire_text body = {.limit = 1 << 20};

    cr_assert(wire_write_reply(&body, msg_id, answer, ending, UNIQUE));
    json_object_put(msg_id);
    return body;
}

Test(wire, a_reply_has_all_five_keys)
{
    struct ostler_answer answer = {.value = parse("{\"k\":1}")};
    struct wire_text body = write_reply(&answer, true, json_object_new_int(7));
    struct json_object *message = open_body(&body);

    expect_same(message,
                "{\"result\":{\"k\":1},\"failure\":null,\"ending\":true,\"_msg_id\":7,\"_unique_id\":\"" UNIQUE "\"}");
    json_object_put(message);
    json_object_put(answer.value);
    wire_text_free(&body);
}

Test(wire, a_failure_is_text_within_the_message)
{
    struct ostler_answer answer = {.failed = true, .value = parse("{\"class\":\"ValueError\",\"args\":[\"a\\\"b\"]}")};
    struct wire_text body = write_reply(&answer, true, json_object_new_string("m1"));
    struct json_object *message = open_body(&body);
    struct wire_reply reply;

    cr_expect(json_object_is_type(json_object_object_get(message, "failure"), json_type_string));
    cr_assert(wire_read_reply(message, &reply));
    cr_expect_eq(reply.kind, OSTLER_REPLY_FAILURE);
    cr_expect(reply.ending);
    cr_expect_str_eq(reply.msg_id, "m1");
    expect_same(reply.value, "{\"class\":\"ValueError\",\"args\":[\"a\\\"b\"]}");
    wire_reply_clear(&reply);
    json_object_put(message);
    json_object_put(answer.value);
    wire_text_free(&body);
}

Test(wire, a_heartbeat_is_told_from_a_null_result)
{
    struct wire_text beat = write_reply(NULL, false, json_object_new_string("m1"));
    struct ostler_answer null = {.value = NULL};
    struct wire_text end = write_reply(&null, true, json_object_new_string("m1"));
    struct wire_text *both[] = {&beat, &end};

    for (int i = 0; i < 2; i++) {
        struct wire_reply reply;
        cr_assert_eq(wire_open_reply(both[i]->data, both[i]->length, &reply, NULL), OSTLER_OK);
        cr_expect_eq(reply.kind, i == 0 ? OSTLER_REPLY_HEARTBEAT : OSTLER_REPLY_RESULT);
        cr_expect_null(reply.value);
        wire_reply_clear(&reply);
        wire_text_free(both[i]);
    }
}

/* --- Picked out of the text, or read from values ------------------------------------------------------------------- */

/* The usual envelope around an inner text. */
static struct wire_text envelop(const char *inner)
{
    struct wire_text body = {.limit = 1 << 20};

    wire_put(&body, "{\"oslo.version\": \"2.0\", \"oslo.message\": ");
    wire_put_string(&body, inner, strlen(inner));
    wire_put(&body, "}");
    cr_assert_not(body.failed);
    return body;
}

static bool same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool same_context(struct json_object *picked, struct json_object *read)
{
    return picked ? json_object_equal(picked, read) : json_object_object_length(read) == 0;
}

/* Whether it was picked; then as it would have been read. */
static bool picks_request(const char *inner)
{
    struct wire_text body = envelop(inner);
    struct json_object *message = open_body(&body);
    struct wire_request quick, slow;
    bool picked = wire_quick_request(body.data, body.length, &quick);

    cr_assert(wire_read_request(message, &slow));
    if (picked) {
        cr_expect(same_text(quick.message.method, slow.message.method), "%s", inner);
        cr_expect(same_text(quick.message.namespace_, slow.message.namespace_), "%s", inner);
        cr_expect(same_text(quick.message.version, slow.message.version), "%s", inner);
        cr_expect(same_text(quick.reply_q, slow.reply_q), "%s", inner);
        cr_expect(same_text(quick.unique_id, slow.unique_id), "%s", inner);
        cr_expect(json_object_equal(quick.message.args, slow.message.args), "%s", inner);
        cr_expect(json_object_equal(quick.msg_id, slow.msg_id), "%s", inner);
        cr_expect(same_context(quick.message.context, slow.message.context), "%s", inner);
        cr_expect_float_eq(quick.monitor_timeout, slow.monitor_timeout, 1e-9, "%s", inner);
        cr_expect_eq(quick.args_broken, slow.args_broken, "%s", inner);
        wire_request_clear(&quick);
    }
    wire_request_clear(&slow);
    json_object_put(message);
    wire_text_free(&body);
    return picked;
}

static bool picks_reply(const char *inner)
{
    struct wire_text body = envelop(inner);
    struct json_object *message = open_body(&body);
    struct wire_reply quick, slow;
    bool picked = wire_quick_reply(body.data, body.length, &quick);

    if (picked) {
        cr_assert(wire_read_reply(message, &slow), "%s", inner);
        cr_expect_str_eq(quick.msg_id, slow.msg_id);
        cr_expect_eq(quick.kind, slow.kind, "%s", inner);
        cr_expect_eq(quick.ending, slow.ending, "%s", inner);
        cr_expect(json_object_equal(quick.value, slow.value), "%s", inner);
        wire_reply_clear(&quick);
        wire_reply_clear(&slow);
    }
    json_object_put(message);
    wire_text_free(&body);
    return picked;
}

Test(wire, usual_requests_are_picked_as_they_are_read)
{
    static const char *const usual[] = {
        "{}",
        " { \"method\" : \"m\" , \"args\" : { } } ",
        "{\"method\": \"m\", \"args\": {\"a\": \"\\\\ \\\"x\\\" \\u00e9\"}, \"_unique_id\": \"u\"}",
        "{\"method\": \"m\", \"args\": {\"a\": [1, 2.5, null]}, \"namespace\": \"n\", \"version\": \"1.2\", "
        "\"_msg_id\": "
        "\"i\", \"_reply_q\": \"q\", \"_timeout\": null, \"_unique_id\": \"u\"}",
        "{\"_timeout\": 4, \"_msg_id\": \"i\", \"version\": null, \"namespace\": null, \"method\": \"\"}",
        "{\"_timeout\": \"4\", \"_msg_id\": null, \"_context_a\": {\"b\": 1}, \"_context_a\": 2, \"_context_\": null}",
        "{\"more\": [{}], \"more\": 1, \"_context\": 2, \"method\": \"h\xc3\xa9\"}"};

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        cr_expect(picks_request(usual[i]), "%s", usual[i]);
}

Test(wire, unusual_requests_are_read_from_values)
{
    static const char *const unusual[] = {"{\"method\": 1}",
                                          "{\"method\": \"a\\\"b\"}",
                                          "{\"meth\\u006fd\": \"m\"}",
                                          "{\"method\": \"m\", \"method\": \"n\"}",
                                          "{\"args\": []}",
                                          "{\"args\": null}",
                                          "{\"args\": {\"n\": 18446744073709551616123}}",
                                          "{\"namespace\": 5}",
                                          "{\"version\": 1.0}",
                                          "{\"_msg_id\": \"\"}",
                                          "{\"_msg_id\": [1]}",
                                          "{\"_reply_q\": null}",
                                          "{\"_unique_id\": 7}",
                                          "{\"_timeout\": NaN}"};

    for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++)
        cr_expect_not(picks_request(unusual[i]), "%s", unusual[i]);
}

Test(wire, usual_replies_are_picked_as_they_are_read)
{
    static const char *const usual[] = {("{\"result\": {\"a\": [\"\\n\"]}, \"failure\": null, \"ending\": true, "
                                         "\"_msg_id\": \"i\", \"_unique_id\": \"u\"}"),
                                        "{\"result\": null, \"failure\": null, \"ending\": false, \"_msg_id\": \"i\"}",
                                        "{\"result\": 1, \"failure\": null, \"ending\": false, \"_msg_id\": \"i\"}",
                                        "{\"_msg_id\":\"i\",\"log_failure\":{},\"result\":\"x\"}"};
    static const char *const unusual[] = {
        "{\"result\": 1, \"ending\": true}",        "{\"_msg_id\": \"i\", \"failure\": \"{}\"}",
        "{\"_msg_id\": \"i\", \"failure\": false}", "{\"_msg_id\": \"i\", \"ending\": 1}",
        "{\"_msg_id\": \"i\", \"ending\": null}",   "{\"_msg_id\": 3}",
        "{\"_msg_id\": \"i\", \"_msg_id\": \"j\"}"};

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        cr_expect(picks_reply(usual[i]), "%s", usual[i]);
    for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++)
        cr_expect_not(picks_reply(unusual[i]), "%s", unusual[i]);
}

/* Whatever is wrong with an inner text is for the long way to say. */
Test(wire, broken_texts_are_not_picked)
{
    static const char *const broken[] = {"",
                                         "{",
                                         "[]",
                                         "{\"method\"}",
                                         "{\"method\": }",
                                         "{\"a\": 1,}",
                                         "{\"a\": 1}}",
                                         "{\"a\" 1}",
                                         "{\"method\": \"m}",
                                         "{\"a\": nul}",
                                         "{a: 1}",
                                         "{\"a\": 1} x",
                                         "{\"a\": 1 2}",
                                         "null"};

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct wire_text body = envelop(broken[i]);
        struct wire_request request;
        struct wire_reply reply;
        cr_expect_not(wire_quick_request(body.data, body.length, &request), "%s", broken[i]);
        cr_expect_not(wire_quick_reply(body.data, body.length, &reply), "%s", broken[i]);
        wire_text_free(&body);
    }
}
