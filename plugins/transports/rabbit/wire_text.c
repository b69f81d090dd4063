/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_text.h"

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

/* What must not stand in a JSON string as it is: 0 as it is, 'u' as a code, else the letter behind the backslash. */
static const char escapes[256] = {
    [0] = 'u',  [1] = 'u',  [2] = 'u',  [3] = 'u',  [4] = 'u',  [5] = 'u',   [6] = 'u',     [7] = 'u',   [8] = 'b',
    [9] = 't',  [10] = 'n', [11] = 'u', [12] = 'f', [13] = 'r', [14] = 'u',  [15] = 'u',    [16] = 'u',  [17] = 'u',
    [18] = 'u', [19] = 'u', [20] = 'u', [21] = 'u', [22] = 'u', [23] = 'u',  [24] = 'u',    [25] = 'u',  [26] = 'u',
    [27] = 'u', [28] = 'u', [29] = 'u', [30] = 'u', [31] = 'u', ['"'] = '"', ['\\'] = '\\', [127] = 'u',
};

static void put_escape(struct wire_text *text, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    char code[6] = {'\\', escapes[byte], '0', '0', digits[byte >> 4], digits[byte & 15]};

    wire_put_bytes(text, code, escapes[byte] == 'u' ? 6 : 2);
}

/* The bytes of the UTF-8 character at `at`, which does not begin with an ASCII one; 0 if it is none. RFC 3629. */
static size_t character_size(const unsigned char *at, size_t left)
{
    size_t size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    unsigned char least = 0x80, most = 0xbf;

    if (at[0] < 0xc2 || at[0] > 0xf4 || size > left)
        return 0;
    if (at[0] == 0xe0)
        least = 0xa0;
    else if (at[0] == 0xed)
        most = 0x9f;
    else if (at[0] == 0xf0)
        least = 0x90;
    else if (at[0] == 0xf4)
        most = 0x8f;
    if (at[1] < least || at[1] > most)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

void wire_put_string(struct wire_text *text, const char *bytes, size_t length)
{
    size_t begin = 0;

    wire_put_bytes(text, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 0x80) {
            size_t size = character_size((const unsigned char *)bytes + i, length - i);
            if (size == 0) {
                wire_fail(text, "holds text that is not UTF-8");
                return;
            }
            i += size - 1;
            continue;
        }
        if (!escapes[byte])
            continue;
        wire_put_bytes(text, bytes + begin, i - begin);
        put_escape(text, byte);
        begin = i + 1;
    }
    wire_put_bytes(text, bytes + begin, length - begin);
    wire_put_bytes(text, "\"", 1);
}

void wire_put_name(struct wire_text *text, const char *prefix, const char *name)
{
    size_t start = text->length;

    wire_put_string(text, name, strlen(name));
    if (text->failed || !prefix[0])
        return;
    size_t size = strlen(prefix);
    if (!make_room(text, size))
        return;
    memmove(text->data + start + 1 + size, text->data + start + 1, text->length - start - 1);
    memcpy(text->data + start + 1, prefix, size);
    text->length += size;
}

static bool is_flat_enough(struct json_object *value, unsigned levels)
{
    if (json_object_is_type(value, json_type_array)) {
        size_t count = json_object_array_length(value);
        for (size_t i = 0; i < count; i++)
            if (levels == 0 || !is_flat_enough(json_object_array_get_idx(value, i), levels - 1))
                return false;
        return levels > 0;
    }
    if (!json_object_is_type(value, json_type_object))
        return true;
    json_object_object_foreach(value, name, member)
    {
        (void)name;
        if (levels == 0 || !is_flat_enough(member, levels - 1))
            return false;
    }
    return levels > 0;
}

void wire_put_value(struct wire_text *text, struct json_object *value)
{
    size_t length;

    if (!value) {
        wire_put(text, "null");
        return;
    }
    if (!is_flat_enough(value, WIRE_WRITE_DEPTH)) {
        wire_fail(text, "is nested too deeply");
        return;
    }
    const char *printed =
        json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    if (printed)
        wire_put_bytes(text, printed, length);
    else
        wire_fail(text, "does not fit into memory");
}
