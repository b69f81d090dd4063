/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <ostler/json.h>

#include <json-c/json.h>
#include <string.h>

static enum ostler_status no_memory(struct ostler_error *error)
{
    return ostler_error_set(error, OSTLER_E_NOMEM, "no memory to copy a value");
}

static enum ostler_status copy_text(struct json_object *value, struct json_object **copy, struct ostler_error *error)
{
    const char *text = json_object_get_string(value);
    int length = json_object_get_string_len(value);

    if (!ostler_json_is_utf8(text, (size_t)length))
        return ostler_error_set(error, OSTLER_E_INVALID, "a string of the message is not UTF-8");
    *copy = json_object_new_string_len(text, length);
    return *copy ? OSTLER_OK : no_memory(error);
}

static enum ostler_status copy_nested(struct json_object *value, unsigned depth, struct json_object **copy,
                                      struct ostler_error *error);

static enum ostler_status copy_object(struct json_object *value, unsigned depth, struct json_object **copy,
                                      struct ostler_error *error)
{
    struct json_object *object = json_object_new_object();

    if (!object)
        return no_memory(error);
    json_object_object_foreach(value, name, member)
    {
        struct json_object *member_copy = NULL;
        enum ostler_status status = ostler_json_is_utf8(name, strlen(name))
                                        ? copy_nested(member, depth, &member_copy, error)
                                        : ostler_error_set(error, OSTLER_E_INVALID, "a member's name is not UTF-8");
        if (status == OSTLER_OK &&
            json_object_object_add_ex(object, name, member_copy, JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0) {
            json_object_put(member_copy);
            status = no_memory(error);
        }
        if (status != OSTLER_OK) {
            json_object_put(object);
            return status;
        }
    }
    *copy = object;
    return OSTLER_OK;
}

static enum ostler_status copy_array(struct json_object *value, unsigned depth, struct json_object **copy,
                                     struct ostler_error *error)
{
    size_t length = json_object_array_length(value);
    struct json_object *array = json_object_new_array();

    if (!array)
        return no_memory(error);
    for (size_t i = 0; i < length; i++) {
        struct json_object *item_copy = NULL;
        enum ostler_status status = copy_nested(json_object_array_get_idx(value, i), depth, &item_copy, error);
        if (status == OSTLER_OK && json_object_array_add(array, item_copy) != 0) {
            json_object_put(item_copy);
            status = no_memory(error);
        }
        if (status != OSTLER_OK) {
            json_object_put(array);
            return status;
        }
    }
    *copy = array;
    return OSTLER_OK;
}

static struct json_object *copy_integer(struct json_object *value)
{
    int64_t number = json_object_get_int64(value);

    /* What lies above is held as an unsigned number. */
    if (number == INT64_MAX)
        return json_object_new_uint64(json_object_get_uint64(value));
    return json_object_new_int64(number);
}

static enum ostler_status copy_nested(struct json_object *value, unsigned depth, struct json_object **copy,
                                      struct ostler_error *error)
{
    enum json_type type = json_object_get_type(value);

    if ((type == json_type_object || type == json_type_array) && depth == 0)
        return ostler_error_set(error, OSTLER_E_INVALID, "the message is nested more than %d deep", FAKE_VALUE_DEPTH);
    switch (type) {
    case json_type_null:
        *copy = NULL;
        return OSTLER_OK;
    case json_type_boolean:
        *copy = json_object_new_boolean(json_object_get_boolean(value));
        break;
    case json_type_double:
        *copy = json_object_new_double(json_object_get_double(value));
        break;
    case json_type_int:
        *copy = copy_integer(value);
        break;
    case json_type_string:
        return copy_text(value, copy, error);
    case json_type_object:
        return copy_object(value, depth - 1, copy, error);
    case json_type_array:
        return copy_array(value, depth - 1, copy, error);
    }
    return *copy ? OSTLER_OK : no_memory(error);
}

enum ostler_status fake_value_copy(struct json_object *value, struct json_object **copy, struct ostler_error *error)
{
    struct json_object *made = NULL;
    enum ostler_status status = copy_nested(value, FAKE_VALUE_DEPTH, &made, error);

    if (status == OSTLER_OK)
        *copy = made;
    return status;
}

enum ostler_status fake_value_copy_members(struct json_object *object, struct json_object **copy,
                                           struct ostler_error *error)
{
    if (object && json_object_is_type(object, json_type_object) && json_object_object_length(object) == 0) {
        *copy = NULL;
        return OSTLER_OK;
    }
    return fake_value_copy(object, copy, error);
}
