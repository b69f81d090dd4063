/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum param_type { TYPE_ANY, TYPE_STRING, TYPE_INTEGER, TYPE_NUMBER, TYPE_BOOLEAN, TYPE_OBJECT, TYPE_ARRAY };

static const char *const type_names[] = {"any", "string", "integer", "number", "boolean", "object", "array"};
#define TYPE_COUNT (sizeof type_names / sizeof *type_names)

struct param {
    const char *name;
    enum param_type type;
    bool optional;
};

struct params {
    bool more; /* "...": further arguments are allowed */
    size_t count;
    struct param list[PARAMS_MAX];
    char text[]; /* the names point in here */
};

/* --- Parsing ---------------------------------------------------------------------------------------------------- */

/* Cuts blanks at both ends, in place. */
static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    while (isalnum((unsigned char)*text) || *text == '_')
        text++;
    return *text == '\0';
}

static bool parse_type(const char *text, enum param_type *type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(text, type_names[i]) == 0) {
            *type = (enum param_type)i;
            return true;
        }
    }
    return false;
}

/* One item, "NAME", "NAME?", "NAME: TYPE" or "NAME?: TYPE". */
static enum ostler_status parse_item(char *item, struct params *params, struct ostler_error *error)
{
    struct param param = {.type = TYPE_ANY};
    char *type = strchr(item, ':');

    if (type)
        *type++ = '\0';
    char *name = trim(item);
    size_t length = strlen(name);
    if (length > 0 && name[length - 1] == '?') {
        param.optional = true;
        name[length - 1] = '\0';
        name = trim(name);
    }
    if (!is_name(name))
        return ostler_error_set(error, OSTLER_E_MODULE, "\"%s\" is no parameter name", name);
    if (type && !parse_type(trim(type), &param.type))
        return ostler_error_set(error, OSTLER_E_MODULE,
                                "parameter \"%s\" has the unknown type \"%s\"; known are any, string, integer, number, "
                                "boolean, object and array",
                                name, trim(type));
    for (size_t i = 0; i < params->count; i++)
        if (strcmp(params->list[i].name, name) == 0)
            return ostler_error_set(error, OSTLER_E_MODULE, "parameter \"%s\" is declared twice", name);
    if (params->count == PARAMS_MAX)
        return ostler_error_set(error, OSTLER_E_MODULE, "more than %d parameters", PARAMS_MAX);
    param.name = name;
    params->list[params->count++] = param;
    return OSTLER_OK;
}

enum ostler_status params_parse(const char *text, struct params **params, struct ostler_error *error)
{
    if (!text) {
        *params = NULL;
        return OSTLER_OK;
    }

    struct params *parsed = calloc(1, sizeof *parsed + strlen(text) + 1);
    if (!parsed)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for the parameters of a method");
    char *rest = strcpy(parsed->text, text);
    enum ostler_status status = OSTLER_OK;
    if (*trim(rest) == '\0')
        rest = NULL;
    while (rest && status == OSTLER_OK) {
        char *item = trim(strsep(&rest, ","));
        if (!rest && strcmp(item, "...") == 0)
            parsed->more = true;
        else
            status = parse_item(item, parsed, error);
    }
    if (status != OSTLER_OK)
        params_free(parsed);
    else
        *params = parsed;
    return status;
}

void params_free(struct params *params)
{
    free(params);
}

/* --- Checking --------------------------------------------------------------------------------------------------- */

static bool type_fits(enum param_type type, struct json_object *value)
{
    switch (type) {
    case TYPE_ANY:
        return true;
    case TYPE_STRING:
        return json_object_is_type(value, json_type_string);
    case TYPE_INTEGER:
        return json_object_is_type(value, json_type_int);
    case TYPE_NUMBER:
        return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
    case TYPE_BOOLEAN:
        return json_object_is_type(value, json_type_boolean);
    case TYPE_OBJECT:
        return json_object_is_type(value, json_type_object);
    case TYPE_ARRAY:
        return json_object_is_type(value, json_type_array);
    }
    return false;
}

static const char *value_type_name(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_int:
        return "integer";
    case json_type_double:
        return "number";
    case json_type_null:
    case json_type_boolean:
    case json_type_object:
    case json_type_array:
    case json_type_string:
        break;
    }
    return json_type_to_name(json_object_get_type(value));
}

static const struct param *find_param(const struct params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++)
        if (strcmp(params->list[i].name, name) == 0)
            return &params->list[i];
    return NULL;
}

static enum ostler_status unexpected(const struct params *params, const char *method, struct json_object *args,
                                     struct ostler_error *error)
{
    json_object_object_foreach(args, name, value)
    {
        (void)value;
        if (!find_param(params, name))
            return ostler_error_set(error, OSTLER_E_INVALID, "%s() got an unexpected keyword argument '%.255s'", method,
                                    name);
    }
    return OSTLER_OK;
}

/* Python's list: "'a'", "'a' and 'b'", "'a', 'b', and 'c'". */
static enum ostler_status missing(const struct params *params, const char *method, struct json_object *args,
                                  struct ostler_error *error)
{
    const char *names[PARAMS_MAX];
    size_t count = 0;
    char *text = NULL;
    size_t size = 0;

    for (size_t i = 0; i < params->count; i++)
        if (!params->list[i].optional && !json_object_object_get_ex(args, params->list[i].name, NULL))
            names[count++] = params->list[i].name;

    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return ostler_error_set(error, OSTLER_E_INVALID, "%s() missing required arguments", method);
    for (size_t i = 0; i < count; i++) {
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : count == 2 ? " and " : ", and ";
        fprintf(stream, "%s'%s'", before, names[i]);
    }
    bool whole = fclose(stream) == 0;
    ostler_error_set(error, OSTLER_E_INVALID, "%s() missing %zu required positional argument%s: %s", method, count,
                     count == 1 ? "" : "s", whole ? text : "...");
    free(text);
    return OSTLER_E_INVALID;
}

/* The usual case without looking up names in the object: every parameter is there, of the right type, and no more. */
static bool fits(const struct params *params, struct json_object *args)
{
    if ((size_t)json_object_object_length(args) != params->count)
        return false;
    json_object_object_foreach(args, name, value)
    {
        const struct param *param = find_param(params, name);
        if (!param || !type_fits(param->type, value))
            return false;
    }
    return true;
}

enum ostler_status params_check(const struct params *params, const char *method, struct json_object *args,
                                struct ostler_error *error)
{
    const struct param *wrong = NULL;
    bool incomplete = false;
    size_t found = 0;
    struct json_object *value;

    if (!params || fits(params, args))
        return OSTLER_OK;
    for (size_t i = 0; i < params->count; i++) {
        const struct param *param = &params->list[i];
        if (!json_object_object_get_ex(args, param->name, &value)) {
            incomplete = incomplete || !param->optional;
            continue;
        }
        found++;
        if (!type_fits(param->type, value) && !(param->optional && !value) && !wrong)
            wrong = param;
    }
    if (!params->more && found < (size_t)json_object_object_length(args))
        return unexpected(params, method, args, error);
    if (incomplete)
        return missing(params, method, args, error);
    if (wrong) {
        json_object_object_get_ex(args, wrong->name, &value);
        return ostler_error_set(error, OSTLER_E_INVALID, "%s() argument '%s' must be %s, not %s", method, wrong->name,
                                type_names[wrong->type], value_type_name(value));
    }
    return OSTLER_OK;
}
