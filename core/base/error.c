/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/error.h>

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message that could not be formatted for want of memory points at the status's static text. */
static void free_message(struct ostler_error *error)
{
    if (error->message && error->message != ostler_status_text(error->status))
        free((void *)(uintptr_t)error->message);
}

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

void ostler_error_clear(struct ostler_error *error)
{
    /* Most are cleared without ever having been set. */
    if (!error || (error->status == OSTLER_OK && !error->message))
        return;
    free_message(error);
    free_text(error->remote_class);
    free_text(error->remote_module);
    free_text(error->remote_message);
    free_text(error->traceback);
    json_object_put(error->remote_args);
    json_object_put(error->remote_kwargs);
    json_object_put(error->details);
    *error = (struct ostler_error)OSTLER_ERROR_INIT;
}

/* NULL without memory. */
OSTLER_PRINTF(1, 0) static char *format_text(const char *format, va_list arguments)
{
    char *text = NULL;

    return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

enum ostler_status ostler_error_setv(struct ostler_error *error, enum ostler_status status, const char *format,
                                     va_list arguments)
{
    if (!error)
        return status;

    /* The arguments may point into the old message. */
    char *text = format_text(format, arguments);
    ostler_error_clear(error);
    error->status = status;
    error->message = text ? text : ostler_status_text(status);
    return status;
}

enum ostler_status ostler_error_set(struct ostler_error *error, enum ostler_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    ostler_error_setv(error, status, format, arguments);
    va_end(arguments);
    return status;
}

enum ostler_status ostler_error_set_errno(struct ostler_error *error, int errnum, const char *format, ...)
{
    if (!error)
        return OSTLER_E_SYSTEM;

    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);

    char reason[128];
    ostler_error_set(error, OSTLER_E_SYSTEM, "%s: %s", text ? text : "failed",
                     strerror_r(errnum, reason, sizeof reason));
    free(text);
    return OSTLER_E_SYSTEM;
}

void ostler_error_prefix(struct ostler_error *error, const char *format, ...)
{
    if (!error || error->status == OSTLER_OK)
        return;

    va_list arguments;
    va_start(arguments, format);
    char *prefix = format_text(format, arguments);
    va_end(arguments);

    char *text = NULL;
    if (prefix && asprintf(&text, "%s: %s", prefix, error->message) >= 0) {
        free_message(error);
        error->message = text;
    }
    free(prefix);
}

enum ostler_status ostler_error_move(struct ostler_error *to, struct ostler_error *from)
{
    enum ostler_status status = from->status;

    if (to && to != from) {
        ostler_error_clear(to);
        *to = *from;
        *from = (struct ostler_error)OSTLER_ERROR_INIT;
    } else if (!to) {
        ostler_error_clear(from);
    }
    return status;
}

/* A member's text, or NULL if it is missing, null or no string. */
static const char *text_member(struct json_object *object, const char *name)
{
    struct json_object *value = json_object_object_get(object, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static struct json_object *typed_member(struct json_object *object, const char *name, enum json_type type)
{
    struct json_object *value = json_object_object_get(object, name);

    return json_object_is_type(value, type) ? json_object_get(value) : NULL;
}

/* The lines of a traceback as one text; NULL without memory. */
static char *join_lines(struct json_object *lines)
{
    if (!json_object_is_type(lines, json_type_array))
        return strdup("");

    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return NULL;
    for (size_t i = 0; i < json_object_array_length(lines); i++) {
        const char *line = json_object_get_string(json_object_array_get_idx(lines, i));
        fputs(line ? line : "", stream);
    }
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

enum ostler_status ostler_error_set_remote(struct ostler_error *error, struct json_object *failure)
{
    if (!error)
        return OSTLER_E_REMOTE;
    if (!json_object_is_type(failure, json_type_object))
        return ostler_error_set(error, OSTLER_E_REMOTE, "Remote error: the failure cannot be read");

    const char *class_name = text_member(failure, "class");
    const char *module = text_member(failure, "module");
    const char *message = text_member(failure, "message");
    ostler_error_set(error, OSTLER_E_REMOTE, "Remote error: %s %s", class_name ? class_name : "Exception",
                     message ? message : "");
    error->remote_class = strdup(class_name ? class_name : "Exception");
    error->remote_module = strdup(module ? module : "builtins");
    error->remote_message = strdup(message ? message : "");
    error->remote_args = typed_member(failure, "args", json_type_array);
    error->remote_kwargs = typed_member(failure, "kwargs", json_type_object);
    error->traceback = join_lines(json_object_object_get(failure, "tb"));
    return OSTLER_E_REMOTE;
}
