/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_parse.h"

#include <ctype.h>
#include <json-c/json_visit.h>
#include <ostler/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Integers of more than 64 bits, which json-c would cut. */
enum { SAFE_DIGITS = 18 };

/* The next run of digits that may not fit 64 bits, outside strings, no part of a fraction or exponent; NULL if none. */
static const char *next_big(const char *at, const char *end, size_t *size)
{
    while (at < end) {
        if (*at == '"') {
            for (at = ostler_json_skip_plain(at + 1, end); at < end && *at != '"'; at = ostler_json_skip_plain(at, end))
                at += *at == '\\' && end - at > 1 ? 2 : 1;
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

/* False if there is surely no such run. One covers at least one of the places that are looked at; ids in strings, which are
 * everywhere, begin with a letter or stand behind a quote. */
static bool may_hold_big(const char *text, size_t length)
{
    for (size_t at = SAFE_DIGITS; at < length; at += SAFE_DIGITS + 1) {
        size_t begin = at, end = at;
        while (end < length && isdigit((unsigned char)text[end]))
            end++;
        if (begin == end)
            continue;
        while (begin > 0 && isdigit((unsigned char)text[begin - 1]))
            begin--;
        char before = begin > 0 ? text[begin - 1] : ' ';
        if (end - begin > SAFE_DIGITS && !isalpha((unsigned char)before) && before != '"')
            return true;
        /* Never twice over a long run. */
        if (end - at > SAFE_DIGITS)
            at += (end - at - 1) / (SAFE_DIGITS + 1) * (SAFE_DIGITS + 1);
    }
    return false;
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

enum ostler_status wire_parse(const char *text, size_t length, const char *what, struct json_object **value,
                              struct ostler_error *error)
{
    size_t size, marked_length = 0;

    if (!may_hold_big(text, length) || !next_big(text, text + length, &size))
        return ostler_json_read(text, length, what, value, error);

    char *marked = with_marks(text, length, &marked_length);
    if (!marked)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    struct json_object *parsed = NULL;
    enum ostler_status status = ostler_json_read(marked, marked_length, what, &parsed, error);
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
