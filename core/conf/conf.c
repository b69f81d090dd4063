/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as an object: its life, its sources, what the program sets. */
#include "conf_parts.h"
#include "readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ostler_status nomem(struct ostler_error *error)
{
    return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory for the configuration");
}

static void conf_free(ostler_conf *conf)
{
    for (struct group *group = conf->groups; group; group = group->hh.next)
        HASH_CLEAR(hh, group->slots);
    HASH_CLEAR(hh, conf->groups);
    files_free(conf->sources, conf->source_count);
    source_unref(conf->overrides);
    source_unref(conf->defaults);
    arena_free(&conf->arena);
    pthread_rwlock_destroy(&conf->lock);
    free(conf);
}

/* Without sources and groups; NULL without memory. */
static ostler_conf *conf_bare(struct source *overrides, struct source *defaults)
{
    ostler_conf *conf = overrides && defaults ? calloc(1, sizeof *conf) : NULL;

    if (!conf || pthread_rwlock_init(&conf->lock, NULL) != 0) {
        free(conf);
        source_unref(overrides);
        source_unref(defaults);
        return NULL;
    }
    atomic_init(&conf->references, 1);
    conf->overrides = overrides;
    conf->defaults = defaults;
    conf->environment = true;
    return conf;
}

enum ostler_status ostler_conf_new(ostler_conf **conf, struct ostler_error *error)
{
    ostler_conf *made = conf_bare(source_new("set by the program"), source_new("default"));
    const struct ostler_option_group *group = ostler_conf_core_options();
    enum ostler_status status = made ? OSTLER_OK : nomem(error);

    for (; status == OSTLER_OK && group->name; group++)
        status = group_declare(made, group->name, group->options, error);
    if (status != OSTLER_OK) {
        ostler_conf_unref(made);
        return status;
    }
    made->stale = true;
    *conf = made;
    return OSTLER_OK;
}

ostler_conf *ostler_conf_ref(ostler_conf *conf)
{
    atomic_fetch_add_explicit(&conf->references, 1, memory_order_relaxed);
    return conf;
}

void ostler_conf_unref(ostler_conf *conf)
{
    if (conf && atomic_fetch_sub_explicit(&conf->references, 1, memory_order_acq_rel) == 1)
        conf_free(conf);
}

ostler_conf *conf_enter(const ostler_conf *conf)
{
    ostler_conf *changing = (ostler_conf *)(uintptr_t)conf;

    pthread_rwlock_wrlock(&changing->lock);
    return changing;
}

void conf_leave(ostler_conf *conf)
{
    struct note *note = conf->notes;

    conf->notes = conf->last_note = NULL;
    pthread_rwlock_unlock(&conf->lock);
    for (; note; note = note->next)
        ostler_log(note->level, "conf", "%s", note->text);
}

void conf_note(ostler_conf *conf, enum ostler_log_level level, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    struct note *note = arena_alloc(&conf->arena, sizeof *note);
    if (note && (note->text = arena_text(&conf->arena, text, (size_t)length))) {
        note->level = level;
        if (conf->last_note)
            conf->last_note->next = note;
        else
            conf->notes = note;
        conf->last_note = note;
    }
    free(text);
}

static enum ostler_status copy_group(ostler_conf *copy, const struct group *from)
{
    struct group *group = group_make(copy, from->name);

    if (!group)
        return OSTLER_E_NOMEM;
    for (const struct slot *slot = from->slots; slot; slot = slot->hh.next) {
        if (!group_add(copy, group, slot->option))
            return OSTLER_E_NOMEM;
        struct slot *twin = group_slot(group, slot->option->name);
        twin->failure_told = slot->failure_told;
        twin->aliases_told = slot->aliases_told;
        twin->no_effect_told = slot->no_effect_told;
    }
    return OSTLER_OK;
}

static enum ostler_status copy_parts(ostler_conf *copy, const ostler_conf *conf)
{
    enum ostler_status status = OSTLER_OK;

    copy->environment = conf->environment;
    copy->stale = true;
    copy->sources = calloc(conf->source_count + 1, sizeof(struct source *));
    if (!copy->sources)
        return OSTLER_E_NOMEM;
    for (; copy->source_count < conf->source_count; copy->source_count++)
        copy->sources[copy->source_count] = source_ref(conf->sources[copy->source_count]);
    for (const struct group *group = conf->groups; group && status == OSTLER_OK; group = group->hh.next)
        status = copy_group(copy, group);
    return status;
}

enum ostler_status ostler_conf_copy(const ostler_conf *conf, ostler_conf **copy, struct ostler_error *error)
{
    /* Settled first, so that what was said about its values is not said again about the copy's. */
    ostler_conf *original = conf_enter(conf);
    settle_all(original);
    ostler_conf *made = conf_bare(source_copy(original->overrides), source_copy(original->defaults));
    enum ostler_status status = made ? copy_parts(made, original) : OSTLER_E_NOMEM;
    conf_leave(original);

    if (status != OSTLER_OK) {
        ostler_conf_unref(made);
        return nomem(error);
    }
    *copy = made;
    return OSTLER_OK;
}

/* Takes over @count sources, or none of them. */
static enum ostler_status add_sources(ostler_conf *conf, struct source **sources, size_t count,
                                      struct ostler_error *error)
{
    conf_enter(conf);
    struct source **larger = realloc(conf->sources, (conf->source_count + count + 1) * sizeof(struct source *));
    if (larger) {
        if (count > 0)
            memcpy(larger + conf->source_count, sources, count * sizeof(struct source *));
        conf->sources = larger;
        conf->source_count += count;
        conf->stale = true;
    }
    conf_leave(conf);
    if (larger)
        return OSTLER_OK;
    for (size_t i = 0; i < count; i++)
        source_unref(sources[i]);
    return nomem(error);
}

enum ostler_status ostler_conf_add_file(ostler_conf *conf, const char *path, struct ostler_error *error)
{
    struct source *source = NULL;
    enum ostler_status status = files_read(path, &source, error);

    return status == OSTLER_OK ? add_sources(conf, &source, 1, error) : status;
}

enum ostler_status ostler_conf_add_dir(ostler_conf *conf, const char *path, struct ostler_error *error)
{
    struct source **sources = NULL;
    size_t count = 0;
    enum ostler_status status = files_read_dir(path, &sources, &count, error);

    if (status == OSTLER_OK)
        status = add_sources(conf, sources, count, error);
    free(sources);
    return status;
}

enum ostler_status ostler_conf_add_text(ostler_conf *conf, const char *name, const char *text,
                                        struct ostler_error *error)
{
    struct source *source = NULL;
    enum ostler_status status = files_read_text(name, text, &source, error);

    return status == OSTLER_OK ? add_sources(conf, &source, 1, error) : status;
}

void ostler_conf_use_environment(ostler_conf *conf, bool use)
{
    conf_enter(conf);
    conf->environment = use;
    conf->stale = true;
    conf_leave(conf);
}

static enum ostler_status check_set(const char *group, const char *name, const char *value, struct ostler_error *error)
{
    size_t bad = 0;

    if (strlen(group) == 0 || strlen(group) >= SOURCE_NAME_BYTES || strlen(name) == 0 ||
        strlen(name) >= SOURCE_NAME_BYTES)
        return ostler_error_set(error, OSTLER_E_INVALID, "the names of sections and options have 1 to %d bytes",
                                SOURCE_NAME_BYTES - 1);
    if (value && !text_is_utf8(value, strlen(value), &bad))
        return ostler_error_set(error, OSTLER_E_CONFIG, "set by the program: [%s] %s: byte 0x%02x is not valid UTF-8",
                                group, name, (unsigned)(unsigned char)value[bad]);
    return OSTLER_OK;
}

/* Nothing is lost if there is no memory for it. */
static enum ostler_status replace(struct source *source, const char *group, const char *name, const char *value)
{
    struct section *section = source_open_section(source, (struct span){group, strlen(group)});
    enum ostler_status status = section ? OSTLER_OK : OSTLER_E_NOMEM;

    if (status == OSTLER_OK && value)
        status =
            source_add_text(source, section, (struct span){name, strlen(name)}, (struct span){value, strlen(value)}, 0);
    if (status == OSTLER_OK)
        source_forget(section, name, value != NULL);
    return status;
}

/* Whether the option, if it is declared, could have this value. */
static enum ostler_status try_value(ostler_conf *conf, const char *group_name, const char *name, const char *value,
                                    const char *origin, struct ostler_error *error)
{
    const struct group *group = group_open(conf, group_name);
    struct slot *slot = group ? group_slot(group, name) : NULL;

    return slot && !group->pattern ? settle_try(conf, slot, value, origin, error) : OSTLER_OK;
}

/* Sets in one of the program's two sources. */
static enum ostler_status set_in(ostler_conf *conf, struct source *source, const char *group, const char *name,
                                 const char *value, struct ostler_error *error)
{
    enum ostler_status status = check_set(group, name, value, error);

    if (status != OSTLER_OK)
        return status;
    conf_enter(conf);
    if (value)
        status = try_value(conf, group, name, value, source->name, error);
    if (status == OSTLER_OK && replace(source, group, name, value) != OSTLER_OK)
        status = nomem(error);
    if (status == OSTLER_OK)
        conf->stale = true;
    conf_leave(conf);
    return status;
}

enum ostler_status ostler_conf_set(ostler_conf *conf, const char *group, const char *name, const char *value,
                                   struct ostler_error *error)
{
    return set_in(conf, conf->overrides, group, name, value, error);
}

enum ostler_status ostler_conf_set_default(ostler_conf *conf, const char *group, const char *name, const char *value,
                                           struct ostler_error *error)
{
    return set_in(conf, conf->defaults, group, name, value, error);
}

enum ostler_status ostler_conf_declare(ostler_conf *conf, const char *group, const struct ostler_option *options,
                                       struct ostler_error *error)
{
    conf_enter(conf);
    enum ostler_status status = group_declare(conf, group, options, error);
    if (status == OSTLER_OK) {
        settle_all(conf);
        status = settle_failure(conf, group_find(conf, group), error);
    }
    conf_leave(conf);
    return status;
}

enum ostler_status ostler_conf_check(ostler_conf *conf, struct ostler_error *error)
{
    conf_enter(conf);
    settle_all(conf);
    enum ostler_status status = settle_failure(conf, NULL, error);
    conf_leave(conf);
    return status;
}
