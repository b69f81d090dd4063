/* SPDX-License-Identifier: Apache-2.0 */
/* Values to text, straight into one buffer. json-c keeps a buffer with every value that is printed, and looks at text a
 * byte at a time. */
#include "utf8.h"

#include <ostler/json.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 24, ESCAPE_MAX = 6 };

void ostler_json_text_init(struct ostler_json_text *text, char *room, size_t size)
{
    *text = (struct ostler_json_text){.bytes = room, .capacity = size};
}

void ostler_json_text_clear(struct ostler_json_text *text)
{
    if (text->on_heap)
        free(text->bytes);
    *text = (struct ostler_json_text){.bytes = NULL};
}

static bool grow(struct ostler_json_text *text, size_t more)
{
    /* Twice what is needed: pages that are not touched cost nothing, and glibc, which gives the memory of a large text back
     * to the kernel each time, learns sooner to keep it. */
    size_t capacity = (text->length + more) * 2;
    char *bytes = realloc(text->on_heap ? text->bytes : NULL, capacity);

    if (!bytes)
        return false;
    if (!text->on_heap && text->length)
        memcpy(bytes, text->bytes, text->length);
    text->bytes = bytes;
    text->capacity = capacity;
    text->on_heap = true;
    return true;
}

static bool reserve(struct ostler_json_text *text, size_t more)
{
    return text->capacity - text->length >= more || grow(text, more);
}

static bool append(struct ostler_json_text *text, const char *bytes, size_t length)
{
    if (!reserve(text, length))
        return false;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    return true;
}

static bool append_byte(struct ostler_json_text *text, char byte)
{
    return append(text, &byte, 1);
}

/* --- Strings ------------------------------------------------------------------------------------------------------ */

static bool append_escape(struct ostler_json_text *text, char byte)
{
    static const char plain[] = "\b\f\n\r\t\"\\", escaped[] = "bfnrt\"\\", digits[] = "0123456789abcdef";
    const char *found = byte ? strchr(plain, byte) : NULL;
    char escape[ESCAPE_MAX] = {'\\', 'u', '0', '0', digits[byte >> 4 & 15], digits[byte & 15]};

    if (!found)
        return append(text, escape, sizeof escape);
    escape[1] = escaped[found - plain];
    return append(text, escape, 2);
}

/* A string's text up to what must be escaped, or its end; returns where that is. */
static const char *plain_text(const char *at, const char *end)
{
    at = ostler_json_skip_plain(at, end);
    while (at < end && !byte_needs_escape(*at))
        at = ostler_json_skip_plain(at + 1, end);
    return at;
}

/* What begins in the middle of a string, to its end. */
static bool append_escaped(struct ostler_json_text *text, const char *at, const char *end)
{
    while (at < end) {
        const char *from = at;
        at = plain_text(at, end);
        if (!append(text, from, (size_t)(at - from)) || (at < end && !append_escape(text, *at++)))
            return false;
    }
    return true;
}

/* A string with a byte before it and one after it, unless that is zero. Mostly there is nothing to escape: then it is
 * written at once. */
static bool append_string(struct ostler_json_text *text, char before, const char *string, size_t length, char after)
{
    const char *end = string + length, *plain = plain_text(string, end);
    size_t plain_length = (size_t)(plain - string);

    if (!reserve(text, length + 4))
        return false;
    char *at = text->bytes + text->length;
    if (before)
        *at++ = before;
    *at++ = '"';
    memcpy(at, string, plain_length);
    at += plain_length;
    text->length = (size_t)(at - text->bytes);
    if (plain < end) {
        if (!append_escaped(text, plain, end) || !reserve(text, 2))
            return false;
        at = text->bytes + text->length;
    }
    *at++ = '"';
    if (after)
        *at++ = after;
    text->length = (size_t)(at - text->bytes);
    return true;
}

/* --- The rest ----------------------------------------------------------------------------------------------------- */

static bool append_integer(struct ostler_json_text *text, struct json_object *value)
{
    int64_t number = json_object_get_int64(value);
    /* What lies above is held as an unsigned number. */
    uint64_t left = number == INT64_MAX ? json_object_get_uint64(value)
                    : number < 0        ? -(uint64_t)number
                                        : (uint64_t)number;
    char digits[NUMBER_MAX];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (number < 0)
        digits[--at] = '-';
    return append(text, digits + at, sizeof digits - at);
}

/* json-c knows how many digits such a number has, or still has its text. */
static bool append_double(struct ostler_json_text *text, struct json_object *value)
{
    size_t length = 0;
    const char *printed =
        json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

    return printed && append(text, printed, length);
}

static bool append_value(struct ostler_json_text *text, struct json_object *value);

static bool append_object(struct ostler_json_text *text, struct json_object *value)
{
    char before = '{';

    json_object_object_foreach(value, name, member)
    {
        if (!append_string(text, before, name, strlen(name), ':') || !append_value(text, member))
            return false;
        before = ',';
    }
    return before == '{' ? append(text, "{}", 2) : append_byte(text, '}');
}

static bool append_array(struct ostler_json_text *text, struct json_object *value)
{
    size_t length = json_object_array_length(value);

    if (!append_byte(text, '['))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((i > 0 && !append_byte(text, ',')) || !append_value(text, json_object_array_get_idx(value, i)))
            return false;
    return append_byte(text, ']');
}

static bool append_value(struct ostler_json_text *text, struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        return append(text, "null", 4);
    case json_type_boolean:
        return json_object_get_boolean(value) ? append(text, "true", 4) : append(text, "false", 5);
    case json_type_int:
        return append_integer(text, value);
    case json_type_string:
        return append_string(text, 0, json_object_get_string(value), (size_t)json_object_get_string_len(value), 0);
    case json_type_object:
        return append_object(text, value);
    case json_type_array:
        return append_array(text, value);
    case json_type_double:
        return append_double(text, value);
    }
    return false;
}

enum ostler_status ostler_json_write(struct ostler_json_text *text, struct json_object *value,
                                     struct ostler_error *error)
{
    return append_value(text, value) ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
}
