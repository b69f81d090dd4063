/* SPDX-License-Identifier: Apache-2.0 */
/* What the program asks: values, where they come from, which sections there are. */
#include "conf_parts.h"

#include <stdlib.h>
#include <string.h>

/* The slot if nothing has to be settled first. */
static const struct slot *find_settled(const ostler_conf *conf, const char *group_name, const char *name)
{
    const struct group *group = conf->stale ? NULL : group_find(conf, group_name);

    return group && !group->pattern ? group_slot(group, name) : NULL;
}

/* Failures that nobody asked for by declaring or checking are logged, once. */
static void tell_failures(ostler_conf *conf)
{
    for (struct group *group = conf->groups; group; group = group->hh.next)
        for (struct slot *slot = group->slots; slot; slot = slot->hh.next)
            if (slot->status != OSTLER_OK && !slot->failure_told) {
                slot->failure_told = true;
                conf_note(conf, OSTLER_LOG_ERROR, "%s; the default is used", slot->failure);
            }
}

/* The value in force, or NULL for an option that was not declared. Not changed as long as the configuration lives. */
static const struct value *value_in_force(const ostler_conf *conf, const char *group_name, const char *name,
                                          const struct ostler_option **option)
{
    pthread_rwlock_t *lock = (pthread_rwlock_t *)(uintptr_t)&conf->lock;

    pthread_rwlock_rdlock(lock);
    const struct slot *slot = find_settled(conf, group_name, name);
    const struct value *value = slot ? slot->value : NULL;
    *option = slot ? slot->option : NULL;
    bool settled = slot || (!conf->stale && group_find(conf, group_name));
    pthread_rwlock_unlock(lock);
    if (settled)
        return value;

    ostler_conf *changing = conf_enter(conf);
    group_open(changing, group_name);
    settle_all(changing);
    tell_failures(changing);
    slot = find_settled(changing, group_name, name);
    value = slot ? slot->value : NULL;
    *option = slot ? slot->option : NULL;
    conf_leave(changing);
    return value;
}

/* The value if it is of type @type (or @other) and not none. */
static const struct value *value_of_type(const ostler_conf *conf, const char *group, const char *name,
                                         enum ostler_option_type type, enum ostler_option_type other)
{
    const struct ostler_option *option = NULL;
    const struct value *value = value_in_force(conf, group, name, &option);

    return value && !value->none && (option->type == type || option->type == other) ? value : NULL;
}

const char *ostler_conf_string(const ostler_conf *conf, const char *group, const char *name)
{
    const struct value *value = value_of_type(conf, group, name, OSTLER_OPTION_STRING, OSTLER_OPTION_STRING);

    return value ? value->text : NULL;
}

bool ostler_conf_bool(const ostler_conf *conf, const char *group, const char *name)
{
    const struct value *value = value_of_type(conf, group, name, OSTLER_OPTION_BOOL, OSTLER_OPTION_BOOL);

    return value && value->boolean;
}

int64_t ostler_conf_integer(const ostler_conf *conf, const char *group, const char *name, int64_t none)
{
    const struct value *value = value_of_type(conf, group, name, OSTLER_OPTION_INTEGER, OSTLER_OPTION_INTEGER);

    return value ? value->integer : none;
}

double ostler_conf_float(const ostler_conf *conf, const char *group, const char *name, double none)
{
    const struct value *value = value_of_type(conf, group, name, OSTLER_OPTION_FLOAT, OSTLER_OPTION_FLOAT);

    return value ? value->real : none;
}

static const char *const no_items[] = {NULL};

const char *const *ostler_conf_list(const ostler_conf *conf, const char *group, const char *name, size_t *count)
{
    const struct value *value = value_of_type(conf, group, name, OSTLER_OPTION_LIST, OSTLER_OPTION_MULTI);

    if (count)
        *count = value ? value->count : 0;
    return value ? value->items : no_items;
}

const char *const *ostler_conf_dict_items(const ostler_conf *conf, const char *group, const char *name, size_t *count)
{
    const struct value *value = value_of_type(conf, group, name, OSTLER_OPTION_DICT, OSTLER_OPTION_DICT);

    if (count)
        *count = value ? value->count : 0;
    return value ? value->items : no_items;
}

const char *ostler_conf_dict(const ostler_conf *conf, const char *group, const char *name, const char *key)
{
    size_t count = 0;
    const char *const *items = ostler_conf_dict_items(conf, group, name, &count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(items[2 * i], key) == 0)
            return items[2 * i + 1];
    return NULL;
}

const char *ostler_conf_origin(const ostler_conf *conf, const char *group, const char *name)
{
    const struct ostler_option *option = NULL;
    const struct value *value = value_in_force(conf, group, name, &option);

    return value ? value->origin : NULL;
}

/* --- Sections --- */

static bool seen_before(const ostler_conf *conf, size_t sources, const char *key)
{
    for (size_t i = 0; i < sources; i++)
        if (source_find_section(conf->sources[i], key))
            return true;
    return false;
}

/* Fills @names, if it is not NULL, and returns how many there are. */
static size_t collect_sections(const ostler_conf *conf, const char *prefix, const char **names)
{
    size_t count = 0;

    for (size_t i = 0; i < conf->source_count; i++)
        for (const struct section *section = conf->sources[i]->sections; section; section = section->hh.next) {
            if (strncmp(section->key, prefix, strlen(prefix)) != 0 || seen_before(conf, i, section->key))
                continue;
            if (names)
                names[count] = section->name;
            count++;
        }
    return count;
}

enum ostler_status ostler_conf_sections(const ostler_conf *conf, const char *prefix, const char ***names, size_t *count,
                                        struct ostler_error *error)
{
    pthread_rwlock_t *lock = (pthread_rwlock_t *)(uintptr_t)&conf->lock;
    char key[SOURCE_NAME_BYTES];

    if (!text_section_key(prefix, key, sizeof key))
        return ostler_error_set(error, OSTLER_E_INVALID, "a section's name has %d bytes at most",
                                SOURCE_NAME_BYTES - 1);
    pthread_rwlock_rdlock(lock);
    size_t found = collect_sections(conf, key, NULL);
    const char **made = calloc(found + 1, sizeof *made);
    if (made)
        collect_sections(conf, key, made);
    pthread_rwlock_unlock(lock);
    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory for the names of sections");
    *names = made;
    *count = found;
    return OSTLER_OK;
}

/* --- Comparing --- */

/* One option that both declare; at a time, so that no two locks are held together. */
static bool same_option(const ostler_conf *a, const ostler_conf *b, const char *group, const char *name)
{
    const struct ostler_option *option_a = NULL, *option_b = NULL;
    const struct value *value_a = value_in_force(a, group, name, &option_a);
    const struct value *value_b = value_in_force(b, group, name, &option_b);

    if (!value_a || !value_b)
        return true;
    return option_a->type == option_b->type && types_same(option_a, value_a, value_b);
}

/* The names of a group's options, to be freed; NULL without memory. */
static const char **option_names(const ostler_conf *conf, const char *group_name)
{
    ostler_conf *changing = conf_enter(conf);
    const struct group *group = group_open(changing, group_name);
    const char **names = calloc((group ? HASH_COUNT(group->slots) : 0) + 1, sizeof *names);
    size_t count = 0;

    for (const struct slot *slot = group && names ? group->slots : NULL; slot; slot = slot->hh.next)
        names[count++] = slot->option->name;
    conf_leave(changing);
    return names;
}

bool ostler_conf_same(const ostler_conf *a, const ostler_conf *b, const char *group)
{
    const char **names = option_names(a, group);
    bool same = names != NULL;

    for (size_t i = 0; same && names[i]; i++)
        same = same_option(a, b, group, names[i]);
    free(names);
    return same;
}
