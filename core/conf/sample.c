/* SPDX-License-Identifier: Apache-2.0 */
/* A section as it could stand in a file, every option commented out with its default. */
#include <ostler/conf.h>

#include <stdio.h>
#include <string.h>

enum { WIDTH = 78 };

/* "# " and words, on as many lines as it takes. */
static void write_wrapped(FILE *out, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t word = strcspn(text, " \n");
        if (column > 0 && column + 1 + word > WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column ? " " : "# ", (int)word, text);
        text += word;
        text += strspn(text, " \n");
    }
    if (column > 0)
        fputc('\n', out);
}

static const char *type_name(enum ostler_option_type type)
{
    switch (type) {
    case OSTLER_OPTION_STRING:
        return "text";
    case OSTLER_OPTION_BOOL:
        return "true or false";
    case OSTLER_OPTION_INTEGER:
        return "integer";
    case OSTLER_OPTION_FLOAT:
        return "number";
    case OSTLER_OPTION_LIST:
        return "list, separated by commas";
    case OSTLER_OPTION_DICT:
        return "NAME:VALUE pairs, separated by commas";
    case OSTLER_OPTION_MULTI:
        return "text; may be repeated";
    }
    return "text";
}

static void write_bounds(FILE *out, const struct ostler_option *option)
{
    if (option->min < option->max)
        fprintf(out, "# From %.15g to %.15g\n", option->min, option->max);
    if (!option->choices)
        return;
    fputs("# One of:", out);
    for (const char *const *choice = option->choices; *choice; choice++)
        fprintf(out, "%s %s", choice == option->choices ? "" : ",", *choice);
    fputc('\n', out);
}

/* "server:*" as a file would have it. */
static void write_section_name(FILE *out, const char *name)
{
    size_t length = strlen(name);

    if (length > 2 && strcmp(name + length - 2, ":*") == 0)
        fprintf(out, "[%.*sNAME]", (int)length - 1, name);
    else
        fprintf(out, "[%s]", name);
}

static void write_former_names(FILE *out, const char *group, const struct ostler_option *option)
{
    const struct ostler_option_alias *alias = option->deprecated;

    for (; alias && (alias->group || alias->name); alias++) {
        fputs("# Former name: ", out);
        write_section_name(out, alias->group ? alias->group : group);
        fprintf(out, " %s\n", alias->name ? alias->name : option->name);
    }
}

/* White space at the ends would be trimmed, and quotes around it dropped: one more pair keeps both. */
static bool needs_quotes(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && (strchr(" \t\"'", text[0]) || strchr(" \t", text[length - 1]));
}

static void write_option(FILE *out, const char *group, const struct ostler_option *option)
{
    const char *value = option->secret || !option->default_value ? "" : option->default_value;
    const char *quote = needs_quotes(value) ? "\"" : "";

    fputc('\n', out);
    write_wrapped(out, option->help ? option->help : "");
    fprintf(out, "# (%s)\n", type_name(option->type));
    write_bounds(out, option);
    write_former_names(out, group, option);
    if (option->no_effect)
        fputs("# Accepted, but without effect here.\n", out);
    fprintf(out, "#%s =%s%s%s%s\n", option->name, *value ? " " : "", quote, value, quote);
}

bool ostler_conf_write_sample(void *stream, const struct ostler_option_group *group)
{
    FILE *out = stream;

    write_section_name(out, group->name);
    fputc('\n', out);
    write_wrapped(out, group->help ? group->help : "");
    for (const struct ostler_option *option = group->options; option->name; option++)
        write_option(out, group->name, option);
    return ferror(out) == 0;
}
