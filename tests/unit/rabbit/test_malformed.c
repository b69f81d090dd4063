/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that are wrong: refused where oslo.messaging rejects them, accepted where it does. */
#include "wire.h"
#include "wire_parse.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_refused(const char *body)
{
    struct json_object *message = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_expect_eq(wire_unwrap(body, strlen(body), &message, &error), OSTLER_E_INVALID, "%s", body);
    cr_expect_null(message);
    cr_expect_not_null(error.message);
    ostler_error_clear(&error);
}

static struct json_object *accept(const char *body)
{
    struct json_object *message = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(wire_unwrap(body, strlen(body), &message, &error), OSTLER_OK, "%s: %s", body,
                 error.message ? error.message : "");
    cr_assert(json_object_is_type(message, json_type_object));
    return message;
}

Test(malformed, bodies_that_are_no_object)
{
    static const char *const bodies[] = {"nonsense", "\xef\xbb\xbf{}", "[1]",      "\"text\"", "12",
                                         "{",        "{} {}",          "{\"a\":1", "{\"a\":}", "\xff\xfe",
                                         " ",        "{\"a\":1,}",     "/**/{}"};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_refused(bodies[i]);
}

Test(malformed, envelopes_of_other_versions)
{
    static const char *const versions[] = {"\"1.0\"", "\"2.1\"", "\"2.0.1\"", "\"3.0\"", "2.0",
                                           "2",       "null",    "\"x\"",     "\"\""};
    char body[128];

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        snprintf(body, sizeof body, "{\"oslo.version\": %s, \"oslo.message\": \"{}\"}", versions[i]);
        expect_refused(body);
    }
}

Test(malformed, envelopes_around_something_else)
{
    static const char *const inners[] = {"{}", "null", "1", "\"\"", "\"no\"", "\"[1]\"", "\"\\\"text\\\"\""};
    char body[128];

    for (size_t i = 0; i < sizeof inners / sizeof *inners; i++) {
        snprintf(body, sizeof body, "{\"oslo.version\": \"2.0\", \"oslo.message\": %s}", inners[i]);
        expect_refused(body);
    }
}

/* Envelopes of the usual form, but for what is between the quotes. */
Test(malformed, envelopes_that_only_look_usual)
{
    static const char *const inners[] = {"{}\\",    "{\"", "{\\\"a\\\": \\\"\xff\\\"}", "\\x{}", "{\\\"a\\\":1}}", "[]",
                                         "\\u007b", "\\"};
    char body[128];

    for (size_t i = 0; i < sizeof inners / sizeof *inners; i++) {
        snprintf(body, sizeof body, "{\"oslo.version\": \"2.0\", \"oslo.message\": \"%s\"}", inners[i]);
        expect_refused(body);
    }
}

Test(malformed, escapes_and_repeated_names_as_elsewhere)
{
    static const struct {
        const char *inner, *printed;
    } cases[] = {
        {"\\u007b\\u007d", "{}"},
        {"{\\\"a\\\": \\\"\\\\ud800\\\"}", "{\"a\":\"\xef\xbf\xbd\"}"},
        {"{\\\"a\\\": \\\"\\\\ud83d\\\\ude00\\\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}"},
        {"{\\\"a\\\": \\\"\\\\u0000\\\"}", "{\"a\":\"\\u0000\"}"},
        {"{\\\"a\\\": 1, \\\"a\\\": 2}", "{\"a\":2}"},
        {"{}\", \"x\": \"", "{}"},
        {"{}\", \"oslo.message\": \"{\\\"a\\\": 2}", "{\"a\":2}"},
        {"\\n{\\\"a\\\":\\t18446744073709551616}\\r", "{\"a\":18446744073709551616}"},
    };
    char body[128];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(body, sizeof body, "{\"oslo.version\": \"2.0\", \"oslo.message\": \"%s\"}", cases[i].inner);
        struct json_object *message = accept(body);
        cr_expect_str_eq(
            json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
            cases[i].printed, "%zu", i);
        json_object_put(message);
    }
}

Test(malformed, bodies_that_pass)
{
    static const char *const bodies[] = {"", "{}", " {\"method\": \"m\"} ", "{\"oslo.version\": \"9\"}",
                                         "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{}\", \"more\": 1}"};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        json_object_put(accept(bodies[i]));
}

static struct wire_request read_request(const char *body)
{
    struct wire_request request;
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(wire_open_request(body, strlen(body), &request, &error), OSTLER_OK, "%s: %s", body,
                 error.message ? error.message : "");
    return request;
}

Test(malformed, fields_of_other_types)
{
    struct wire_request request =
        read_request("{\"method\": 1, \"args\": [], \"namespace\": {}, \"version\": null, "
                     "\"_msg_id\": [1], \"_reply_q\": 5, \"_timeout\": {}, \"_unique_id\": 9}");

    cr_expect_null(request.message.method);
    /* A namespace that no endpoint has: not the absent one. */
    cr_expect_not_null(request.message.namespace_);
    cr_expect_str_eq(request.message.version, "None");
    cr_expect(request.args_broken);
    cr_expect_not_null(request.msg_id);
    cr_expect_str_eq(request.reply_q, "");
    cr_expect_null(request.unique_id);
    cr_expect_float_eq(request.monitor_timeout, 0.0, 1e-9);
    wire_request_clear(&request);
}

Test(malformed, an_empty_message_asks_for_nothing)
{
    struct wire_request request = read_request("");

    cr_expect_null(request.message.method);
    cr_expect_null(request.msg_id);
    cr_expect_not(request.args_broken);
    wire_request_clear(&request);
}

/* A server sends heartbeats only where int(_timeout) / 2 is a second at least. */
Test(malformed, monitor_timeouts)
{
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {{"4", 4},    {"2.5", 2},   {"\"4\"", 4}, {"1.9", 0},  {"-5", 0},
                 {"null", 0}, {"\"x\"", 0}, {"[4]", 0},   {"true", 0}, {"1e300", 0}};
    char body[128];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(body, sizeof body, "{\"method\": \"m\", \"_msg_id\": \"a\", \"_timeout\": %s}", cases[i].text);
        struct wire_request request = read_request(body);
        cr_expect_float_eq(request.monitor_timeout, cases[i].seconds, 1e-9, "%s", cases[i].text);
        wire_request_clear(&request);
    }
}

Test(malformed, replies)
{
    static const struct {
        const char *body;
        bool mine;
        enum ostler_reply_kind kind;
    } cases[] = {
        {"{\"result\": 1, \"ending\": true}", false, OSTLER_REPLY_RESULT},
        {"{\"_msg_id\": 5, \"result\": 1}", false, OSTLER_REPLY_RESULT},
        {"{\"_msg_id\": \"a\"}", true, OSTLER_REPLY_HEARTBEAT},
        {"{\"_msg_id\": \"a\", \"ending\": true}", true, OSTLER_REPLY_RESULT},
        {"{\"_msg_id\": \"a\", \"failure\": \"\", \"ending\": true}", true, OSTLER_REPLY_RESULT},
        {"{\"_msg_id\": \"a\", \"failure\": \"not json\", \"ending\": true}", true, OSTLER_REPLY_FAILURE},
        {"{\"_msg_id\": \"a\", \"failure\": {\"class\": \"E\"}, \"ending\": true}", true, OSTLER_REPLY_FAILURE},
        {"{\"_msg_id\": \"a\", \"result\": 1, \"ending\": false}", true, OSTLER_REPLY_RESULT}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *message = accept(cases[i].body);
        struct wire_reply reply = {.kind = OSTLER_REPLY_LOST};
        cr_expect_eq(wire_read_reply(message, &reply), cases[i].mine, "%s", cases[i].body);
        if (cases[i].mine)
            cr_expect_eq(reply.kind, cases[i].kind, "%s", cases[i].body);
        wire_reply_clear(&reply);
        json_object_put(message);
    }
}

/* Cut anywhere, a body is refused and nothing is read beyond its end. */
Test(malformed, every_cut)
{
    static const char body[] =
        "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"method\\\": \\\"m\\\", \\\"args\\\": "
        "{\\\"n\\\": 18446744073709551616123, \\\"s\\\": \\\"\\\\u00e9\\\"}}\"}";

    for (size_t length = 1; length < sizeof body - 1; length++) {
        struct json_object *message = NULL;
        char *copy = malloc(length);
        memcpy(copy, body, length);
        cr_expect_eq(wire_unwrap(copy, length, &message, NULL), OSTLER_E_INVALID, "cut at %zu", length);
        cr_expect_null(message);
        free(copy);
    }
}
