/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <ostler/target.h>

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many bytes follow a first byte, and what the second one may be; 0 bytes for one that cannot stand first. */
static size_t utf8_length(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

bool arguments_utf8_valid(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;

    while (at < size) {
        unsigned char low, high;
        size_t length = utf8_length(bytes[at], &low, &high);

        if (length == 0 || length > size - at)
            return false;
        if (length > 1 && (bytes[at + 1] < low || bytes[at + 1] > high))
            return false;
        for (size_t i = 2; i < length; i++)
            if ((bytes[at + i] & 0xc0) != 0x80)
                return false;
        at += length;
    }
    return true;
}

/* What json-c accepts beyond JSON, or changes without a word: NaN, infinities, integers beyond 64 bits (which end up at
 * the limits). NULL if there is nothing of that kind. The recursion is as deep as the parser allowed. */
static const char *unsound_value(struct json_object *value)
{
    const char *problem = NULL;

    switch (json_object_get_type(value)) {
    case json_type_double:
        return isfinite(json_object_get_double(value)) ? NULL : "a number that JSON cannot write";
    case json_type_int:
        return json_object_get_uint64(value) == UINT64_MAX || json_object_get_int64(value) == INT64_MIN
                   ? "an integer at the limits of 64 bits or beyond"
                   : NULL;
    case json_type_array:
        for (size_t i = 0; !problem && i < json_object_array_length(value); i++)
            problem = unsound_value(json_object_array_get_idx(value, i));
        return problem;
    case json_type_object: {
        json_object_object_foreach(value, key, member)
        {
            (void)key;
            problem = unsound_value(member);
            if (problem)
                return problem;
        }
        return NULL;
    }
    default:
        return NULL;
    }
}

static enum ostler_status parse_json(const char *name, const char *text, size_t size, struct json_object **value,
                                     struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    struct json_object *parsed = NULL;
    struct json_tokener *tokener = json_tokener_new_ex(ARGUMENTS_DEPTH_MAX);

    if (!tokener)
        return ostler_error_set(error, OSTLER_E_NOMEM, "argument '%s': out of memory", name);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    /* The terminating NUL belongs to the text: it ends a number that stands alone. */
    parsed = json_tokener_parse_ex(tokener, text, (int)size + 1);
    enum json_tokener_error problem = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);

    if (problem == json_tokener_error_depth)
        status = ostler_error_set(error, OSTLER_E_INVALID, "argument '%s': nested deeper than %d levels", name,
                                  ARGUMENTS_DEPTH_MAX);
    else if (problem == json_tokener_continue || (problem != json_tokener_success && end >= size))
        status = ostler_error_set(
            error, OSTLER_E_INVALID,
            "argument '%s': the JSON ends too early (a text is NAME=STRING, or NAME:='\"STRING\"')", name);
    else if (problem != json_tokener_success || end < size)
        status = ostler_error_set(
            error, OSTLER_E_INVALID,
            "argument '%s': no JSON: %s at byte %zu (a text is NAME=STRING, or NAME:='\"STRING\"')", name,
            problem == json_tokener_success ? "a NUL byte" : json_tokener_error_desc(problem), end + 1);
    else if (unsound_value(parsed))
        status = ostler_error_set(error, OSTLER_E_INVALID, "argument '%s': %s", name, unsound_value(parsed));
    if (status == OSTLER_OK) {
        *value = parsed;
        parsed = NULL;
    }
    json_object_put(parsed);
    json_tokener_free(tokener);
    return status;
}

/* The whole of a file, "-" for standard input; the caller frees it. */
static enum ostler_status read_file(const char *name, const char *path, char **text, size_t *size,
                                    struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rbe");
    size_t used = 0, room = 0, got;
    char *buffer = NULL;

    if (!file)
        return ostler_error_set_errno(error, errno, "argument '%s': cannot open %s", name, path);
    do {
        if (room - used < 2) {
            room = room ? room * 2 : 65536;
            char *larger = realloc(buffer, room);
            if (!larger) {
                status = ostler_error_set(error, OSTLER_E_NOMEM, "argument '%s': out of memory", name);
                goto out;
            }
            buffer = larger;
        }
        got = fread(buffer + used, 1, room - used - 1, file);
        used += got;
        if (used > ARGUMENTS_SIZE_MAX) {
            status = ostler_error_set(error, OSTLER_E_INVALID, "argument '%s': %s holds more than %zu bytes", name,
                                      path, ARGUMENTS_SIZE_MAX);
            goto out;
        }
    } while (got > 0);
    if (ferror(file)) {
        status = ostler_error_set_errno(error, errno, "argument '%s': cannot read %s", name, path);
        goto out;
    }
    buffer[used] = '\0';
    *text = buffer;
    *size = used;
    buffer = NULL;
out:
    free(buffer);
    if (!standard)
        fclose(file);
    return status;
}

static enum ostler_status json_value(const char *name, const char *text, struct json_object **value,
                                     struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    char *content = NULL;
    size_t size = strlen(text);

    if (text[0] == '@') {
        status = read_file(name, text + 1, &content, &size, error);
        text = content;
    }
    if (status == OSTLER_OK && !arguments_utf8_valid(text, size))
        status = ostler_error_set(error, OSTLER_E_INVALID, "argument '%s': not valid UTF-8", name);
    if (status == OSTLER_OK)
        status = parse_json(name, text, size, value, error);
    free(content);
    return status;
}

static enum ostler_status string_value(const char *name, const char *text, struct json_object **value,
                                       struct ostler_error *error)
{
    if (!arguments_utf8_valid(text, strlen(text)))
        return ostler_error_set(error, OSTLER_E_INVALID, "argument '%s': not valid UTF-8", name);
    *value = json_object_new_string(text);
    if (!*value)
        return ostler_error_set(error, OSTLER_E_NOMEM, "argument '%s': out of memory", name);
    return OSTLER_OK;
}

enum ostler_status arguments_add(struct json_object *object, const char *text, struct ostler_error *error)
{
    enum ostler_status status;
    struct json_object *value = NULL;
    char name[OSTLER_NAME_MAX + 1];
    const char *equals = strchr(text, '=');
    bool json = equals && equals > text && equals[-1] == ':';
    size_t size = equals ? (size_t)(equals - text) - (json ? 1 : 0) : 0;

    if (!equals)
        return ostler_error_set(error, OSTLER_E_INVALID, "argument '%.64s': neither NAME=STRING nor NAME:=JSON", text);
    if (size == 0)
        return ostler_error_set(error, OSTLER_E_INVALID, "argument '%.64s': no name before the '='", text);
    if (size > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_INVALID, "argument '%.64s…': the name has more than %d bytes", text,
                                OSTLER_NAME_MAX);
    if (!arguments_utf8_valid(text, size))
        return ostler_error_set(error, OSTLER_E_INVALID, "an argument's name is not valid UTF-8");
    memcpy(name, text, size);
    name[size] = '\0';
    if (json_object_object_get_ex(object, name, NULL))
        return ostler_error_set(error, OSTLER_E_INVALID, "argument '%s': given twice", name);

    status = json ? json_value(name, equals + 1, &value, error) : string_value(name, equals + 1, &value, error);
    if (status == OSTLER_OK && json_object_object_add(object, name, value) != 0) {
        json_object_put(value);
        status = ostler_error_set(error, OSTLER_E_NOMEM, "argument '%s': out of memory", name);
    }
    return status;
}

enum ostler_status arguments_parse(char *const *texts, size_t count, struct json_object **object,
                                   struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    struct json_object *arguments = json_object_new_object();

    if (!arguments)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    for (size_t i = 0; status == OSTLER_OK && i < count; i++)
        status = arguments_add(arguments, texts[i], error);
    if (status == OSTLER_OK)
        *object = arguments;
    else
        json_object_put(arguments);
    return status;
}
