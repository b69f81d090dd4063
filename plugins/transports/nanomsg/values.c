/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <json-c/json.h>
#include <pthread.h>
#include <stdlib.h>

/* Deep enough for anything sensible, and shallow enough for every thread's stack. */
enum { DEPTH = 1000, KEPT = 64, KEPT_TEXT = 1024 * 1024 };

struct values {
    pthread_mutex_t lock;
    struct json_tokener *kept[KEPT];
    size_t count;
};

struct values *values_new(void)
{
    struct values *values = calloc(1, sizeof *values);

    if (values)
        pthread_mutex_init(&values->lock, NULL);
    return values;
}

void values_free(struct values *values)
{
    if (!values)
        return;
    for (size_t i = 0; i < values->count; i++)
        json_tokener_free(values->kept[i]);
    pthread_mutex_destroy(&values->lock);
    free(values);
}

static struct json_tokener *take(struct values *values)
{
    struct json_tokener *tokener = NULL;

    pthread_mutex_lock(&values->lock);
    if (values->count > 0)
        tokener = values->kept[--values->count];
    pthread_mutex_unlock(&values->lock);
    if (tokener) {
        json_tokener_reset(tokener);
        return tokener;
    }
    tokener = json_tokener_new_ex(DEPTH);
    if (tokener)
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    return tokener;
}

/* A parser holds on to as much memory as its longest text took: one that has read a large text is not kept. */
static void give_back(struct values *values, struct json_tokener *tokener, size_t length)
{
    pthread_mutex_lock(&values->lock);
    if (values->count < KEPT && length <= KEPT_TEXT) {
        values->kept[values->count++] = tokener;
        tokener = NULL;
    }
    pthread_mutex_unlock(&values->lock);
    if (tokener)
        json_tokener_free(tokener);
}

enum ostler_status values_parse(struct values *values, const char *text, size_t length, const char *what,
                                struct json_object **out, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    if (length == 0) {
        *out = NULL;
        return OSTLER_OK;
    }
    struct json_tokener *tokener = take(values);
    if (!tokener)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");

    struct json_object *value = json_tokener_parse_ex(tokener, text, (int)length);
    size_t used = json_tokener_get_parse_end(tokener);
    /* A number at the very end may go on, as far as the parser knows. */
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        value = json_tokener_parse_ex(tokener, "", 1);
    enum json_tokener_error problem = json_tokener_get_error(tokener);

    if (problem == json_tokener_error_depth) {
        status = ostler_error_set(error, OSTLER_E_INVALID, "%s is nested deeper than %d", what, DEPTH);
    } else if (problem == json_tokener_error_parse_utf8_string) {
        status = ostler_error_set(error, OSTLER_E_INVALID, "%s holds text that is no UTF-8 (at byte %zu)", what, used);
    } else if (problem != json_tokener_success || used != length) {
        status =
            ostler_error_set(error, OSTLER_E_INVALID, "%s is no JSON at byte %zu of %zu: %s", what, used, length,
                             problem == json_tokener_success ? "something follows" : json_tokener_error_desc(problem));
    }
    give_back(values, tokener, length);
    if (status != OSTLER_OK)
        json_object_put(value);
    else
        *out = value;
    return status;
}

const char *values_print(struct json_object *value, size_t *length)
{
    return json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, length);
}
