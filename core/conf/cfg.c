/* SPDX-License-Identifier: Apache-2.0 */
/* libconfig's format. A group at the top is a section, what stands outside of groups belongs to DEFAULT, and a group
 * in a group is the section OUTER:INNER, because names there cannot hold a colon. */
#include "number.h"
#include "readers.h"

#include <libconfig.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cfg {
    struct source *source;
    struct ostler_error *error;
};

static const char *file_of(const struct cfg *cfg, const config_setting_t *setting)
{
    const char *file = config_setting_source_file(setting);

    return file ? file : cfg->source->name;
}

OSTLER_PRINTF(3, 4)
static enum ostler_status cfg_fail(struct cfg *cfg, const config_setting_t *setting, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    ostler_error_setv(cfg->error, OSTLER_E_CONFIG, format, arguments);
    va_end(arguments);
    ostler_error_prefix(cfg->error, "%s:%u", file_of(cfg, setting), (unsigned)config_setting_source_line(setting));
    return OSTLER_E_CONFIG;
}

static enum ostler_status cfg_nomem(struct cfg *cfg)
{
    return ostler_error_set(cfg->error, OSTLER_E_NOMEM, "%s: out of memory", cfg->source->name);
}

/* A scalar as it would stand in an INI file; NULL without memory. */
static const char *scalar_text(struct arena *arena, const config_setting_t *setting)
{
    char number[NUMBER_TEXT_BYTES];

    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
        return arena_printf(arena, "%d", config_setting_get_int(setting));
    case CONFIG_TYPE_INT64:
        return arena_printf(arena, "%lld", config_setting_get_int64(setting));
    case CONFIG_TYPE_FLOAT:
        number_print(config_setting_get_float(setting), number);
        return arena_text(arena, number, strlen(number));
    case CONFIG_TYPE_BOOL:
        return config_setting_get_bool(setting) ? "true" : "false";
    default:
        return arena_text(arena, config_setting_get_string(setting), strlen(config_setting_get_string(setting)));
    }
}

static enum ostler_status read_scalar(struct cfg *cfg, const char *name, const config_setting_t *setting,
                                      const char **text)
{
    size_t bad = 0;

    if (config_setting_is_aggregate(setting))
        return cfg_fail(cfg, setting, "%s: expected a text, a number or a truth value inside the list", name);
    const char *copy = scalar_text(&cfg->source->arena, setting);
    if (!copy)
        return cfg_nomem(cfg);
    if (!text_is_utf8(copy, strlen(copy), &bad))
        return cfg_fail(cfg, setting, "%s: byte 0x%02x is not valid UTF-8", name, (unsigned)(unsigned char)copy[bad]);
    if (strlen(copy) > SOURCE_LINE_BYTES)
        return cfg_fail(cfg, setting, "%s: a value may have %d bytes at most", name, SOURCE_LINE_BYTES);
    *text = copy;
    return OSTLER_OK;
}

static enum ostler_status read_setting(struct cfg *cfg, struct section *section, const config_setting_t *setting)
{
    const char *name = config_setting_name(setting);
    bool array = config_setting_is_aggregate(setting);
    size_t count = array ? (size_t)config_setting_length(setting) : 1;
    const char **texts = arena_alloc(&cfg->source->arena, (count + 1) * sizeof *texts);

    if (!texts)
        return cfg_nomem(cfg);
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *item = array ? config_setting_get_elem(setting, (unsigned)i) : setting;
        enum ostler_status status = read_scalar(cfg, name, item, &texts[i]);
        if (status != OSTLER_OK)
            return status;
    }

    const char *file = arena_text(&cfg->source->arena, file_of(cfg, setting), strlen(file_of(cfg, setting)));
    struct occurrence *occurrence = file ? source_add(cfg->source, section, (struct span){name, strlen(name)}) : NULL;
    if (!occurrence)
        return cfg_nomem(cfg);
    occurrence->texts = texts;
    occurrence->count = count;
    occurrence->array = array;
    occurrence->file = file;
    occurrence->line = config_setting_source_line(setting);
    return OSTLER_OK;
}

/* Opens the section a group stands for; @outer is the name of the group around it, or NULL. */
static enum ostler_status open_section(struct cfg *cfg, const char *outer, const config_setting_t *group,
                                       struct section **section)
{
    char name[SOURCE_NAME_BYTES];
    const char *own = config_setting_name(group);
    int length = snprintf(name, sizeof name, "%s%s%s", outer ? outer : "", outer ? ":" : "", own ? own : "DEFAULT");

    if (length >= (int)sizeof name)
        return cfg_fail(cfg, group, "a section's name may have %d bytes at most", SOURCE_NAME_BYTES - 1);
    *section = source_open_section(cfg->source, (struct span){name, (size_t)length});
    return *section ? OSTLER_OK : cfg_nomem(cfg);
}

/* @depth 0 is what stands outside of groups. The recursion ends at depth 2. */
static enum ostler_status read_group(struct cfg *cfg, const char *outer, const config_setting_t *group, unsigned depth)
{
    struct section *section = NULL;
    int length = config_setting_length(group);
    enum ostler_status status = open_section(cfg, outer, group, &section);

    for (int i = 0; i < length && status == OSTLER_OK; i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        if (!config_setting_is_group(member))
            status = read_setting(cfg, section, member);
        else if (depth < 2)
            status = read_group(cfg, depth == 1 ? section->name : NULL, member, depth + 1);
        else
            status = cfg_fail(cfg, member, "%s: groups may be two deep: section and section:name",
                              config_setting_name(member));
    }
    return status;
}

static enum ostler_status parse(struct cfg *cfg, config_t *config, const char *bytes)
{
    char *path = strdup(cfg->source->name);

    if (!path)
        return cfg_nomem(cfg);
    config_set_include_dir(config, dirname(path));
    free(path);
    if (config_read_string(config, bytes) == CONFIG_TRUE)
        return OSTLER_OK;
    const char *file = config_error_file(config);
    return ostler_error_set(cfg->error, OSTLER_E_CONFIG, "%s:%d: %s, in libconfig's format",
                            file ? file : cfg->source->name, config_error_line(config), config_error_text(config));
}

enum ostler_status cfg_read(struct source *source, const char *bytes, size_t length, struct ostler_error *error)
{
    struct cfg cfg = {source, error};
    const char *nul = memchr(bytes, '\0', length);

    if (nul) {
        unsigned line = 1;
        for (const char *at = bytes; at < nul; at++)
            line += *at == '\n';
        return ostler_error_set(error, OSTLER_E_CONFIG, "%s:%u: a NUL byte in a text file", source->name, line);
    }

    config_t config;
    config_init(&config);
    enum ostler_status status = parse(&cfg, &config, bytes);
    if (status == OSTLER_OK)
        status = read_group(&cfg, NULL, config_root_setting(&config), 0);
    config_destroy(&config);
    return status;
}
