/* SPDX-License-Identifier: Apache-2.0 */
/* Reads cases, one JSON object a line, and prints what the reader makes of each, one JSON object a line. compare_oslo.py
 * does the same with oslo.config and compares.
 *
 * A case: {"sources": [["file" | "dir", PATH]...], "environment": {NAME: TEXT}, "options": [OPTION...],
 * "set" and "set_default": [[GROUP, NAME, TEXT]...]}. An answer: {"failed": MESSAGE} for a source that cannot be read,
 * else {"values": {"GROUP.NAME": {"value": V} | {"error": MESSAGE}}, "refused": [BOOL of each set and set_default],
 * "warned": [LOG LINE...]}. Numbers are given as text, dictionaries as lists of pairs. */
#include "conf_parts.h"

#include <json-c/json.h>
#include <json-c/json_object_iterator.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *warned;

static void sink(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)user;
    (void)module;
    if (level == OSTLER_LOG_WARNING)
        json_object_array_add(warned, json_object_new_string(text));
}

static const char *text_of(struct json_object *object, const char *name)
{
    return json_object_get_string(json_object_object_get(object, name));
}

static const char *text_at(struct json_object *array, size_t index)
{
    return json_object_get_string(json_object_array_get_idx(array, index));
}

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* --- Declaring --- */

struct table {
    struct ostler_option option[2];
    const char *choices[16];
    struct ostler_option_alias aliases[8];
};

static enum ostler_option_type type_of(const char *name)
{
    static const char *const names[] = {"string", "bool", "integer", "float", "list", "dict", "multi"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return (enum ostler_option_type)i;
    abort();
}

/* The texts stay with the case. */
static void fill_table(struct table *table, struct json_object *option)
{
    struct json_object *choices = json_object_object_get(option, "choices");
    struct json_object *aliases = json_object_object_get(option, "deprecated");

    table->option[0].name = text_of(option, "name");
    table->option[0].type = type_of(text_of(option, "type"));
    table->option[0].default_value = text_of(option, "default");
    table->option[0].min = json_object_get_double(json_object_object_get(option, "min"));
    table->option[0].max = json_object_get_double(json_object_object_get(option, "max"));
    for (size_t i = 0; choices && i < json_object_array_length(choices) && i < 15; i++)
        table->choices[i] = text_at(choices, i);
    if (choices)
        table->option[0].choices = table->choices;
    for (size_t i = 0; aliases && i < json_object_array_length(aliases) && i < 7; i++) {
        struct json_object *alias = json_object_array_get_idx(aliases, i);
        table->aliases[i] = (struct ostler_option_alias){text_at(alias, 0), text_at(alias, 1)};
    }
    if (aliases)
        table->option[0].deprecated = table->aliases;
}

static void declare_all(ostler_conf *conf, struct json_object *options, struct table *tables)
{
    for (size_t i = 0; i < json_object_array_length(options); i++) {
        struct json_object *option = json_object_array_get_idx(options, i);
        fill_table(&tables[i], option);
        /* A value that does not fit shows in the answer. */
        (void)ostler_conf_declare(conf, text_of(option, "group"), tables[i].option, NULL);
    }
}

/* --- Answering --- */

static struct json_object *items_of(const struct value *value, bool pairs)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < value->count; i++) {
        if (!pairs) {
            json_object_array_add(array, json_object_new_string(value->items[i]));
            continue;
        }
        struct json_object *pair = json_object_new_array();
        json_object_array_add(pair, json_object_new_string(value->items[2 * i]));
        json_object_array_add(pair, json_object_new_string(value->items[2 * i + 1]));
        json_object_array_add(array, pair);
    }
    return array;
}

static struct json_object *value_of(const struct slot *slot)
{
    const struct value *value = slot->value;

    if (value->none)
        return NULL;
    switch (slot->option->type) {
    case OSTLER_OPTION_BOOL:
        return json_object_new_boolean(value->boolean);
    case OSTLER_OPTION_LIST:
    case OSTLER_OPTION_MULTI:
        return items_of(value, false);
    case OSTLER_OPTION_DICT:
        return items_of(value, true);
    default:
        break;
    }
    char *text = must(types_print(slot->option, value));
    struct json_object *object = json_object_new_string(text);
    free(text);
    return object;
}

static struct json_object *answer_option(const ostler_conf *conf, struct json_object *option)
{
    struct json_object *answer = json_object_new_object();
    const struct slot *slot = group_slot(must(group_find(conf, text_of(option, "group"))), text_of(option, "name"));

    if (slot->status != OSTLER_OK)
        json_object_object_add(answer, "error", json_object_new_string(slot->failure));
    else
        json_object_object_add(answer, "value", value_of(slot));
    return answer;
}

static struct json_object *answer_all(const ostler_conf *conf, struct json_object *options)
{
    struct json_object *values = json_object_new_object();

    for (size_t i = 0; i < json_object_array_length(options); i++) {
        struct json_object *option = json_object_array_get_idx(options, i);
        char *name = NULL;
        if (asprintf(&name, "%s.%s", text_of(option, "group"), text_of(option, "name")) < 0)
            abort();
        json_object_object_add(values, name, answer_option(conf, option));
        free(name);
    }
    return values;
}

/* --- Cases --- */

static enum ostler_status add_sources(ostler_conf *conf, struct json_object *sources, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < json_object_array_length(sources) && status == OSTLER_OK; i++) {
        struct json_object *source = json_object_array_get_idx(sources, i);
        bool folder = strcmp(text_at(source, 0), "dir") == 0;
        status = (folder ? ostler_conf_add_dir : ostler_conf_add_file)(conf, text_at(source, 1), error);
    }
    return status;
}

static void set_all(ostler_conf *conf, struct json_object *list, bool defaults, struct json_object *refused)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        enum ostler_status status = (defaults ? ostler_conf_set_default : ostler_conf_set)(
            conf, text_at(one, 0), text_at(one, 1), text_at(one, 2), NULL);
        json_object_array_add(refused, json_object_new_boolean(status != OSTLER_OK));
    }
}

static struct json_object *run_case(struct json_object *one)
{
    struct json_object *options = json_object_object_get(one, "options"), *answer = json_object_new_object();
    struct table *tables = must(calloc(json_object_array_length(options) + 1, sizeof *tables));
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = NULL;

    warned = json_object_new_array();
    if (ostler_conf_new(&conf, &error) != OSTLER_OK)
        abort();
    if (add_sources(conf, json_object_object_get(one, "sources"), &error) != OSTLER_OK) {
        json_object_object_add(answer, "failed", json_object_new_string(error.message));
    } else {
        struct json_object *refused = json_object_new_array();
        declare_all(conf, options, tables);
        set_all(conf, json_object_object_get(one, "set"), false, refused);
        set_all(conf, json_object_object_get(one, "set_default"), true, refused);
        (void)ostler_conf_check(conf, NULL);
        json_object_object_add(answer, "values", answer_all(conf, options));
        json_object_object_add(answer, "refused", refused);
    }
    json_object_object_add(answer, "warned", warned);
    ostler_conf_unref(conf);
    ostler_error_clear(&error);
    free(tables);
    return answer;
}

static void set_environment(struct json_object *environment, bool set)
{
    struct json_object_iterator at = json_object_iter_begin(environment);
    struct json_object_iterator end = json_object_iter_end(environment);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *name = json_object_iter_peek_name(&at);
        if (set)
            setenv(name, json_object_get_string(json_object_iter_peek_value(&at)), 1);
        else
            unsetenv(name);
    }
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    ostler_log_set_sink(sink, NULL);
    while (getline(&line, &size, stdin) > 0) {
        struct json_object *one = must(json_tokener_parse(line));
        struct json_object *environment = must(json_object_object_get(one, "environment"));
        set_environment(environment, true);
        struct json_object *answer = run_case(one);
        puts(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
        set_environment(environment, false);
        json_object_put(answer);
        json_object_put(one);
    }
    free(line);
    return 0;
}
