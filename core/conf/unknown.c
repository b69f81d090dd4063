/* SPDX-License-Identifier: Apache-2.0 */
/* Options that nobody declared, and what they were probably meant to be. */
#include "conf_parts.h"

#include <stdlib.h>
#include <string.h>

/* Longer names are not compared. */
enum { LONGEST_COMPARED = 64 };

struct finding {
    const char *file;
    unsigned line;
    const char *group;
    const char *name;
    const char *nearest;
};

struct findings {
    struct finding *all;
    size_t count;
    size_t size;
};

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

/* How many characters have to be put in, left out or replaced (Levenshtein); dashes count as underscores. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[LONGEST_COMPARED + 1];
    size_t length = strlen(b);

    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            bool equal = a[i] == b[j] || (a[i] == '-' && b[j] == '_');
            size_t cost = least(row[j + 1] + 1, row[j] + 1, diagonal + !equal);
            diagonal = row[j + 1];
            row[j + 1] = cost;
        }
    }
    return row[length];
}

/* The declared name that is near enough to be meant: a third of the characters may differ. */
static const char *nearest_name(const struct group *group, const char *name)
{
    const char *nearest = NULL;
    size_t best = strlen(name) / 3 + 1;

    if (strlen(name) > LONGEST_COMPARED)
        return NULL;
    for (const struct slot *slot = group ? group->slots : NULL; slot; slot = slot->hh.next) {
        if (strlen(slot->option->name) > LONGEST_COMPARED)
            continue;
        size_t distance = edit_distance(name, slot->option->name);
        if (distance < best || (distance == best && !nearest)) {
            best = distance;
            nearest = slot->option->name;
        }
    }
    return nearest;
}

/* @own is the key of the section that the slot stands for: a pattern stands for many. */
static bool is_former_name(const struct slot *slot, const char *own, const char *key, const char *name)
{
    const struct ostler_option_alias *alias = slot->option->deprecated;
    char alias_key[SOURCE_NAME_BYTES];

    for (; alias && (alias->group || alias->name); alias++) {
        const char *former = alias->name ? alias->name : slot->option->name;
        const char *group = alias->group ? alias->group : own;
        if (strcmp(former, name) == 0 && text_section_key(group, alias_key, sizeof alias_key) &&
            strcmp(alias_key, key) == 0)
            return true;
    }
    return false;
}

static bool is_known(const ostler_conf *conf, const struct group *own, const char *key, const char *name)
{
    if (own && group_slot(own, name))
        return true;
    for (const struct group *group = conf->groups; group; group = group->hh.next)
        for (const struct slot *slot = group->slots; slot; slot = slot->hh.next)
            if (is_former_name(slot, group == own ? key : group->key, key, name))
                return true;
    return false;
}

static bool is_ours(const char *key)
{
    return strncmp(key, "endpoint:", 9) == 0 || strncmp(key, "server:", 7) == 0 || strncmp(key, "listener:", 9) == 0;
}

static void add_finding(struct findings *findings, struct finding finding)
{
    if (findings->count == findings->size) {
        size_t size = findings->size * 2 + 16;
        struct finding *larger = realloc(findings->all, size * sizeof *larger);
        if (!larger)
            return;
        findings->all = larger;
        findings->size = size;
    }
    findings->all[findings->count++] = finding;
}

static void search_section(const ostler_conf *conf, const struct section *section, struct findings *findings)
{
    const struct group *group = group_find(conf, section->name);

    if (!group)
        group = group_pattern(conf, section->name);
    if (!group && !is_ours(section->key))
        return;
    for (const struct setting *setting = section->settings; setting; setting = setting->hh.next) {
        if (is_known(conf, group, section->key, setting->name))
            continue;
        const char *nearest = nearest_name(group, setting->name);
        for (const struct occurrence *one = setting->first; one; one = one->next)
            add_finding(findings, (struct finding){one->file, one->line, section->name, setting->name, nearest});
    }
}

void ostler_conf_unknown(const ostler_conf *conf, ostler_conf_unknown_fn report, void *user)
{
    pthread_rwlock_t *lock = (pthread_rwlock_t *)(uintptr_t)&conf->lock;
    struct findings findings = {.all = NULL};

    pthread_rwlock_rdlock(lock);
    for (size_t i = 0; i < conf->source_count; i++)
        for (const struct section *section = conf->sources[i]->sections; section; section = section->hh.next)
            search_section(conf, section, &findings);
    pthread_rwlock_unlock(lock);

    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *one = &findings.all[i];
        report(user, one->file, one->line, one->group, one->name, one->nearest);
    }
    free(findings.all);
}
