/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdlib.h>
#include <string.h>

struct source *source_new(const char *name)
{
    struct source *source = calloc(1, sizeof *source);

    if (!source)
        return NULL;
    atomic_init(&source->references, 1);
    source->name = arena_text(&source->arena, name, strlen(name));
    if (!source->name) {
        source_unref(source);
        return NULL;
    }
    return source;
}

struct source *source_ref(struct source *source)
{
    atomic_fetch_add_explicit(&source->references, 1, memory_order_relaxed);
    return source;
}

void source_unref(struct source *source)
{
    if (!source || atomic_fetch_sub_explicit(&source->references, 1, memory_order_acq_rel) != 1)
        return;
    for (struct section *section = source->sections; section; section = section->hh.next)
        HASH_CLEAR(hh, section->settings);
    HASH_CLEAR(hh, source->sections);
    arena_free(&source->arena);
    free(source);
}

struct section *source_find_section(const struct source *source, const char *key)
{
    struct section *section = NULL;

    HASH_FIND_STR(source->sections, key, section);
    return section;
}

struct setting *source_find(const struct source *source, const char *key, const char *name)
{
    struct section *section = source_find_section(source, key);
    struct setting *setting = NULL;

    if (section)
        HASH_FIND_STR(section->settings, name, setting);
    return setting && setting->first ? setting : NULL;
}

struct section *source_open_section(struct source *source, struct span name)
{
    char spelled[SOURCE_NAME_BYTES], key[SOURCE_NAME_BYTES];

    memcpy(spelled, name.at, name.length);
    spelled[name.length] = '\0';
    text_section_key(spelled, key, sizeof key);

    struct section *section = source_find_section(source, key);
    if (section)
        return section;
    section = arena_alloc(&source->arena, sizeof *section);
    if (!section)
        return NULL;
    section->name = arena_text(&source->arena, spelled, name.length);
    section->key = arena_text(&source->arena, key, name.length);
    if (!section->name || !section->key)
        return NULL;
    HASH_ADD_KEYPTR(hh, source->sections, section->key, name.length, section);
    return section->hh.tbl ? section : NULL;
}

static struct setting *open_setting(struct source *source, struct section *section, struct span name)
{
    struct setting *setting = NULL;

    HASH_FIND(hh, section->settings, name.at, name.length, setting);
    if (setting)
        return setting;
    setting = arena_alloc(&source->arena, sizeof *setting);
    if (!setting)
        return NULL;
    setting->name = arena_text(&source->arena, name.at, name.length);
    if (!setting->name)
        return NULL;
    HASH_ADD_KEYPTR(hh, section->settings, setting->name, name.length, setting);
    return setting->hh.tbl ? setting : NULL;
}

struct occurrence *source_add(struct source *source, struct section *section, struct span name)
{
    struct setting *setting = open_setting(source, section, name);
    struct occurrence *occurrence = setting ? arena_alloc(&source->arena, sizeof *occurrence) : NULL;

    if (!occurrence)
        return NULL;
    occurrence->file = source->name;
    if (setting->last)
        setting->last->next = occurrence;
    else
        setting->first = occurrence;
    setting->last = occurrence;
    return occurrence;
}

enum ostler_status source_add_text(struct source *source, struct section *section, struct span name, struct span text,
                                   unsigned line)
{
    const char **texts = arena_alloc(&source->arena, sizeof *texts);
    const char *copy = arena_text(&source->arena, text.at, text.length);
    struct occurrence *occurrence = texts && copy ? source_add(source, section, name) : NULL;

    if (!occurrence)
        return OSTLER_E_NOMEM;
    texts[0] = copy;
    occurrence->texts = texts;
    occurrence->count = 1;
    occurrence->line = line;
    return OSTLER_OK;
}

void source_forget(struct section *section, const char *name, bool keep_last)
{
    struct setting *setting = NULL;

    HASH_FIND_STR(section->settings, name, setting);
    if (!setting)
        return;
    if (!keep_last)
        setting->last = NULL;
    setting->first = setting->last;
}

static enum ostler_status copy_setting(struct source *copy, struct section *section, const struct setting *setting)
{
    struct span name = {setting->name, strlen(setting->name)};

    for (const struct occurrence *from = setting->first; from; from = from->next)
        for (size_t i = 0; i < from->count; i++) {
            struct span text = {from->texts[i], strlen(from->texts[i])};
            if (source_add_text(copy, section, name, text, from->line) != OSTLER_OK)
                return OSTLER_E_NOMEM;
        }
    return OSTLER_OK;
}

struct source *source_copy(const struct source *source)
{
    struct source *copy = source_new(source->name);
    enum ostler_status status = copy ? OSTLER_OK : OSTLER_E_NOMEM;

    for (const struct section *from = source->sections; from && status == OSTLER_OK; from = from->hh.next) {
        struct section *section = source_open_section(copy, (struct span){from->name, strlen(from->name)});
        status = section ? OSTLER_OK : OSTLER_E_NOMEM;
        for (const struct setting *setting = from->settings; setting && status == OSTLER_OK; setting = setting->hh.next)
            status = copy_setting(copy, section, setting);
    }
    if (status != OSTLER_OK) {
        source_unref(copy);
        return NULL;
    }
    return copy;
}
