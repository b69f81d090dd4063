/* SPDX-License-Identifier: Apache-2.0 */
#include "failure.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes @p value. */
static bool put(struct json_object *object, const char *name, struct json_object *value)
{
    if (value && json_object_object_add_ex(object, name, value, JSON_C_OBJECT_ADD_KEY_IS_NEW) == 0)
        return true;
    json_object_put(value);
    return false;
}

static bool append_text(struct json_object *array, const char *text)
{
    struct json_object *value = json_object_new_string(text);

    if (value && json_object_array_add(array, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

/* Two lines: where it happened, and as Python ends every traceback, what it was. */
static struct json_object *traceback(const char *module, const char *class_name, const char *message, const char *where)
{
    struct json_object *lines = json_object_new_array();
    bool builtin = strcmp(module, "builtins") == 0;
    char *text = NULL;
    bool whole = lines && asprintf(&text, "  %s\n", where) >= 0 && append_text(lines, text);

    if (whole) {
        free(text);
        text = NULL;
        whole = asprintf(&text, "%s%s%s: %s\n", builtin ? "" : module, builtin ? "" : ".", class_name, message) >= 0 &&
                append_text(lines, text);
    }
    free(text);
    if (whole)
        return lines;
    json_object_put(lines);
    return NULL;
}

static struct json_object *only_argument(const char *message)
{
    struct json_object *args = json_object_new_array();

    if (args && append_text(args, message))
        return args;
    json_object_put(args);
    return NULL;
}

struct json_object *failure_new(const char *module, const char *class_name, const char *message, const char *where,
                                struct json_object *args, struct json_object *kwargs)
{
    struct json_object *failure = json_object_new_object();

    if (failure && put(failure, "class", json_object_new_string(class_name)) &&
        put(failure, "module", json_object_new_string(module)) &&
        put(failure, "message", json_object_new_string(message)) &&
        put(failure, "tb", traceback(module, class_name, message, where)) &&
        put(failure, "args", args ? json_object_get(args) : only_argument(message)) &&
        put(failure, "kwargs", kwargs ? json_object_get(kwargs) : json_object_new_object()))
        return failure;
    json_object_put(failure);
    return NULL;
}
