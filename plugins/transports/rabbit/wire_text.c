/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_text.h"

#include <ostler/json.h>

#include <stdlib.h>

enum { FIRST_CAPACITY = 1024 };

void wire_text_free(struct wire_text *text)
{
    free(text->data);
    text->data = NULL;
    text->length = text->capacity = 0;
}

void wire_fail(struct wire_text *text, const char *problem)
{
    if (!text->failed)
        text->problem = problem;
    text->failed = true;
}

/* Makes room for `more` bytes; false if that is too much. */
static bool make_room(struct wire_text *text, size_t more)
{
    if (text->failed)
        return false;
    if (more > text->limit - text->length) {
        wire_fail(text, "is larger than max_message_size");
        return false;
    }
    if (more <= text->capacity - text->length)
        return true;
    size_t wanted = text->capacity ? text->capacity : FIRST_CAPACITY;
    while (wanted - text->length < more)
        wanted *= 2;
    char *data = realloc(text->data, wanted);
    if (!data) {
        wire_fail(text, "does not fit into memory");
        return false;
    }
    text->data = data;
    text->capacity = wanted;
    return true;
}

void wire_put_bytes(struct wire_text *text, const char *bytes, size_t length)
{
    if (!make_room(text, length))
        return;
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
}

/* Within a string that holds JSON each backslash and quote has one more backslash. */
static void put_escape(struct wire_text *text, char byte)
{
    static const char letters[] = "bfnrt\"\\", meanings[] = "\b\f\n\r\t\"\\", digits[] = "0123456789abcdef";
    const char *known = byte ? strchr(meanings, byte) : NULL;
    char code[8];
    size_t size = 0;

    code[size++] = '\\';
    if (text->nested)
        code[size++] = '\\';
    if (text->nested && (byte == '"' || byte == '\\'))
        code[size++] = '\\';
    code[size++] = known ? letters[known - meanings] : 'u';
    if (!known) {
        code[size++] = '0';
        code[size++] = '0';
        code[size++] = digits[byte >> 4];
        code[size++] = digits[byte & 15];
    }
    wire_put_bytes(text, code, size);
}

static void put_quote(struct wire_text *text)
{
    wire_put_bytes(text, text->nested ? "\\\"" : "\"", text->nested ? 2 : 1);
}

static size_t count_quotes(const char *literal)
{
    size_t count = 0;

    for (; *literal; literal++)
        count += *literal == '"';
    return count;
}

void wire_put(struct wire_text *text, const char *literal)
{
    size_t length = strlen(literal), most = 2 * length;

    if (!text->nested) {
        wire_put_bytes(text, literal, length);
        return;
    }
    if (!make_room(text, most <= text->limit - text->length ? most : length + count_quotes(literal)))
        return;
    char *to = text->data + text->length;
    for (size_t i = 0; i < length; i++) {
        if (literal[i] == '"')
            *to++ = '\\';
        *to++ = literal[i];
    }
    text->length = (size_t)(to - text->data);
}

/* What a JSON string holds, without its quotes. */
static void put_contents(struct wire_text *text, const char *bytes, size_t length)
{
    const char *end = bytes + length;

    for (const char *at = bytes;; at++) {
        const char *from = at;
        at = ostler_json_skip_plain(from, end);
        wire_put_bytes(text, from, (size_t)(at - from));
        if (at == end)
            return;
        if ((unsigned char)*at >= 0x80) {
            wire_fail(text, "holds text that is not UTF-8");
            return;
        }
        put_escape(text, *at);
    }
}

void wire_put_string(struct wire_text *text, const char *bytes, size_t length)
{
    put_quote(text);
    put_contents(text, bytes, length);
    put_quote(text);
}

void wire_put_name(struct wire_text *text, const char *prefix, const char *name)
{
    put_quote(text);
    wire_put_bytes(text, prefix, strlen(prefix));
    put_contents(text, name, strlen(name));
    put_quote(text);
}

/* --- Values -------------------------------------------------------------------------------------------------------------- */

static void put_value(struct wire_text *text, struct json_object *value, unsigned levels);

static void put_number(struct wire_text *text, struct json_object *value)
{
    char room[64];
    struct ostler_json_text number;

    ostler_json_text_init(&number, room, sizeof room);
    if (ostler_json_write(&number, value, NULL) != OSTLER_OK)
        wire_fail(text, "does not fit into memory");
    else if (text->nested)
        put_contents(text, number.bytes, number.length);
    else
        wire_put_bytes(text, number.bytes, number.length);
    ostler_json_text_clear(&number);
}

static void put_array(struct wire_text *text, struct json_object *array, unsigned levels)
{
    size_t count = json_object_array_length(array);

    wire_put_bytes(text, "[", 1);
    for (size_t i = 0; i < count && !text->failed; i++) {
        if (i)
            wire_put_bytes(text, ",", 1);
        put_value(text, json_object_array_get_idx(array, i), levels - 1);
    }
    wire_put_bytes(text, "]", 1);
}

static void put_object(struct wire_text *text, struct json_object *object, unsigned levels)
{
    const char *before = "{";

    json_object_object_foreach(object, name, value)
    {
        wire_put_bytes(text, before, 1);
        wire_put_name(text, "", name);
        wire_put_bytes(text, ":", 1);
        put_value(text, value, levels - 1);
        before = ",";
        if (text->failed)
            return;
    }
    wire_put_bytes(text, before[0] == ',' ? "}" : "{}", before[0] == ',' ? 1 : 2);
}

static void put_value(struct wire_text *text, struct json_object *value, unsigned levels)
{
    enum json_type type = json_object_get_type(value);

    if (levels == 0 && (type == json_type_array || type == json_type_object)) {
        wire_fail(text, "is nested too deeply");
        return;
    }
    switch (type) {
    case json_type_null:
        wire_put_bytes(text, "null", 4);
        break;
    case json_type_boolean:
        wire_put(text, json_object_get_boolean(value) ? "true" : "false");
        break;
    case json_type_int:
    case json_type_double:
        put_number(text, value);
        break;
    case json_type_string:
        wire_put_string(text, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        break;
    case json_type_array:
        put_array(text, value, levels);
        break;
    case json_type_object:
        put_object(text, value, levels);
        break;
    }
}

void wire_put_value(struct wire_text *text, struct json_object *value)
{
    put_value(text, value, WIRE_WRITE_DEPTH);
}
