/* SPDX-License-Identifier: Apache-2.0 */
#include "json_plain.h"

#include <ostler/json.h>

#include <json-c/json.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLAIN_DEPTH = 64,    /* nesting beyond is json-c's */
    INTEGER_DIGITS = 18, /* as many always fit */
    NUMBER_MAX = 64,
    KEY_MAX = 256,
    ROOM = 1024
};

struct reader {
    const char *at, *end;
    unsigned depth;  /* levels left */
    char *unescaped; /* a string without its escapes: room, or on the heap */
    size_t capacity;
    char room[ROOM];
};

/* --- Small parts -------------------------------------------------------------------------------------------------- */

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\t' || *reader->at == '\r'))
        reader->at++;
}

/* Takes the next byte if it is this one. */
static bool take(struct reader *reader, char byte)
{
    if (reader->at == reader->end || *reader->at != byte)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, const char *word, size_t length)
{
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static enum json_plain made(struct json_object *value, struct json_object **out)
{
    if (!value)
        return JSON_NO_MEMORY;
    *out = value;
    return JSON_READ;
}

/* --- Strings ------------------------------------------------------------------------------------------------------ */

/* Goes on to what ends a stretch without escapes: a quote or a backslash. False if neither comes, or no UTF-8. */
static bool skip_plain(struct reader *reader)
{
    reader->at = ostler_json_skip_plain(reader->at, reader->end);
    return reader->at < reader->end && (*reader->at == '"' || *reader->at == '\\');
}

static bool take_hex(struct reader *reader, uint32_t *number)
{
    *number = 0;
    if (reader->end - reader->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *reader->at++;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit > 15)
            return false;
        *number = *number << 4 | digit;
    }
    return true;
}

static size_t put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(leads[length] | code);
    return length;
}

/* What stands behind a backslash; surrogates only as whole pairs. Returns how many bytes it is, 0 if it is not plain. */
static size_t take_escape(struct reader *reader, char *out)
{
    static const char escaped[] = "bfnrt\"\\/", plain[] = "\b\f\n\r\t\"\\/";
    uint32_t code, low;

    if (reader->at == reader->end)
        return 0;
    char c = *reader->at++;
    const char *found = c ? strchr(escaped, c) : NULL;
    if (found) {
        *out = plain[found - escaped];
        return 1;
    }
    if (c != 'u' || !take_hex(reader, &code))
        return 0;
    if (code >= 0xd800 && code < 0xe000) {
        if (code >= 0xdc00 || !take_word(reader, "\\u", 2) || !take_hex(reader, &low) || low < 0xdc00 || low >= 0xe000)
            return 0;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return put_utf8(out, code);
}

/* Makes room for a string of which `used` bytes are there. */
static bool reserve(struct reader *reader, size_t size, size_t used)
{
    bool in_room = reader->unescaped == reader->room;
    char *larger = realloc(in_room ? NULL : reader->unescaped, size);

    if (!larger)
        return false;
    if (in_room)
        memcpy(larger, reader->room, used);
    reader->unescaped = larger;
    reader->capacity = size;
    return true;
}

/* The rest of a string that has escapes; what is before the first one begins at `start`. */
static enum json_plain take_escaped(struct reader *reader, const char *start, const char **text, size_t *length)
{
    size_t used = 0;

    for (;;) {
        size_t stretch = (size_t)(reader->at - start);
        /* No escape is shorter than what it stands for. Twice as much, so that this happens seldom. */
        if (used + stretch + 4 > reader->capacity && !reserve(reader, 2 * (used + stretch + 4), used))
            return JSON_NO_MEMORY;
        memcpy(reader->unescaped + used, start, stretch);
        used += stretch;
        if (*reader->at++ == '"')
            break;
        size_t step = take_escape(reader, reader->unescaped + used);
        if (step == 0)
            return JSON_NOT_PLAIN;
        used += step;
        start = reader->at;
        if (!skip_plain(reader))
            return JSON_NOT_PLAIN;
    }
    *text = reader->unescaped;
    *length = used;
    return JSON_READ;
}

/* Behind the opening quote. The text lives until the next string is read. */
static enum json_plain take_text(struct reader *reader, const char **text, size_t *length)
{
    const char *start = reader->at;

    if (!skip_plain(reader))
        return JSON_NOT_PLAIN;
    if (*reader->at == '\\')
        return take_escaped(reader, start, text, length);
    *text = start;
    *length = (size_t)(reader->at++ - start);
    return JSON_READ;
}

static enum json_plain read_string(struct reader *reader, struct json_object **out)
{
    const char *text;
    size_t length;
    enum json_plain progress = take_text(reader, &text, &length);

    if (progress != JSON_READ || length > INT32_MAX)
        return progress == JSON_READ ? JSON_NOT_PLAIN : progress;
    return made(json_object_new_string_len(text, (int)length), out);
}

/* --- Numbers ------------------------------------------------------------------------------------------------------ */

static locale_t plain_locale;

static void make_plain_locale(void)
{
    plain_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* json-c keeps the text of such a number with it, and prints that. */
static enum json_plain make_double(const char *start, size_t length, struct json_object **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char text[NUMBER_MAX];

    pthread_once(&once, make_plain_locale);
    if (length >= sizeof text || !plain_locale)
        return JSON_NOT_PLAIN;
    memcpy(text, start, length);
    text[length] = 0;
    return made(json_object_new_double_s(strtod_l(text, NULL, plain_locale), text), out);
}

static size_t skip_digits(struct reader *reader)
{
    const char *start = reader->at;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return (size_t)(reader->at - start);
}

static bool skip_exponent(struct reader *reader)
{
    if (!take(reader, '+'))
        take(reader, '-');
    return skip_digits(reader) > 0;
}

static enum json_plain read_number(struct reader *reader, struct json_object **out)
{
    const char *start = reader->at;
    bool negative = take(reader, '-'), whole = true;
    const char *first = reader->at;
    size_t digits = skip_digits(reader);

    if (digits == 0 || (digits > 1 && *first == '0'))
        return JSON_NOT_PLAIN;
    if (take(reader, '.')) {
        whole = false;
        if (skip_digits(reader) == 0)
            return JSON_NOT_PLAIN;
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        whole = false;
        if (!skip_exponent(reader))
            return JSON_NOT_PLAIN;
    }
    if (!whole)
        return make_double(start, (size_t)(reader->at - start), out);
    if (digits > INTEGER_DIGITS)
        return JSON_NOT_PLAIN;
    int64_t number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (first[i] - '0');
    return made(json_object_new_int64(negative ? -number : number), out);
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

static enum json_plain read_value(struct reader *reader, struct json_object **out);

static enum json_plain read_member(struct reader *reader, struct json_object *object)
{
    struct json_object *value = NULL;
    char key[KEY_MAX];
    const char *text;
    size_t length;

    skip_space(reader);
    if (!take(reader, '"'))
        return JSON_NOT_PLAIN;
    enum json_plain progress = take_text(reader, &text, &length);
    if (progress != JSON_READ)
        return progress;
    /* What a name with a zero byte in it is, json-c decides. */
    if (length >= sizeof key || memchr(text, 0, length))
        return JSON_NOT_PLAIN;
    memcpy(key, text, length);
    key[length] = 0;
    skip_space(reader);
    if (!take(reader, ':'))
        return JSON_NOT_PLAIN;
    progress = read_value(reader, &value);
    if (progress == JSON_READ && json_object_object_add(object, key, value) != 0)
        progress = JSON_NO_MEMORY;
    if (progress != JSON_READ)
        json_object_put(value);
    return progress;
}

static enum json_plain read_item(struct reader *reader, struct json_object *array)
{
    struct json_object *value = NULL;
    enum json_plain progress = read_value(reader, &value);

    if (progress == JSON_READ && json_object_array_add(array, value) != 0)
        progress = JSON_NO_MEMORY;
    if (progress != JSON_READ)
        json_object_put(value);
    return progress;
}

/* The members of an object or the items of an array, behind the bracket that opens it. */
static enum json_plain read_inside(struct reader *reader, struct json_object *container, char close,
                                   enum json_plain (*read_one)(struct reader *reader, struct json_object *container))
{
    enum json_plain progress = JSON_READ;

    if (reader->depth == 0)
        return JSON_NOT_PLAIN;
    reader->depth--;
    skip_space(reader);
    if (!take(reader, close)) {
        do {
            progress = read_one(reader, container);
            if (progress != JSON_READ)
                return progress;
            skip_space(reader);
        } while (take(reader, ','));
        if (!take(reader, close))
            return JSON_NOT_PLAIN;
    }
    reader->depth++;
    return progress;
}

static enum json_plain read_container(struct reader *reader, bool is_object, struct json_object **out)
{
    struct json_object *container = is_object ? json_object_new_object() : json_object_new_array();

    if (!container)
        return JSON_NO_MEMORY;
    enum json_plain progress =
        read_inside(reader, container, is_object ? '}' : ']', is_object ? read_member : read_item);
    if (progress == JSON_READ)
        *out = container;
    else
        json_object_put(container);
    return progress;
}

static enum json_plain read_value(struct reader *reader, struct json_object **out)
{
    skip_space(reader);
    if (reader->at == reader->end)
        return JSON_NOT_PLAIN;
    switch (*reader->at) {
    case '{':
    case '[':
        return read_container(reader, *reader->at++ == '{', out);
    case '"':
        reader->at++;
        return read_string(reader, out);
    case 't':
        return take_word(reader, "true", 4) ? made(json_object_new_boolean(true), out) : JSON_NOT_PLAIN;
    case 'f':
        return take_word(reader, "false", 5) ? made(json_object_new_boolean(false), out) : JSON_NOT_PLAIN;
    case 'n':
        *out = NULL;
        return take_word(reader, "null", 4) ? JSON_READ : JSON_NOT_PLAIN;
    default:
        return read_number(reader, out);
    }
}

enum json_plain json_read_plain_next(const char **at, const char *end, struct json_object **value)
{
    struct json_object *read = NULL;
    struct reader reader; /* not cleared: the room is large */

    reader.at = *at;
    reader.end = end;
    reader.depth = PLAIN_DEPTH;
    reader.unescaped = reader.room;
    reader.capacity = ROOM;
    enum json_plain progress = read_value(&reader, &read);
    if (reader.unescaped != reader.room)
        free(reader.unescaped);
    if (progress == JSON_READ) {
        *at = reader.at;
        *value = read;
    }
    return progress;
}

enum json_plain json_read_plain(const char *text, size_t length, struct json_object **value)
{
    const char *at = text, *end = text + length;
    struct json_object *read = NULL;
    enum json_plain progress = json_read_plain_next(&at, end, &read);

    if (progress == JSON_READ && at != end) {
        json_object_put(read);
        return JSON_NOT_PLAIN;
    }
    if (progress == JSON_READ)
        *value = read;
    return progress;
}
