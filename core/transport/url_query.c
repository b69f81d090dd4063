/* SPDX-License-Identifier: Apache-2.0 */
/* The query of a transport URL, by the rules of Python's urllib.parse.parse_qs(). */
#include "url_parts.h"

#include <stdlib.h>
#include <string.h>

bool url_option_is_secret(const char *name, size_t length)
{
    static const char *const words[] = {"password", "passwd", "secret"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t word = strlen(words[i]);
        for (size_t at = 0; at + word <= length; at++) {
            if (strncasecmp(name + at, words[i], word) == 0)
                return true;
        }
    }
    return false;
}

static enum ostler_status decode(char *text, const char *what, struct ostler_error *error)
{
    for (char *plus = text; (plus = strchr(plus, '+'));)
        *plus = ' ';
    return url_decode(text, what, error);
}

/* Reads NAME=VALUE pairs, leaving out those without a value. */
static enum ostler_status pairs_parse(char *text, struct ostler_url_option *pairs, size_t *count,
                                      struct ostler_error *error)
{
    for (char *name; (name = strsep(&text, "&"));) {
        char *value = strchr(name, '=');
        if (!value || !value[1])
            continue;
        *value++ = '\0';
        enum ostler_status status = decode(name, "the name of a query option", error);
        if (status == OSTLER_OK)
            status = decode(value, "the value of a query option", error);
        if (status != OSTLER_OK)
            return status;
        if (*count == URL_OPTIONS_MAX)
            return ostler_error_set(error, OSTLER_E_URL, "more than %d query options", URL_OPTIONS_MAX);
        pairs[(*count)++] = (struct ostler_url_option){.name = name, .value = value};
    }
    return OSTLER_OK;
}

/* Keeps each name once, with its values joined by commas. There is room: a joined value is not longer than the
 * pairs it comes from. */
static void join_repeated(struct ostler_url *url, size_t count)
{
    struct ostler_url_option *pairs = url->options;
    char *end = url->query_values;

    for (size_t i = 0; i < count; i++) {
        if (ostler_url_query(url, pairs[i].name))
            continue;
        struct ostler_url_option joined = {.name = pairs[i].name, .value = end};
        end = stpcpy(end, pairs[i].value);
        for (size_t j = i + 1; j < count; j++) {
            if (strcmp(pairs[j].name, joined.name) == 0) {
                *end++ = ',';
                end = stpcpy(end, pairs[j].value);
            }
        }
        end++;
        url->options[url->option_count++] = joined;
    }
}

enum ostler_status url_query_parse(struct ostler_url *url, char *text, struct ostler_error *error)
{
    size_t count = 0;

    url->query_values = malloc(strlen(text) + 1);
    url->options = calloc(URL_OPTIONS_MAX, sizeof *url->options);
    if (!url->query_values || !url->options)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for the query");
    enum ostler_status status = pairs_parse(text, url->options, &count, error);
    if (status != OSTLER_OK)
        return status;
    join_repeated(url, count);
    return OSTLER_OK;
}
