/* SPDX-License-Identifier: Apache-2.0 */
/* $name, ${name}, $group.name, ${group.name}, $$ and \$, as Python's string.Template and oslo.config read them. */
#include "conf_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t name_length(const char *at)
{
    size_t length = 0;

    if (!begins_name(*at))
        return 0;
    while (begins_name(at[length]) || at[length] == '.' || (at[length] >= '0' && at[length] <= '9'))
        length++;
    return length;
}

/* \$ means the same as $$. It is rewritten before anything is looked up, so that $\$ is a literal dollar sign and a
 * dollar sign. NULL without memory. */
static char *double_escapes(const char *text)
{
    char *copy = strdup(text);

    for (char *at = copy; at && (at = strstr(at, "\\$")) != NULL; at += 2)
        *at = '$';
    return copy;
}

struct output {
    FILE *stream;
    char *text;
    size_t size;
    size_t length;
};

static enum ostler_status put(struct output *output, const char *text, size_t length, struct ostler_error *error)
{
    if (length > SOURCE_LINE_BYTES - output->length)
        return ostler_error_set(error, OSTLER_E_CONFIG, "the value grows over %d bytes by its references",
                                SOURCE_LINE_BYTES);
    if (fwrite(text, 1, length, output->stream) != length)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    output->length += length;
    return OSTLER_OK;
}

static enum ostler_status put_reference(struct output *output, const char *at, size_t length, substitute_lookup lookup,
                                        void *user, struct ostler_error *error)
{
    char *name = strndup(at, length), *text = NULL;

    if (!name)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    enum ostler_status status = lookup(user, name, &text, error);
    if (status == OSTLER_OK)
        status = put(output, text, strlen(text), error);
    free(name);
    free(text);
    return status;
}

/* What stands at a dollar sign. *used is how much of it has been dealt with. */
static enum ostler_status put_dollar(struct output *output, const char *at, size_t *used, substitute_lookup lookup,
                                     void *user, struct ostler_error *error)
{
    bool braced = at[1] == '{';
    const char *name = at + (braced ? 2 : 1);
    size_t length = name_length(name);

    if (at[1] == '$') {
        *used = 2;
        return put(output, "$", 1, error);
    }
    if (length == 0 || (braced && name[length] != '}')) {
        *used = 1;
        return put(output, "$", 1, error);
    }
    *used = length + (braced ? 3 : 1);
    return put_reference(output, name, length, lookup, user, error);
}

static enum ostler_status scan(struct output *output, const char *at, substitute_lookup lookup, void *user,
                               struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    while (*at && status == OSTLER_OK) {
        size_t used = strcspn(at, "$");
        if (used > 0)
            status = put(output, at, used, error);
        else
            status = put_dollar(output, at, &used, lookup, user, error);
        at += used;
    }
    return status;
}

enum ostler_status substitute(const char *text, substitute_lookup lookup, void *user, char **result,
                              struct ostler_error *error)
{
    struct output output = {.stream = NULL};
    char *doubled = double_escapes(text);
    enum ostler_status status;

    if (doubled && !strchr(doubled, '$')) {
        *result = doubled;
        return OSTLER_OK;
    }
    if (!doubled || !(output.stream = open_memstream(&output.text, &output.size))) {
        free(doubled);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    status = scan(&output, doubled, lookup, user, error);
    if (fclose(output.stream) != 0 && status == OSTLER_OK)
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    free(doubled);
    if (status == OSTLER_OK)
        *result = output.text;
    else
        free(output.text);
    return status;
}
