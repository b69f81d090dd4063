/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_parse.h"

#include <ctype.h>
#include <json-c/json_visit.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- One tokener a thread ----------------------------------------------------------------------------------------- */

struct thread_tokener {
    struct thread_tokener *prev, *next;
    json_tokener *tokener;
};

static pthread_key_t tokener_key;
static pthread_once_t tokener_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t tokeners_lock = PTHREAD_MUTEX_INITIALIZER;
static struct thread_tokener *tokeners; /* of all threads */

static void free_tokener(void *argument)
{
    struct thread_tokener *own = argument;

    pthread_mutex_lock(&tokeners_lock);
    DL_DELETE(tokeners, own);
    pthread_mutex_unlock(&tokeners_lock);
    json_tokener_free(own->tokener);
    free(own);
}

static void make_key(void)
{
    pthread_key_create(&tokener_key, free_tokener);
}

/* The module may be unloaded while threads live on: the key's destructor must not outlive it, so it does not run for them. */
__attribute__((destructor)) static void delete_key(void)
{
    pthread_once(&tokener_once, make_key);
    pthread_key_delete(tokener_key);
    while (tokeners)
        free_tokener(tokeners);
}

static json_tokener *tokener_of_thread(void)
{
    pthread_once(&tokener_once, make_key);
    struct thread_tokener *own = pthread_getspecific(tokener_key);

    if (own)
        return own->tokener;
    own = calloc(1, sizeof *own);
    json_tokener *tokener = own ? json_tokener_new_ex(WIRE_DEPTH) : NULL;
    if (!tokener || pthread_setspecific(tokener_key, own) != 0) {
        if (tokener)
            json_tokener_free(tokener);
        free(own);
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    own->tokener = tokener;
    pthread_mutex_lock(&tokeners_lock);
    DL_APPEND(tokeners, own);
    pthread_mutex_unlock(&tokeners_lock);
    return tokener;
}

static enum ostler_status parse_plain(const char *text, size_t length, struct json_object **value,
                                      struct ostler_error *error)
{
    json_tokener *tokener = tokener_of_thread();

    if (!tokener)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    if (length > INT32_MAX)
        return ostler_error_set(error, OSTLER_E_INVALID, "%zu bytes of JSON are too many", length);
    json_tokener_reset(tokener);
    struct json_object *parsed = json_tokener_parse_ex(tokener, text, (int)length);
    enum json_tokener_error problem = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);

    /* A number at the very end is only known to be one when something follows. */
    if (problem == json_tokener_continue) {
        parsed = json_tokener_parse_ex(tokener, "", 1);
        problem = json_tokener_get_error(tokener);
        end = length;
    }
    while (problem == json_tokener_success && end < length && isspace((unsigned char)text[end]))
        end++;
    if (problem == json_tokener_success && end == length) {
        *value = parsed;
        return OSTLER_OK;
    }
    json_object_put(parsed);
    return ostler_error_set(error, OSTLER_E_INVALID, "not JSON at byte %zu: %s", end,
                            problem == json_tokener_success ? "something follows the value"
                                                            : json_tokener_error_desc(problem));
}

/* --- Integers of more than 64 bits ---------------------------------------------------------------------------------- */

enum { SAFE_DIGITS = 18 };

/* The next run of digits that may not fit 64 bits, outside strings, no part of a fraction or exponent; NULL if none. */
static const char *next_big(const char *at, const char *end, size_t *size)
{
    while (at < end) {
        if (*at == '"') {
            for (at++; at < end && *at != '"'; at++)
                if (*at == '\\')
                    at++;
            at++;
        } else if (isdigit((unsigned char)*at)) {
            const char *begin = at;
            while (at < end && isdigit((unsigned char)*at))
                at++;
            bool whole = at == end || (*at != '.' && *at != 'e' && *at != 'E');
            if (whole && at - begin > SAFE_DIGITS) {
                *size = (size_t)(at - begin);
                return begin;
            }
            while (at < end && (isalnum((unsigned char)*at) || strchr(".+-", *at)))
                at++;
        } else {
            at++;
        }
    }
    return NULL;
}

/* Each such number is replaced by {"\uE000": "DIGITS"}, which parses, and then by a value that prints its digits. */
static const char mark[] = "\xee\x80\x80";

static char *with_marks(const char *text, size_t length, size_t *marked_length)
{
    const char *end = text + length;
    size_t big_size = 0, count = 0;

    for (const char *at = text; (at = next_big(at, end, &big_size)); at += big_size)
        count++;
    char *marked = malloc(length + count * (sizeof mark + 16) + 1);
    if (!marked)
        return NULL;

    char *to = marked;
    const char *from = text;
    for (const char *at = text; (at = next_big(at, end, &big_size)); at += big_size) {
        const char *begin = at > text && at[-1] == '-' ? at - 1 : at;
        memcpy(to, from, (size_t)(begin - from));
        to += begin - from;
        to += sprintf(to, "{\"%s\":\"%.*s\"}", mark, (int)(at + big_size - begin), begin);
        from = at + big_size;
    }
    memcpy(to, from, (size_t)(end - from));
    *marked_length = (size_t)(to - marked) + (size_t)(end - from);
    return marked;
}

/* NULL if the value is no mark. */
static struct json_object *big_of(struct json_object *value)
{
    struct json_object *digits = NULL;

    if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) != 1 ||
        !json_object_object_get_ex(value, mark, &digits))
        return NULL;
    const char *text = json_object_get_string(digits);
    char *rest;
    long long small = strtoll(text, &rest, 10);
    char back[32];
    snprintf(back, sizeof back, "%lld", small);
    if (strcmp(back, text) == 0)
        return json_object_new_int64(small);
    unsigned long long positive = strtoull(text, &rest, 10);
    snprintf(back, sizeof back, "%llu", positive);
    if (strcmp(back, text) == 0)
        return json_object_new_uint64(positive);
    return json_object_new_double_s(strtod(text, NULL), text);
}

/* Called for every value, deepest last; replaces marks in their parents. */
static int replace_mark(struct json_object *value, int flags, struct json_object *parent, const char *key,
                        size_t *index, void *user)
{
    struct json_object *big = flags & JSON_C_VISIT_SECOND ? NULL : big_of(value);

    (void)user;
    if (!big)
        return JSON_C_VISIT_RETURN_CONTINUE;
    if (key)
        json_object_object_add(parent, key, big);
    else if (parent)
        json_object_array_put_idx(parent, *index, big);
    return JSON_C_VISIT_RETURN_SKIP;
}

enum ostler_status wire_parse(const char *text, size_t length, struct json_object **value, struct ostler_error *error)
{
    size_t size;

    if (!next_big(text, text + length, &size))
        return parse_plain(text, length, value, error);

    size_t marked_length = 0;
    char *marked = with_marks(text, length, &marked_length);
    if (!marked)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    struct json_object *parsed = NULL;
    enum ostler_status status = parse_plain(marked, marked_length, &parsed, error);
    free(marked);
    if (status != OSTLER_OK)
        return status;
    struct json_object *top = big_of(parsed);
    if (top) {
        json_object_put(parsed);
        parsed = top;
    } else {
        json_c_visit(parsed, 0, replace_mark, NULL);
    }
    *value = parsed;
    return OSTLER_OK;
}
