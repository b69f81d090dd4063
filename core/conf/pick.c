/* SPDX-License-Identifier: Apache-2.0 */
/* Which source speaks for an option: the strongest that sets it, under its name or a former one. */
#include "conf_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where an option may stand in a file: under its name, or under a former one. */
struct place {
    const char *group;
    const char *key;
    const char *name;
};

static enum ostler_status nomem(struct ostler_error *error)
{
    return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
}

static struct place place_of(const struct slot *slot, const struct ostler_option_alias *alias,
                             char key[SOURCE_NAME_BYTES])
{
    struct place place = {slot->group->name, slot->group->key, slot->option->name};

    if (alias && alias->name)
        place.name = alias->name;
    if (alias && alias->group && text_section_key(alias->group, key, SOURCE_NAME_BYTES)) {
        place.group = alias->group;
        place.key = key;
    }
    return place;
}

static bool is_alias(const struct ostler_option_alias *alias)
{
    return alias && (alias->group || alias->name);
}

/* Once for each former name; those after the 64th share the last one's mark. */
static void tell_alias(ostler_conf *conf, struct slot *slot, const struct ostler_option_alias *alias,
                       const struct place *place, const struct occurrence *used)
{
    size_t index = (size_t)(alias - slot->option->deprecated);
    uint64_t mark = UINT64_C(1) << (index < 63 ? index : 63);

    if (slot->aliases_told & mark)
        return;
    slot->aliases_told |= mark;
    conf_note(conf, OSTLER_LOG_WARNING, "%s:%u: [%s] %s is deprecated: write [%s] %s", used->file, used->line,
              place->group, place->name, slot->group->name, slot->option->name);
}

/* --- One text, one place --- */

static enum ostler_status take(ostler_conf *conf, const struct occurrence *occurrence, struct raw *raw)
{
    raw->texts = occurrence->texts;
    raw->count = occurrence->count;
    raw->array = occurrence->array;
    raw->origin = arena_printf(&conf->arena, "%s:%u", occurrence->file, occurrence->line);
    return raw->origin ? OSTLER_OK : OSTLER_E_NOMEM;
}

/* From one of the program's own two sources. */
static bool pick_program(const struct source *source, const struct slot *slot, struct raw *raw)
{
    const struct setting *setting = source_find(source, slot->group->key, slot->option->name);

    if (!setting)
        return false;
    raw->texts = setting->last->texts;
    raw->count = setting->last->count;
    raw->origin = source->name;
    return true;
}

/* The latest file that sets it; within a file its name before the former ones, within those the last line. */
static enum ostler_status pick_last(ostler_conf *conf, struct slot *slot, struct raw *raw)
{
    for (size_t i = conf->source_count; i > 0; i--) {
        const struct ostler_option_alias *next = slot->option->deprecated, *alias = NULL;
        do {
            char key[SOURCE_NAME_BYTES];
            struct place place = place_of(slot, alias, key);
            const struct setting *setting = source_find(conf->sources[i - 1], place.key, place.name);
            if (setting && alias)
                tell_alias(conf, slot, alias, &place, setting->last);
            if (setting)
                return take(conf, setting->last, raw);
            alias = next;
            next = alias ? alias + 1 : NULL;
        } while (is_alias(alias));
    }
    return OSTLER_OK;
}

/* --- Options that may be repeated: every occurrence in every file --- */

struct gathering {
    const char **texts;
    size_t count;
    size_t size;
    const struct occurrence *last;
};

static bool gather(struct gathering *all, const struct setting *setting)
{
    for (const struct occurrence *one = setting->first; one; one = one->next) {
        if (all->size < all->count + one->count) {
            size_t size = 2 * (all->count + one->count);
            const char **larger = realloc(all->texts, size * sizeof *larger);
            if (!larger)
                return false;
            all->texts = larger;
            all->size = size;
        }
        for (size_t i = 0; i < one->count; i++)
            all->texts[all->count++] = one->texts[i];
        all->last = one;
    }
    return true;
}

/* Files in their order; within a file the former names, last one first, before the name in use. */
static bool gather_file(ostler_conf *conf, const struct source *source, struct slot *slot, struct gathering *all)
{
    const struct ostler_option_alias *aliases = slot->option->deprecated;
    size_t count = 0;

    while (aliases && is_alias(aliases + count))
        count++;
    for (size_t k = count + 1; k > 0; k--) {
        char key[SOURCE_NAME_BYTES];
        const struct ostler_option_alias *alias = k > 1 ? &aliases[k - 2] : NULL;
        struct place place = place_of(slot, alias, key);
        const struct setting *setting = source_find(source, place.key, place.name);
        if (!setting)
            continue;
        if (alias)
            tell_alias(conf, slot, alias, &place, setting->last);
        if (!gather(all, setting))
            return false;
    }
    return true;
}

static enum ostler_status pick_every(ostler_conf *conf, struct slot *slot, struct raw *raw)
{
    struct gathering all = {.texts = NULL};
    bool gathered = true;
    enum ostler_status status = OSTLER_E_NOMEM;

    for (size_t i = 0; i < conf->source_count && gathered; i++)
        gathered = gather_file(conf, conf->sources[i], slot, &all);
    if (!gathered)
        goto out;
    status = OSTLER_OK;
    if (!all.last)
        goto out;
    const char **kept = arena_alloc(&conf->arena, (all.count + 1) * sizeof *kept);
    status = kept ? take(conf, all.last, raw) : OSTLER_E_NOMEM;
    if (status == OSTLER_OK) {
        if (all.count > 0)
            memcpy(kept, all.texts, all.count * sizeof *kept);
        raw->texts = kept;
        raw->count = all.count;
    }
out:
    free(all.texts);
    return status;
}

/* --- The environment --- */

static char *append_upper(char *to, const char *from)
{
    for (; *from; from++)
        *to++ =
            isalnum((unsigned char)*from) && (unsigned char)*from < 0x80 ? (char)toupper((unsigned char)*from) : '_';
    *to = '\0';
    return to;
}

static enum ostler_status pick_environment(ostler_conf *conf, const struct slot *slot, struct raw *raw,
                                           struct ostler_error *error)
{
    char name[2 * SOURCE_NAME_BYTES + sizeof "OS___"] = "OS_";
    char *end = append_upper(name + 3, slot->group->name);
    size_t bad = 0;

    end = append_upper(end, "__");
    append_upper(end, slot->option->name);
    const char *text = getenv(name);
    if (!text)
        return OSTLER_OK;
    const char **texts = arena_alloc(&conf->arena, sizeof *texts);
    raw->origin = arena_printf(&conf->arena, "environment %s", name);
    if (!texts || !raw->origin)
        return nomem(error);
    if (!text_is_utf8(text, strlen(text), &bad))
        return ostler_error_set(error, OSTLER_E_CONFIG, "byte 0x%02x is not valid UTF-8",
                                (unsigned)(unsigned char)text[bad]);
    if (strlen(text) > SOURCE_LINE_BYTES)
        return ostler_error_set(error, OSTLER_E_CONFIG, "a value may have %d bytes at most", SOURCE_LINE_BYTES);
    texts[0] = arena_text(&conf->arena, text, strlen(text));
    raw->texts = texts;
    raw->count = 1;
    return texts[0] ? OSTLER_OK : nomem(error);
}

/* --- All together --- */

enum ostler_status pick_default(ostler_conf *conf, const struct slot *slot, struct raw *raw)
{
    raw->origin = "default";
    raw->array = false;
    raw->count = 0;
    raw->texts = NULL;
    if (!slot->option->default_value)
        return OSTLER_OK;
    const char **texts = arena_alloc(&conf->arena, sizeof *texts);
    if (!texts)
        return OSTLER_E_NOMEM;
    texts[0] = slot->option->default_value;
    raw->texts = texts;
    raw->count = 1;
    return OSTLER_OK;
}

static void tell_no_effect(ostler_conf *conf, struct slot *slot, const char *origin)
{
    if (!slot->option->no_effect || slot->no_effect_told)
        return;
    slot->no_effect_told = true;
    conf_note(conf, OSTLER_LOG_WARNING, "%s: [%s] %s is accepted but has no effect here", origin, slot->group->name,
              slot->option->name);
}

enum ostler_status pick(ostler_conf *conf, struct slot *slot, struct raw *raw, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    if (pick_program(conf->overrides, slot, raw))
        goto found;
    if (conf->environment)
        status = pick_environment(conf, slot, raw, error);
    if (status != OSTLER_OK)
        return status;
    if (!raw->texts)
        status = slot->option->type == OSTLER_OPTION_MULTI ? pick_every(conf, slot, raw) : pick_last(conf, slot, raw);
    if (status != OSTLER_OK)
        return nomem(error);
    if (!raw->texts) {
        if (pick_program(conf->defaults, slot, raw))
            return OSTLER_OK;
        return pick_default(conf, slot, raw) == OSTLER_OK ? OSTLER_OK : nomem(error);
    }
found:
    tell_no_effect(conf, slot, raw->origin);
    return OSTLER_OK;
}
