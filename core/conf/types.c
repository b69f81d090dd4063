/* SPDX-License-Identifier: Apache-2.0 */
/* oslo.config's types (oslo_config/types.py): from texts to values and back. */
#include "conf_parts.h"
#include "number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct conversion {
    const struct ostler_option *option;
    const char *const *texts;
    size_t count;
    bool array;
    bool secret;
    struct arena *arena;
    struct value *value;
    struct ostler_error *error;
};

static enum ostler_status nomem(struct conversion *conversion)
{
    return ostler_error_set(conversion->error, OSTLER_E_NOMEM, "out of memory");
}

/* "expected WHAT, got "TEXT"", or without the text if it is secret. */
OSTLER_PRINTF(3, 4)
static enum ostler_status expected(struct conversion *conversion, const char *text, const char *format, ...)
{
    char shown[TEXT_SHOWN_BYTES], what[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (conversion->secret)
        return ostler_error_set(conversion->error, OSTLER_E_CONFIG, "expected %s", what);
    return ostler_error_set(conversion->error, OSTLER_E_CONFIG, "expected %s, got \"%s\"", what,
                            text_shown(text, shown));
}

/* --- STRING --- */

static enum ostler_status to_string(struct conversion *conversion)
{
    const char *text = conversion->texts[0];
    const char *const *choice = conversion->option->choices;
    char list[400] = "";
    size_t used = 0;

    for (; choice && *choice && strcmp(*choice, text) != 0; choice++) {
        int length = snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *choice);
        used = used + (size_t)length < sizeof list ? used + (size_t)length : sizeof list - 1;
    }
    if (choice && !*choice)
        return expected(conversion, text, "one of %s", list);
    conversion->value->text = arena_text(conversion->arena, text, strlen(text));
    return conversion->value->text ? OSTLER_OK : nomem(conversion);
}

/* --- BOOL --- */

static enum ostler_status to_bool(struct conversion *conversion)
{
    static const char *const words[] = {"false", "true", "0", "1", "off", "on", "no", "yes"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(conversion->texts[0], words[i]) == 0) {
            conversion->value->boolean = i % 2 == 1;
            return OSTLER_OK;
        }
    return expected(conversion, conversion->texts[0], "true, 1, on, yes, false, 0, off or no");
}

/* --- INTEGER, FLOAT --- */

static enum ostler_status check_bounds(struct conversion *conversion, double value)
{
    const struct ostler_option *option = conversion->option;
    const char *text = conversion->texts[0];

    if (option->min < option->max && value < option->min)
        return expected(conversion, text, "a number not less than %.15g", option->min);
    if (option->min < option->max && value > option->max)
        return expected(conversion, text, "a number not greater than %.15g", option->max);
    return OSTLER_OK;
}

static enum ostler_status to_integer(struct conversion *conversion, const char *number)
{
    switch (number_parse_integer(number, &conversion->value->integer)) {
    case NUMBER_OK:
        return check_bounds(conversion, (double)conversion->value->integer);
    case NUMBER_RANGE:
        return expected(conversion, number, "an integer of 64 bits");
    case NUMBER_BAD:
        break;
    }
    return expected(conversion, number, "an integer");
}

static enum ostler_status to_float(struct conversion *conversion, const char *number)
{
    if (number_parse_float(number, &conversion->value->real) != NUMBER_OK)
        return expected(conversion, number, "a number");
    return check_bounds(conversion, conversion->value->real);
}

static enum ostler_status to_number(struct conversion *conversion)
{
    struct span span = text_strip((struct span){conversion->texts[0], strlen(conversion->texts[0])});
    enum ostler_status status = OSTLER_OK;

    if (span.length == 0) {
        conversion->value->none = true;
        return OSTLER_OK;
    }
    char *number = strndup(span.at, span.length);
    if (!number)
        return nomem(conversion);
    if (conversion->option->type == OSTLER_OPTION_INTEGER)
        status = to_integer(conversion, number);
    else
        status = to_float(conversion, number);
    free(number);
    return status;
}

/* --- LIST, MULTI --- */

static enum ostler_status to_items(struct conversion *conversion)
{
    const char **items = arena_alloc(conversion->arena, (conversion->count + 1) * sizeof *items);

    if (!items)
        return nomem(conversion);
    for (size_t i = 0; i < conversion->count; i++) {
        items[i] = arena_text(conversion->arena, conversion->texts[i], strlen(conversion->texts[i]));
        if (!items[i])
            return nomem(conversion);
    }
    conversion->value->items = items;
    conversion->value->count = conversion->count;
    return OSTLER_OK;
}

static size_t count_commas(struct span text)
{
    size_t commas = 0;

    for (size_t i = 0; i < text.length; i++)
        commas += text.at[i] == ',';
    return commas;
}

/* What stands before the first comma; @rest is what follows it, with at == NULL where there is no comma. */
static struct span cut_at_comma(struct span text, struct span *rest)
{
    const char *comma = memchr(text.at, ',', text.length);
    size_t length = comma ? (size_t)(comma - text.at) : text.length;

    *rest = comma ? (struct span){comma + 1, text.length - length - 1} : (struct span){NULL, 0};
    return (struct span){text.at, length};
}

static enum ostler_status to_list(struct conversion *conversion)
{
    struct span text = text_strip((struct span){conversion->texts[0], strlen(conversion->texts[0])});

    while (text.length > 0 && text.at[text.length - 1] == ',')
        text.length--;
    const char **items = arena_alloc(conversion->arena, (count_commas(text) + 2) * sizeof *items);
    if (!items)
        return nomem(conversion);
    size_t count = 0;
    for (struct span rest = text; rest.at && text.length > 0;) {
        struct span item = text_strip(cut_at_comma(rest, &rest));
        items[count] = arena_text(conversion->arena, item.at, item.length);
        if (!items[count++])
            return nomem(conversion);
    }
    conversion->value->items = items;
    conversion->value->count = count;
    return OSTLER_OK;
}

/* --- DICT --- */

/* Takes one pair off @rest: up to the first comma after its first colon, for a piece without a colon belongs to the
 * piece behind it. False if there is no colon. */
static bool take_pair(struct span *rest, struct span *key, struct span *item)
{
    const char *colon = memchr(rest->at, ':', rest->length);

    if (!colon)
        return false;
    size_t length = (size_t)(colon - rest->at);
    *key = text_strip((struct span){rest->at, length});
    *item = text_strip(cut_at_comma((struct span){colon + 1, rest->length - length - 1}, rest));
    return true;
}

static enum ostler_status add_pair(struct conversion *conversion, const char **items, struct span key, struct span item)
{
    size_t count = conversion->value->count;
    char *name = arena_text(conversion->arena, key.at, key.length);
    char *text = arena_text(conversion->arena, item.at, item.length);

    if (!name || !text)
        return nomem(conversion);
    if (key.length == 0)
        return expected(conversion, conversion->texts[0], "a name before each colon");
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[2 * i], name) == 0)
            return expected(conversion, conversion->texts[0], "NAME:VALUE pairs, each name once");
    items[2 * count] = name;
    items[2 * count + 1] = text;
    conversion->value->count++;
    return OSTLER_OK;
}

/* Names are compared one with each other: enough for anything meant, and a bound for what is not. */
enum { DICT_PAIRS = 1024 };

static enum ostler_status to_dict(struct conversion *conversion)
{
    struct span rest = text_strip((struct span){conversion->texts[0], strlen(conversion->texts[0])});
    size_t most = count_commas(rest) + 1;
    const char **items = arena_alloc(conversion->arena, (2 * most + 1) * sizeof *items);

    if (!items)
        return nomem(conversion);
    if (rest.length == 0)
        rest.at = NULL;
    while (rest.at) {
        struct span key, item;
        if (!take_pair(&rest, &key, &item))
            return expected(conversion, conversion->texts[0], "NAME:VALUE pairs separated by commas");
        if (conversion->value->count >= DICT_PAIRS)
            return expected(conversion, conversion->texts[0], "at most %d pairs", DICT_PAIRS);
        enum ostler_status status = add_pair(conversion, items, key, item);
        if (status != OSTLER_OK)
            return status;
    }
    conversion->value->items = items;
    return OSTLER_OK;
}

/* --- libconfig's arrays --- */

/* Each item is a pair. */
static enum ostler_status to_dict_of_array(struct conversion *conversion)
{
    const char **items = arena_alloc(conversion->arena, (2 * conversion->count + 1) * sizeof *items);

    if (!items)
        return nomem(conversion);
    if (conversion->count > DICT_PAIRS)
        return ostler_error_set(conversion->error, OSTLER_E_CONFIG, "expected at most %d pairs", DICT_PAIRS);
    for (size_t i = 0; i < conversion->count; i++) {
        const char *text = conversion->texts[i], *colon = strchr(text, ':');
        if (!colon)
            return expected(conversion, text, "a list of NAME:VALUE pairs");
        struct span key = text_strip((struct span){text, (size_t)(colon - text)});
        enum ostler_status status =
            add_pair(conversion, items, key, text_strip((struct span){colon + 1, strlen(colon + 1)}));
        if (status != OSTLER_OK)
            return status;
    }
    conversion->value->items = items;
    return OSTLER_OK;
}

static enum ostler_status convert_array(struct conversion *conversion)
{
    switch (conversion->option->type) {
    case OSTLER_OPTION_LIST:
    case OSTLER_OPTION_MULTI:
        return to_items(conversion);
    case OSTLER_OPTION_DICT:
        return to_dict_of_array(conversion);
    default:
        return ostler_error_set(conversion->error, OSTLER_E_CONFIG, "expected one value, got a list of %zu",
                                conversion->count);
    }
}

static enum ostler_status convert(struct conversion *conversion)
{
    switch (conversion->option->type) {
    case OSTLER_OPTION_STRING:
        return to_string(conversion);
    case OSTLER_OPTION_BOOL:
        return to_bool(conversion);
    case OSTLER_OPTION_INTEGER:
    case OSTLER_OPTION_FLOAT:
        return to_number(conversion);
    case OSTLER_OPTION_LIST:
        return to_list(conversion);
    case OSTLER_OPTION_DICT:
        return to_dict(conversion);
    case OSTLER_OPTION_MULTI:
        return to_items(conversion);
    }
    return ostler_error_set(conversion->error, OSTLER_E_INVALID, "the option's type is unknown");
}

enum ostler_status types_convert(const struct ostler_option *option, const char *const *texts, size_t count, bool array,
                                 struct arena *arena, struct value *value, struct ostler_error *error)
{
    struct conversion conversion = {option, texts, count, array, option->secret || value->secret, arena, value, error};

    return array ? convert_array(&conversion) : convert(&conversion);
}

/* --- Back to text --- */

static char *join(const struct value *value, bool pairs)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return NULL;
    for (size_t i = 0; i < value->count; i++) {
        fputs(i ? "," : "", stream);
        if (pairs)
            fprintf(stream, "%s:%s", value->items[2 * i], value->items[2 * i + 1]);
        else
            fputs(value->items[i], stream);
    }
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

char *types_print(const struct ostler_option *option, const struct value *value)
{
    char number[NUMBER_TEXT_BYTES] = "";

    if (value->none)
        return strdup("");
    switch (option->type) {
    case OSTLER_OPTION_STRING:
        return strdup(value->text);
    case OSTLER_OPTION_BOOL:
        return strdup(value->boolean ? "True" : "False");
    case OSTLER_OPTION_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)value->integer);
        return strdup(number);
    case OSTLER_OPTION_FLOAT:
        number_print(value->real, number);
        return strdup(number);
    case OSTLER_OPTION_LIST:
    case OSTLER_OPTION_MULTI:
        return join(value, false);
    case OSTLER_OPTION_DICT:
        return join(value, true);
    }
    return strdup("");
}

static bool same_items(const struct value *a, const struct value *b, size_t per_item)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count * per_item; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

bool types_same(const struct ostler_option *option, const struct value *a, const struct value *b)
{
    if (a->none || b->none)
        return a->none == b->none;
    switch (option->type) {
    case OSTLER_OPTION_STRING:
        return strcmp(a->text, b->text) == 0;
    case OSTLER_OPTION_BOOL:
        return a->boolean == b->boolean;
    case OSTLER_OPTION_INTEGER:
        return a->integer == b->integer;
    case OSTLER_OPTION_FLOAT: /* bit for bit, so that NaN is itself */
        return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case OSTLER_OPTION_LIST:
    case OSTLER_OPTION_MULTI:
        return same_items(a, b, 1);
    case OSTLER_OPTION_DICT:
        return same_items(a, b, 2);
    }
    return false;
}
