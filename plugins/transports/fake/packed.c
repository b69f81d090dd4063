/* SPDX-License-Identifier: Apache-2.0 */
#include "packed.h"

#include <ostler/json.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* A tag, then a number of 8 bytes, or how many items or bytes follow. Every text has a zero byte behind it. */
enum tag {
    TAG_NULL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_SIGNED,
    TAG_UNSIGNED,
    TAG_DOUBLE,
    TAG_STRING,
    TAG_NAME,
    TAG_ARRAY,
    TAG_OBJECT
};

enum { FIRST_SIZE = 256 };

void fake_packed_init(struct fake_packed *packed, char *room, size_t size)
{
    *packed = (struct fake_packed){.bytes = room, .capacity = size};
}

void fake_packed_clear(struct fake_packed *packed)
{
    if (packed->on_heap)
        free(packed->bytes);
    *packed = (struct fake_packed){.bytes = NULL};
}

/* --- Packing ------------------------------------------------------------------------------------------------------ */

static bool grow(struct fake_packed *packed, size_t more)
{
    size_t wanted = packed->length + more, twice = packed->capacity * 2;
    size_t capacity = wanted < FIRST_SIZE ? FIRST_SIZE : twice > wanted ? twice : wanted;
    char *bytes = realloc(packed->on_heap ? packed->bytes : NULL, capacity);

    if (!bytes)
        return false;
    if (!packed->on_heap && packed->length)
        memcpy(bytes, packed->bytes, packed->length);
    packed->bytes = bytes;
    packed->capacity = capacity;
    packed->on_heap = true;
    return true;
}

/* Where `size` more bytes go; NULL without memory. */
static char *extend(struct fake_packed *packed, size_t size)
{
    if (packed->capacity - packed->length < size && !grow(packed, size))
        return NULL;
    packed->length += size;
    return packed->bytes + packed->length - size;
}

static enum ostler_status no_memory(struct ostler_error *error)
{
    return ostler_error_set(error, OSTLER_E_NOMEM, "no memory to copy a value");
}

static enum ostler_status put_tag(struct fake_packed *packed, enum tag tag, struct ostler_error *error)
{
    char *at = extend(packed, 1);

    if (!at)
        return no_memory(error);
    *at = (char)tag;
    return OSTLER_OK;
}

static enum ostler_status put_number(struct fake_packed *packed, enum tag tag, uint64_t bits,
                                     struct ostler_error *error)
{
    char *at = extend(packed, 1 + sizeof bits);

    if (!at)
        return no_memory(error);
    *at = (char)tag;
    memcpy(at + 1, &bits, sizeof bits);
    return OSTLER_OK;
}

static enum ostler_status put_text(struct fake_packed *packed, enum tag tag, const char *text, size_t length,
                                   struct ostler_error *error)
{
    if (!ostler_json_is_utf8(text, length))
        return ostler_error_set(error, OSTLER_E_INVALID, "a %s of the message is not UTF-8",
                                tag == TAG_NAME ? "member's name" : "string");
    char *at = extend(packed, 1 + sizeof length + length + 1);
    if (!at)
        return no_memory(error);
    *at++ = (char)tag;
    memcpy(at, &length, sizeof length);
    at += sizeof length;
    memcpy(at, text, length);
    at[length] = 0;
    return OSTLER_OK;
}

static enum ostler_status pack_nested(struct fake_packed *packed, struct json_object *value, unsigned depth,
                                      struct ostler_error *error);

static enum ostler_status pack_object(struct fake_packed *packed, struct json_object *value, unsigned depth,
                                      struct ostler_error *error)
{
    enum ostler_status status = put_number(packed, TAG_OBJECT, (uint64_t)json_object_object_length(value), error);

    json_object_object_foreach(value, name, member)
    {
        if (status == OSTLER_OK)
            status = put_text(packed, TAG_NAME, name, strlen(name), error);
        if (status == OSTLER_OK)
            status = pack_nested(packed, member, depth, error);
        if (status != OSTLER_OK)
            break;
    }
    return status;
}

static enum ostler_status pack_array(struct fake_packed *packed, struct json_object *value, unsigned depth,
                                     struct ostler_error *error)
{
    size_t length = json_object_array_length(value);
    enum ostler_status status = put_number(packed, TAG_ARRAY, length, error);

    for (size_t i = 0; i < length && status == OSTLER_OK; i++)
        status = pack_nested(packed, json_object_array_get_idx(value, i), depth, error);
    return status;
}

static enum ostler_status pack_double(struct fake_packed *packed, struct json_object *value, struct ostler_error *error)
{
    double number = json_object_get_double(value);
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    return put_number(packed, TAG_DOUBLE, bits, error);
}

static enum ostler_status pack_integer(struct fake_packed *packed, struct json_object *value,
                                       struct ostler_error *error)
{
    int64_t number = json_object_get_int64(value);

    /* What lies above is held as an unsigned number. */
    if (number == INT64_MAX)
        return put_number(packed, TAG_UNSIGNED, json_object_get_uint64(value), error);
    return put_number(packed, TAG_SIGNED, (uint64_t)number, error);
}

static enum ostler_status pack_nested(struct fake_packed *packed, struct json_object *value, unsigned depth,
                                      struct ostler_error *error)
{
    enum json_type type = json_object_get_type(value);

    if ((type == json_type_object || type == json_type_array) && depth == 0)
        return ostler_error_set(error, OSTLER_E_INVALID, "the message is nested more than %d deep", FAKE_DEPTH_MAX);
    switch (type) {
    case json_type_null:
        return put_tag(packed, TAG_NULL, error);
    case json_type_boolean:
        return put_tag(packed, json_object_get_boolean(value) ? TAG_TRUE : TAG_FALSE, error);
    case json_type_double:
        return pack_double(packed, value, error);
    case json_type_int:
        return pack_integer(packed, value, error);
    case json_type_string:
        return put_text(packed, TAG_STRING, json_object_get_string(value), (size_t)json_object_get_string_len(value),
                        error);
    case json_type_object:
        return pack_object(packed, value, depth - 1, error);
    case json_type_array:
        return pack_array(packed, value, depth - 1, error);
    }
    return ostler_error_set(error, OSTLER_E_INVALID, "the message holds a value of no known type");
}

enum ostler_status fake_pack(struct fake_packed *packed, struct json_object *value, struct ostler_error *error)
{
    return pack_nested(packed, value, FAKE_DEPTH_MAX, error);
}

enum ostler_status fake_pack_members(struct fake_packed *packed, struct json_object *object, struct ostler_error *error)
{
    if (json_object_is_type(object, json_type_object) && json_object_object_length(object) == 0)
        object = NULL;
    return fake_pack(packed, object, error);
}

/* --- Unpacking ---------------------------------------------------------------------------------------------------- */

static uint64_t take_number(const char **at)
{
    uint64_t bits;

    memcpy(&bits, *at, sizeof bits);
    *at += sizeof bits;
    return bits;
}

static const char *take_text(const char **at, size_t *length)
{
    memcpy(length, *at, sizeof *length);
    const char *text = *at + sizeof *length;
    *at = text + *length + 1;
    return text;
}

static struct json_object *unpack_double(const char **at)
{
    uint64_t bits = take_number(at);
    double number;

    memcpy(&number, &bits, sizeof number);
    return json_object_new_double(number);
}

static struct json_object *unpack_string(const char **at)
{
    size_t length;
    const char *text = take_text(at, &length);

    return json_object_new_string_len(text, (int)length);
}

static struct json_object *unpack_object(const char **at)
{
    struct json_object *object = json_object_new_object();

    for (uint64_t left = take_number(at); object && left > 0; left--) {
        struct json_object *member = NULL;
        size_t length;
        ++*at; /* TAG_NAME */
        const char *name = take_text(at, &length);
        if (!fake_unpack(at, &member) ||
            json_object_object_add_ex(object, name, member, JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0) {
            json_object_put(member);
            json_object_put(object);
            return NULL;
        }
    }
    return object;
}

static struct json_object *unpack_array(const char **at)
{
    struct json_object *array = json_object_new_array();

    for (uint64_t left = take_number(at); array && left > 0; left--) {
        struct json_object *item = NULL;
        if (!fake_unpack(at, &item) || json_object_array_add(array, item) != 0) {
            json_object_put(item);
            json_object_put(array);
            return NULL;
        }
    }
    return array;
}

bool fake_unpack(const char **at, struct json_object **value)
{
    enum tag tag = (enum tag)(*at)[0];
    struct json_object *made = NULL;

    ++*at;
    switch (tag) {
    case TAG_NULL:
    case TAG_NAME: /* in front of members only */
        *value = NULL;
        return true;
    case TAG_FALSE:
    case TAG_TRUE:
        made = json_object_new_boolean(tag == TAG_TRUE);
        break;
    case TAG_SIGNED:
        made = json_object_new_int64((int64_t)take_number(at));
        break;
    case TAG_UNSIGNED:
        made = json_object_new_uint64(take_number(at));
        break;
    case TAG_DOUBLE:
        made = unpack_double(at);
        break;
    case TAG_STRING:
        made = unpack_string(at);
        break;
    case TAG_ARRAY:
        made = unpack_array(at);
        break;
    case TAG_OBJECT:
        made = unpack_object(at);
        break;
    }
    if (!made)
        return false;
    *value = made;
    return true;
}
