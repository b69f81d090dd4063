/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and printing against json-c itself: the same values, the same texts, the same refusals. */
#include <ostler/json.h>

#include "json_plain.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MADE_UP = 20000, TEXT_MAX = 4096 };

static const char lots_of_text[] = "The quick brown fox jumps over the lazy dog, again";

/* What json-c makes of a text, NULL and false if it refuses. */
static bool by_json_c(const char *text, size_t length, struct json_object **value)
{
    struct json_tokener *tokener = json_tokener_new_ex(OSTLER_JSON_DEPTH);

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    *value = json_tokener_parse_ex(tokener, text, (int)length);
    size_t used = json_tokener_get_parse_end(tokener);
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        *value = json_tokener_parse_ex(tokener, "", 1);
    bool good = json_tokener_get_error(tokener) == json_tokener_success && used == length;
    json_tokener_free(tokener);
    if (!good) {
        json_object_put(*value);
        *value = NULL;
    }
    return good;
}

/* Whether the library prints the value as json-c does, whatever room it begins with. */
static bool printed_alike(struct json_object *value)
{
    size_t length = 0;
    const char *expected =
        json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    bool alike = true;
    char room[100];

    for (size_t size = 0; size <= sizeof room && alike; size += 33) {
        struct ostler_json_text text;
        ostler_json_text_init(&text, room, size);
        alike = ostler_json_write(&text, value, NULL) == OSTLER_OK && text.length == length &&
                memcmp(text.bytes, expected, length) == 0;
        ostler_json_text_clear(&text);
    }
    return alike;
}

/* Empty if the library and json-c agree about a text, else what they say. */
static const char *difference(const char *text, size_t length)
{
    static char said[TEXT_MAX];
    struct json_object *expected, *read = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;
    bool good = by_json_c(text, length, &expected);
    /* A copy that ends where the text does. */
    char *copy = malloc(length);

    cr_assert_not_null(copy);
    memcpy(copy, text, length);
    enum ostler_status status = ostler_json_read(copy, length, "the text", &read, &error);
    free(copy);
    said[0] = 0;
    if (good != (status == OSTLER_OK))
        snprintf(said, sizeof said, "json-c %s, the library %s: %.*s", good ? "reads" : "refuses",
                 status == OSTLER_OK ? "reads" : error.message, (int)length, text);
    else if (good && strcmp(json_object_to_json_string(read), json_object_to_json_string(expected)) != 0)
        snprintf(said, sizeof said, "read as %s, not as %s", json_object_to_json_string(read),
                 json_object_to_json_string(expected));
    else if (good && !printed_alike(read))
        snprintf(said, sizeof said, "printed otherwise: %s", json_object_to_json_string(expected));
    json_object_put(expected);
    json_object_put(read);
    ostler_error_clear(&error);
    return said;
}

static const char *const texts[] = {
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "-12",
    "123456789012345678",
    "999999999999999999",
    "1234567890123456789",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "01",
    "-",
    "--1",
    "+1",
    "1.",
    ".5",
    "1.5",
    "-1.50",
    "1e5",
    "1E+05",
    "1.25e-3",
    "1e",
    "1e+",
    "-0.0",
    "0.1000",
    "1e400",
    "NaN",
    "Infinity",
    "-Infinity",
    "nul",
    "nulll",
    "tru",
    "True",
    "\"\"",
    "\"a\"",
    "\"a",
    "\"\\\"",
    "\"\\n\\t\\b\\f\\r\\\\\\/\\\"\"",
    "\"\\x\"",
    "\"\\u0041\\u00e9\\u20ac\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\u0041\"",
    "\"\\u00\"",
    "\"\\u00zz\"",
    "\"a\\u0000b\"",
    "\"12345678\\n12345678\"",
    "\"h\xc3\xa9h\xe2\x82\xac\xf0\x9f\x98\x80\"",
    "\"\xc3\"",
    "\"\xff\"",
    "\"1234567\xc3\xa9\"",
    "\"\xc0\x80\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"tab\tinside\"",
    "\"\x7f\x01\"",
    "'single'",
    "{\"a\":1}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"b\":[1,2,{\"c\":null}]}",
    "{\"a\":}",
    "{\"a\"}",
    "{a:1}",
    "{\"a\":1,}",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,2",
    "{\"a\":1",
    "]",
    "}",
    " {\"a\" : [ 1 , 2 ] } ",
    " [1]",
    "[1] ",
    "[1]x",
    "{} {}",
    "\n\t[\r1\n]",
    "/* c */ [1]",
    "[1] // c",
    "{\"\":\"\"}",
    "{\"\\u0000a\":1}",
    "{\"\\u00e9\\n\":1}",
    "{\"a/b\":\"c/d\"}",
    "\"\\/\"",
    "",
    " ",
    "[[[[[[[[[[]]]]]]]]]]",
    "[\"<&>\", 1.0, -7, {}]",
    "{\"arg\":\"0123456789abcdef0123456789abcdef\\\\0123456789\"}",
    "[1e5,1E5,0.5,123456789.123456789]",
};

Test(json, known_texts_are_read_and_printed_as_json_c_does)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        /* No text at all is null on a wire. */
        if (texts[i][0])
            cr_expect_str_eq(difference(texts[i], strlen(texts[i])), "", "text %zu: %s", i,
                             difference(texts[i], strlen(texts[i])));
    }
    struct json_object *value = json_object_new_int(1);
    struct json_object *kept = value;
    cr_assert_eq(ostler_json_read("", 0, "nothing", &value, NULL), OSTLER_OK);
    cr_expect_null(value);
    json_object_put(kept);
}

/* --- Made up ------------------------------------------------------------------------------------------------------ */

static uint64_t state = 88172645463325252;

static unsigned below(unsigned limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 20) % limit);
}

static struct json_object *make_string(void)
{
    static const char *const pieces[] = {"a",
                                         "some longer text",
                                         "\"",
                                         "\\",
                                         "/",
                                         "\n",
                                         "\x01",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "01234567",
                                         "{",
                                         " "};
    char text[600] = "";

    for (unsigned left = below(12); left; left--)
        strcat(text, pieces[below(sizeof pieces / sizeof *pieces)]);
    return json_object_new_string(text);
}

static struct json_object *make_value(unsigned depth)
{
    struct json_object *value;

    switch (below(depth ? 9 : 7)) {
    case 0:
        return NULL;
    case 1:
        return json_object_new_boolean((int)below(2));
    case 2:
        return json_object_new_int64((int64_t)(state >> below(64)) * (below(2) ? 1 : -1));
    case 3:
        return json_object_new_double((double)(int64_t)state / (double)(1 + below(100000)));
    case 4:
        return json_object_new_uint64(state);
    case 5:
    case 6:
        return make_string();
    case 7:
        value = json_object_new_array();
        for (unsigned left = below(6); left; left--)
            json_object_array_add(value, make_value(depth - 1));
        return value;
    default:
        value = json_object_new_object();
        for (unsigned left = below(6); left; left--) {
            struct json_object *name = make_string();
            json_object_object_add(value, json_object_get_string(name), make_value(depth - 1));
            json_object_put(name);
        }
        return value;
    }
}

Test(json, made_up_values_are_printed_as_json_c_does, .timeout = 60)
{
    for (int i = 0; i < MADE_UP; i++) {
        struct json_object *value = make_value(4);
        bool alike = printed_alike(value);
        cr_expect(alike, "value %d: %s", i, json_object_to_json_string(value));
        json_object_put(value);
        if (!alike)
            break;
    }
}

/* Right texts, and the same with a few bytes changed, taken out or put in. */
Test(json, made_up_texts_are_read_as_json_c_does, .timeout = 60)
{
    static const char odd[] = "\"\\{}[]:,0e-.u\x01\x80\xc3\xff tn";

    for (int i = 0; i < MADE_UP; i++) {
        struct json_object *value = make_value(3);
        char text[TEXT_MAX];
        size_t length = 0;
        const char *whole = json_object_to_json_string_length(
            value, below(2) ? JSON_C_TO_STRING_PLAIN : JSON_C_TO_STRING_SPACED, &length);
        length = length < sizeof text - 8 ? length : sizeof text - 8;
        memcpy(text, whole, length);
        json_object_put(value);
        for (unsigned left = below(3); left && length; left--) {
            size_t at = below((unsigned)length);
            if (below(2)) {
                text[at] = odd[below(sizeof odd - 1)];
            } else {
                memmove(text + at, text + at + 1, length - at - 1);
                length--;
            }
        }
        if (length == 0)
            continue;
        const char *said = difference(text, length);
        cr_expect_str_eq(said, "", "text %d: %s", i, said);
        if (said[0])
            break;
    }
}

Test(json, depth_is_bounded)
{
    char text[4 * OSTLER_JSON_DEPTH];
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *value = NULL;

    for (size_t depth = 60; depth < 70; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        cr_expect_str_eq(difference(text, 2 * depth), "");
    }
    memset(text, '[', 2 * OSTLER_JSON_DEPTH);
    memset(text + 2 * OSTLER_JSON_DEPTH, ']', 2 * OSTLER_JSON_DEPTH);
    cr_assert_eq(ostler_json_read(text, sizeof text, "the text", &value, &error), OSTLER_E_INVALID);
    cr_expect_str_eq(error.message, "the text is nested deeper than 1000");
    ostler_error_clear(&error);
}

Test(json, a_mistake_is_named_with_its_place)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *value = NULL;

    cr_assert_eq(ostler_json_read("{\"a\":1}x", 8, "the reply", &value, &error), OSTLER_E_INVALID);
    cr_expect_not_null(strstr(error.message, "the reply is no JSON at byte 7 of 8: "), "%s", error.message);
    cr_assert_eq(ostler_json_read("[\"\xff\"]", 5, "the reply", &value, &error), OSTLER_E_INVALID);
    cr_expect_not_null(strstr(error.message, "no UTF-8"), "%s", error.message);
    cr_expect_null(value);
    ostler_error_clear(&error);
}

/* The quick way is taken for what programs write, or it would be none. */
Test(json, what_programs_write_is_plain)
{
    static const char text[] = "{\"arg\": \"h\xc3\xa9 \\\"quoted\\\" \\u20ac\", \"n\": [1, -2.5e3, true, null, {}]}";
    struct json_object *value = NULL;

    cr_assert_eq(json_read_plain(text, strlen(text), &value), JSON_READ);
    json_object_put(value);
    cr_expect_eq(json_read_plain("[NaN]", 5, &value), JSON_NOT_PLAIN);
}

Test(json, a_plain_stretch_ends_at_the_first_byte_that_is_not)
{
    static const char text[] = "0123456789h\xc3\xa9\xe2\x82\xac\x7f 0123456789";
    static const char *const ends[] = {"\"", "\\", "\x1f", "\n", "\x80", "\xc3", "\xed\xa0\x80", "\xff"};
    char whole[64];

    for (size_t from = 0; from <= 11; from++) {
        cr_expect_eq(ostler_json_skip_plain(text + from, text + sizeof text - 1), text + sizeof text - 1);
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
            snprintf(whole, sizeof whole, "%s%sx", text, ends[i]);
            cr_expect_eq(ostler_json_skip_plain(whole + from, whole + strlen(whole)), whole + sizeof text - 1);
        }
    }
    cr_expect_eq(ostler_json_skip_plain(text, text), text);
}

/* Escapes all over texts that are longer and longer: what was read of them must not get lost. */
Test(json, long_texts_with_escapes_stay_whole)
{
    for (size_t gap = 0; gap < 1200; gap = gap * 2 + 1) {
        for (size_t size = 900; size < 6000; size += 317) {
            char *text = malloc(size + 1);
            for (size_t i = 0; i < size; i++)
                text[i] = i % (gap + 1) ? (char)('a' + i % 26) : '\n';
            text[size] = 0;
            struct json_object *value = json_object_new_string(text), *back = NULL;
            size_t length = 0;
            const char *printed = json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN, &length);
            cr_assert_eq(json_read_plain(printed, length, &back), JSON_READ);
            cr_expect_str_eq(json_object_get_string(back), text, "%zu bytes, %zu between escapes", size, gap);
            json_object_put(back);
            json_object_put(value);
            free(text);
        }
    }
}

/* Text is looked at in blocks, and the end of it is not: a bad byte must be seen wherever it stands. */
Test(json, no_place_hides_a_byte)
{
    static const struct {
        const char *bytes;
        bool utf8, plain;
    } odd[] = {{"\"", true, false},       {"\\", true, false},        {"\x1f", true, false},
               {"\x7f", true, true},      {"\xc3\xa9", true, true},   {"\xf0\x9f\x98\x80", true, true},
               {"\x80", false, false},    {"\xc0\xaf", false, false}, {"\xed\xa0\x80", false, false},
               {"\xe2\x82", false, false}};
    char text[128];

    for (size_t length = 8; length < 100; length++) {
        memset(text, 'x', length);
        cr_expect(ostler_json_is_utf8(text, length));
        cr_expect_eq(ostler_json_skip_plain(text, text + length), text + length);
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
            size_t size = strlen(odd[i].bytes);
            for (size_t at = 0; at + size <= length; at++) {
                memset(text, 'x', length);
                memcpy(text + at, odd[i].bytes, size);
                cr_expect_eq(ostler_json_is_utf8(text, length), odd[i].utf8, "%zu at %zu of %zu", i, at, length);
                cr_expect_eq(ostler_json_skip_plain(text, text + length), text + (odd[i].plain ? length : at),
                             "%zu at %zu of %zu", i, at, length);
            }
        }
    }
}

/* One level of escapes comes off, wherever in a text an escape stands, and whatever is around it. */
Test(json, escapes_come_off_a_text_within_a_text)
{
    static const char pairs[] = "\"\"\\\\//b\bf\fn\nr\rt\t";

    for (size_t i = 0; i + 1 < sizeof pairs; i += 2) {
        for (size_t before = 0; before < 40; before++) {
            char text[128], expected[128], to[128] = "";
            snprintf(text, sizeof text, "%.*sh\xc3\xa9\\%c\\%cx%.*s", (int)before, lots_of_text, pairs[i], pairs[i],
                     (int)(40 - before), lots_of_text);
            snprintf(expected, sizeof expected, "%.*sh\xc3\xa9%c%cx%.*s", (int)before, lots_of_text, pairs[i + 1],
                     pairs[i + 1], (int)(40 - before), lots_of_text);
            cr_assert_eq(ostler_json_unescape(text, strlen(text), to), strlen(expected));
            cr_expect_eq(memcmp(to, expected, strlen(expected)), 0, "%s", expected);
        }
    }
}

Test(json, what_is_no_plain_text_within_a_text_is_told)
{
    static const char *const odd[] = {"\"", "\\u00e9", "\\x", "\\", "\n", "\x80", "\xc3", "\xed\xa0\x80"};

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (size_t before = 0; before < 40; before++) {
            char text[128], to[128];
            int length = snprintf(text, sizeof text, "%.*s%s", (int)before, lots_of_text, odd[i]);
            cr_expect_eq(ostler_json_unescape(text, (size_t)length, to), SIZE_MAX, "%s", text);
            if (odd[i][1] == 0 && odd[i][0] == '\\')
                continue;
            length = snprintf(text, sizeof text, "%.*s%s%.30s", (int)before, lots_of_text, odd[i], lots_of_text);
            cr_expect_eq(ostler_json_unescape(text, (size_t)length, to), SIZE_MAX, "%s", text);
        }
    }
}

Test(json, values_are_read_one_after_the_other)
{
    static const char text[] = " {\"a\": [1]} , \"b\",12,null] [";
    const char *at = text, *end = text + sizeof text - 1;
    static const char *const expected[] = {"{\"a\":[1]}", "\"b\"", "12", "null"};

    for (size_t i = 0; i < 4; i++) {
        struct json_object *value = NULL;
        cr_assert(ostler_json_read_next(&at, end, &value));
        cr_expect_str_eq(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), expected[i]);
        json_object_put(value);
        at += strspn(at, " ,");
    }
    const char *before = at;
    struct json_object *untouched = NULL;
    cr_expect_not(ostler_json_read_next(&at, end, &untouched));
    at = before = end - 1;
    cr_expect_not(ostler_json_read_next(&at, end, &untouched));
    cr_expect_not(ostler_json_read_next(&end, end, &untouched));
    cr_expect_eq(at, before);
    cr_expect_null(untouched);
}
