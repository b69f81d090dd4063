/* SPDX-License-Identifier: Apache-2.0 */
#include "json_plain.h"

#include <ostler/json.h>

#include <stdint.h>

static enum ostler_status explain(enum json_tokener_error problem, size_t used, size_t length, const char *what,
                                  struct ostler_error *error)
{
    if (problem == json_tokener_error_depth)
        return ostler_error_set(error, OSTLER_E_INVALID, "%s is nested deeper than %d", what, OSTLER_JSON_DEPTH);
    if (problem == json_tokener_error_parse_utf8_string)
        return ostler_error_set(error, OSTLER_E_INVALID, "%s holds text that is no UTF-8 (at byte %zu)", what, used);
    if (problem == json_tokener_success && used == length)
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_INVALID, "%s is no JSON at byte %zu of %zu: %s", what, used, length,
                            problem == json_tokener_success ? "something follows" : json_tokener_error_desc(problem));
}

static enum ostler_status read_any(const char *text, size_t length, const char *what, struct json_object **value,
                                   struct ostler_error *error)
{
    struct json_tokener *tokener = json_tokener_new_ex(OSTLER_JSON_DEPTH);

    if (!tokener)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *read = json_tokener_parse_ex(tokener, text, (int)length);
    size_t used = json_tokener_get_parse_end(tokener);
    /* A number at the very end may go on, as far as the parser knows. */
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        read = json_tokener_parse_ex(tokener, "", 1);
    enum ostler_status status = explain(json_tokener_get_error(tokener), used, length, what, error);
    json_tokener_free(tokener);
    if (status == OSTLER_OK)
        *value = read;
    else
        json_object_put(read);
    return status;
}

enum ostler_status ostler_json_read(const char *text, size_t length, const char *what, struct json_object **value,
                                    struct ostler_error *error)
{
    enum json_plain plain = JSON_READ;

    if (length == 0)
        *value = NULL;
    else if (length > INT32_MAX)
        return ostler_error_set(error, OSTLER_E_INVALID, "%s has %zu bytes; the limit is %d", what, length, INT32_MAX);
    else
        plain = json_read_plain(text, length, value);
    if (plain == JSON_NOT_PLAIN)
        return read_any(text, length, what, value, error);
    return plain == JSON_READ ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
}

bool ostler_json_read_next(const char **at, const char *end, struct json_object **value)
{
    return json_read_plain_next(at, end, value) == JSON_READ;
}
