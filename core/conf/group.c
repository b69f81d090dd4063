/* SPDX-License-Identifier: Apache-2.0 */
/* Which options exist where. */
#include "conf_parts.h"
#include "option_keep.h"

#include <string.h>

static struct group *find_key(const ostler_conf *conf, const char *key)
{
    struct group *group = NULL;

    HASH_FIND_STR(conf->groups, key, group);
    return group;
}

struct group *group_find(const ostler_conf *conf, const char *name)
{
    char key[SOURCE_NAME_BYTES];
    struct group *group = find_key(conf, name);

    /* Most ask with the name as it is compared. */
    if (group || !text_section_key(name, key, sizeof key))
        return group;
    return find_key(conf, key);
}

/* Whether @key is of the form that @pattern ("server:*") describes. */
static bool fits(const struct group *pattern, const char *key)
{
    return pattern->pattern && strncmp(key, pattern->key, strlen(pattern->key) - 1) == 0 &&
           key[strlen(pattern->key) - 1] != '\0' && strcmp(key, pattern->key) != 0;
}

struct group *group_pattern(const ostler_conf *conf, const char *name)
{
    char key[SOURCE_NAME_BYTES];

    if (!text_section_key(name, key, sizeof key))
        return NULL;
    for (struct group *group = conf->groups; group; group = group->hh.next)
        if (fits(group, key))
            return group;
    return NULL;
}

struct slot *group_slot(const struct group *group, const char *name)
{
    struct slot *slot = NULL;

    HASH_FIND_STR(group->slots, name, slot);
    return slot;
}

bool group_add(ostler_conf *conf, struct group *group, const struct ostler_option *option)
{
    if (group_slot(group, option->name))
        return true;
    struct slot *slot = arena_alloc(&conf->arena, sizeof *slot);
    const struct ostler_option *kept = option_keep(&conf->arena, option);
    if (!slot || !kept)
        return false;
    slot->option = kept;
    slot->group = group;
    slot->state = SLOT_PENDING;
    HASH_ADD_KEYPTR(hh, group->slots, kept->name, strlen(kept->name), slot);
    return slot->hh.tbl != NULL;
}

static bool add_slots_of(ostler_conf *conf, struct group *group, const struct group *pattern)
{
    for (const struct slot *slot = pattern->slots; slot; slot = slot->hh.next)
        if (!group_add(conf, group, slot->option))
            return false;
    return true;
}

struct group *group_make(ostler_conf *conf, const char *name)
{
    char key[SOURCE_NAME_BYTES];
    struct group *group = group_find(conf, name);

    if (group)
        return group;
    if (!text_section_key(name, key, sizeof key))
        return NULL;
    group = arena_alloc(&conf->arena, sizeof *group);
    if (!group)
        return NULL;
    group->name = arena_text(&conf->arena, name, strlen(name));
    group->key = arena_text(&conf->arena, key, strlen(key));
    if (!group->name || !group->key)
        return NULL;
    group->pattern = strlen(key) > 2 && strcmp(key + strlen(key) - 2, ":*") == 0;

    const struct group *pattern = group_pattern(conf, name);
    HASH_ADD_KEYPTR(hh, conf->groups, group->key, strlen(group->key), group);
    if (!group->hh.tbl)
        return NULL;
    if (pattern && !add_slots_of(conf, group, pattern)) {
        /* Not half of it. */
        HASH_CLEAR(hh, group->slots);
        HASH_DEL(conf->groups, group);
        return NULL;
    }
    return group;
}

struct group *group_open(ostler_conf *conf, const char *name)
{
    struct group *group = group_find(conf, name);

    return group || !group_pattern(conf, name) ? group : group_make(conf, name);
}

static enum ostler_status nomem(const char *name, struct ostler_error *error)
{
    return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory for the options of [%s]", name);
}

/* Nothing is added unless everything can be. */
static enum ostler_status check_tables(const struct group *group, const struct ostler_option *options,
                                       struct ostler_error *error)
{
    for (; options->name; options++) {
        const struct slot *slot = group_slot(group, options->name);
        if (strlen(options->name) == 0 || strlen(options->name) >= SOURCE_NAME_BYTES)
            return ostler_error_set(error, OSTLER_E_INVALID, "[%s]: an option's name has 1 to %d bytes", group->name,
                                    SOURCE_NAME_BYTES - 1);
        if (slot && slot->option->type != options->type)
            return ostler_error_set(error, OSTLER_E_INVALID, "[%s] %s is declared twice, with different types",
                                    group->name, options->name);
    }
    return OSTLER_OK;
}

static enum ostler_status add_to_fitting(ostler_conf *conf, const struct group *pattern)
{
    for (struct group *group = conf->groups; group; group = group->hh.next)
        if (fits(pattern, group->key) && !add_slots_of(conf, group, pattern))
            return OSTLER_E_NOMEM;
    return OSTLER_OK;
}

enum ostler_status group_declare(ostler_conf *conf, const char *name, const struct ostler_option *options,
                                 struct ostler_error *error)
{
    if (strlen(name) == 0 || strlen(name) >= SOURCE_NAME_BYTES)
        return ostler_error_set(error, OSTLER_E_INVALID, "a section's name has 1 to %d bytes", SOURCE_NAME_BYTES - 1);
    struct group *group = group_make(conf, name);
    if (!group)
        return nomem(name, error);
    enum ostler_status status = check_tables(group, options, error);
    if (status != OSTLER_OK)
        return status;
    for (; options->name; options++)
        if (!group_add(conf, group, options))
            return nomem(name, error);
    if (group->pattern && add_to_fitting(conf, group) != OSTLER_OK)
        return nomem(name, error);
    return OSTLER_OK;
}

enum ostler_status group_open_sections(ostler_conf *conf)
{
    for (size_t i = 0; i < conf->source_count; i++)
        for (const struct section *section = conf->sources[i]->sections; section; section = section->hh.next)
            if (group_pattern(conf, section->name) && !group_open(conf, section->name))
                return OSTLER_E_NOMEM;
    return OSTLER_OK;
}
