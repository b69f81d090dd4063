/* SPDX-License-Identifier: Apache-2.0 */
/* What values arrive as. */
#include "check.h"
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

struct pair {
    struct served served;
    ostler_transport *transport;
    ostler_client *client;
};

static struct pair open_pair(void)
{
    struct pair pair = {.served = fixture_serve("one"), .transport = fixture_transport()};

    pair.client = fixture_client(pair.transport, PATIENCE * 2);
    fixture_await_server(pair.transport, "one");
    return pair;
}

static void close_pair(struct pair *pair)
{
    ostler_client_free(pair->client);
    ostler_transport_unref(pair->transport);
    fixture_end(&pair->served);
}

/* The value is taken. */
static void expect_back(struct pair *pair, const char *what, struct json_object *value)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *result = NULL;
    struct json_object *args = fixture_args("arg", json_object_get(value));
    enum ostler_status status = fixture_call(pair->client, "echo", args, &result, &error);

    EXPECT(status == OSTLER_OK, "%s: %s", what, error.message);
    EXPECT(status != OSTLER_OK || json_object_equal(value, result), "%s came back as %.100s", what,
           json_object_to_json_string(result));
    json_object_put(value);
    json_object_put(result);
    ostler_error_clear(&error);
}

static void every_type(void)
{
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "2147483648",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "0.1",
        "-0.5",
        "1e300",
        "2.2250738585072014e-308",
        "123456789.123456789",
        "\"\"",
        "\"text\"",
        "\"\\u00e4\\u20ac\\u65e5\\ud83d\\ude00\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"",
        "\"a\\u0000b\"",
        "[]",
        "{}",
        "[[],{},[null]]",
        "{\"\":0}",
        "{\"a\":{\"b\":[1,2.5,\"c\",null,true]}}",
        "{\"\\u00e4 b\\n\":[{\"x\":null}]}",
    };
    struct pair pair = open_pair();

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_back(&pair, texts[i], json_tokener_parse(texts[i]));
    close_pair(&pair);
}

static struct json_object *nest(int depth)
{
    struct json_object *value = json_object_new_string("innermost");

    for (int i = 0; i < depth; i++) {
        struct json_object *outer = i % 2 ? json_object_new_array() : json_object_new_object();
        if (i % 2)
            json_object_array_add(outer, value);
        else
            json_object_object_add(outer, "in", value);
        value = outer;
    }
    return value;
}

static void nested_200_deep(void)
{
    struct pair pair = open_pair();

    expect_back(&pair, "200 deep", nest(200));
    close_pair(&pair);
}

static struct json_object *filled(size_t bytes)
{
    char *text = malloc(bytes);
    struct json_object *value;

    REQUIRE(text, "no memory for a text of %zu bytes", bytes);
    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)('a' + i % 26);
    value = json_object_new_string_len(text, (int)bytes);
    free(text);
    return value;
}

static void a_megabyte(void)
{
    struct pair pair = open_pair();
    struct json_object *array = json_object_new_array();

    expect_back(&pair, "a text of 1 MB", filled(1 << 20));
    for (int i = 0; i < 1000; i++)
        json_object_array_add(array, filled(1000));
    expect_back(&pair, "an array of 1 MB", array);
    close_pair(&pair);
}

/* A value that a transport need not carry: it comes back whole, or the call ends with one of the statuses that say why,
 * long before its deadline; and the next call is as good as ever. The value is taken. */
static void expect_back_or_refused(struct pair *pair, const char *what, struct json_object *value)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *result = NULL;
    struct json_object *args = fixture_args("arg", json_object_get(value));
    enum ostler_status status = fixture_call(pair->client, "echo", args, &result, &error);

    if (status == OSTLER_OK)
        EXPECT(json_object_equal(value, result), "%s came back otherwise", what);
    else
        EXPECT(status == OSTLER_E_INVALID || status == OSTLER_E_DELIVERY || status == OSTLER_E_REMOTE ||
                   status == OSTLER_E_NOMEM,
               "%s ended with %s: %s", what, ostler_status_name(status), error.message);
    EXPECT(fixture_works(pair->client), "after %s", what);
    json_object_put(value);
    json_object_put(result);
    ostler_error_clear(&error);
}

static void too_deep(void)
{
    struct pair pair = open_pair();

    expect_back_or_refused(&pair, "nesting of 10000", nest(10000));
    close_pair(&pair);
}

static void no_utf8(void)
{
    struct pair pair = open_pair();

    expect_back_or_refused(&pair, "a text that is not UTF-8", json_object_new_string("a\xff\xfe\x80z"));
    close_pair(&pair);
}

static void too_large(void)
{
    enum { BYTES = 100 << 20 };
    struct pair pair = open_pair();
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *result = NULL;

    expect_back_or_refused(&pair, "a text of 100 MB", filled(BYTES));
    enum ostler_status status =
        fixture_call(pair.client, "make", fixture_args("bytes", json_object_new_int64(BYTES)), &result, &error);
    if (status == OSTLER_OK)
        EXPECT(json_object_get_string_len(result) == BYTES, "%d bytes came", json_object_get_string_len(result));
    else
        EXPECT(status == OSTLER_E_REMOTE || status == OSTLER_E_DELIVERY, "a result of 100 MB ended with %s: %s",
               ostler_status_name(status), error.message);
    EXPECT(fixture_works(pair.client), "after a large result");
    json_object_put(result);
    ostler_error_clear(&error);
    close_pair(&pair);
}

const struct check check_values[] = {
    {"values/types",
     "every JSON value comes back as it was sent: 64-bit integers, floats, all of Unicode, null, empty "
     "and nested ones",
     every_type, 0},
    {"values/nested", "values nested 200 deep are carried", nested_200_deep, 0},
    {"values/megabyte", "values of a megabyte are carried", a_megabyte, 0},
    {"values/too-deep", "nesting beyond what a transport carries is an error of that call alone", too_deep, 0},
    {"values/not-utf8", "text that is not UTF-8 is an error of that call alone, if it is not carried", no_utf8, 0},
    {"values/too-large", "a message too large for the transport is an error of that call alone", too_large, 300},
    {.name = NULL},
};
