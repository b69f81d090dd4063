/* SPDX-License-Identifier: Apache-2.0 */
/* From what the sources say to values. */
#include "conf_parts.h"

#include <stdlib.h>
#include <string.h>

/* A chain of references longer than this is refused. */
enum { DEEPEST = 64 };

struct settling {
    ostler_conf *conf;
    struct slot *slot;
    unsigned depth;
    /* Whether the texts hold a secret, so that no message may show any of them. */
    bool secret;
};

static void settle_deep(ostler_conf *conf, struct slot *slot, unsigned depth);

/* The option that @name means to an option of @group: OPTION there or in DEFAULT, GROUP.OPTION elsewhere. */
static struct slot *referenced(ostler_conf *conf, const struct group *group, const char *name)
{
    char group_name[SOURCE_NAME_BYTES];
    const char *dot = strchr(name, '.');

    if (!dot) {
        const struct group *defaults = group_find(conf, "DEFAULT");
        struct slot *slot = group_slot(group, name);
        return slot || !defaults ? slot : group_slot(defaults, name);
    }
    size_t length = (size_t)(dot - name);
    if (length >= sizeof group_name)
        return NULL;
    memcpy(group_name, name, length);
    group_name[length] = '\0';
    /* Spelled as it was declared; and oslo.config knows no group DEFAULT. */
    const struct group *other = group_find(conf, group_name);
    if (!other || other->pattern || strcmp(other->name, group_name) != 0 || strcmp(group_name, "DEFAULT") == 0)
        return NULL;
    return group_slot(other, dot + 1);
}

/* @shown is the name, or other words for one that must not be shown. */
static enum ostler_status unknown_reference(const char *name, const char *shown, struct ostler_error *error)
{
    if (strncmp(name, "DEFAULT.", 8) == 0)
        return ostler_error_set(error, OSTLER_E_CONFIG,
                                "%s names no known option; one of DEFAULT is referred to without its section", shown);
    return ostler_error_set(error, OSTLER_E_CONFIG, "%s names no known option; write $$ for a dollar sign", shown);
}

static enum ostler_status look_up(void *user, const char *name, char **text, struct ostler_error *error)
{
    struct settling *settling = user;
    struct slot *slot = referenced(settling->conf, settling->slot->group, name);
    char shown[TEXT_SHOWN_BYTES + 1] = "a reference after a dollar sign";

    if (!settling->secret) {
        shown[0] = '$';
        text_shown(name, shown + 1);
    }
    if (!slot)
        return unknown_reference(name, shown, error);
    if (slot->state == SLOT_BUSY)
        return ostler_error_set(error, OSTLER_E_CONFIG, "%s leads back to this option", shown);
    if (settling->depth >= DEEPEST)
        return ostler_error_set(error, OSTLER_E_CONFIG, "more than %d references one behind the other", DEEPEST);
    settle_deep(settling->conf, slot, settling->depth + 1);
    if (slot->status != OSTLER_OK)
        return ostler_error_set(error, slot->status, "%s has no value: %s", shown, slot->failure);
    settling->secret = settling->secret || slot->value->secret;
    char *printed = types_print(slot->option, slot->value);
    if (!printed)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    *text = printed;
    return OSTLER_OK;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

/* The value that @raw means; NULL and the reason in @error. */
static const struct value *value_of(struct settling *settling, const struct raw *raw, struct ostler_error *error)
{
    ostler_conf *conf = settling->conf;
    struct value *value = arena_alloc(&conf->arena, sizeof *value);
    char **texts = calloc(raw->count + 1, sizeof *texts);
    enum ostler_status status = OSTLER_OK;

    if (!value || !texts)
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    for (size_t i = 0; i < raw->count && status == OSTLER_OK; i++)
        status = substitute(raw->texts[i], look_up, settling, &texts[i], error);
    if (status == OSTLER_OK) {
        value->origin = raw->origin;
        value->secret = settling->secret;
        if (raw->texts)
            status = types_convert(settling->slot->option, (const char *const *)texts, raw->count, raw->array,
                                   &conf->arena, value, error);
        else
            value->none = true;
    }
    free_texts(texts, raw->count);
    return status == OSTLER_OK ? value : NULL;
}

/* Keeps why a slot has not the value it should have. */
static void keep_failure(ostler_conf *conf, struct slot *slot, const struct raw *raw, const struct ostler_error *error)
{
    const char *former = slot->failure;
    const char *failure = arena_printf(&conf->arena, "%s: [%s] %s: %s", raw->origin ? raw->origin : "configuration",
                                       slot->group->name, slot->option->name, error->message);

    slot->status = error->status;
    slot->failure = failure ? failure : ostler_status_text(OSTLER_E_NOMEM);
    slot->failure_told = slot->failure_told && former && strcmp(former, slot->failure) == 0;
}

static void fall_back(struct settling *settling)
{
    static const struct value nothing = {.origin = "default", .none = true};
    struct raw raw = {.origin = "default"};
    struct slot *slot = settling->slot;
    const struct value *value = NULL;

    if (pick_default(settling->conf, slot, &raw) == OSTLER_OK)
        value = value_of(settling, &raw, NULL);
    slot->value = value ? value : &nothing;
}

static void settle_deep(ostler_conf *conf, struct slot *slot, unsigned depth)
{
    if (slot->state != SLOT_PENDING)
        return;

    struct settling settling = {conf, slot, depth, slot->option->secret};
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct raw raw = {.origin = NULL};
    const struct value *value = NULL;
    slot->state = SLOT_BUSY;
    slot->status = OSTLER_OK;
    if (pick(conf, slot, &raw, &error) == OSTLER_OK)
        value = value_of(&settling, &raw, &error);
    if (value) {
        slot->value = value;
    } else {
        keep_failure(conf, slot, &raw, &error);
        fall_back(&settling);
    }
    slot->state = SLOT_SETTLED;
    ostler_error_clear(&error);
}

void settle_slot(ostler_conf *conf, struct slot *slot)
{
    settle_deep(conf, slot, 0);
}

enum ostler_status settle_try(ostler_conf *conf, struct slot *slot, const char *text, const char *origin,
                              struct ostler_error *error)
{
    struct settling settling = {conf, slot, 0, slot->option->secret};
    const struct raw raw = {.texts = &text, .count = 1, .origin = origin};
    struct ostler_error failure = OSTLER_ERROR_INIT;

    settle_all(conf);
    slot->state = SLOT_BUSY;
    const struct value *value = value_of(&settling, &raw, &failure);
    slot->state = SLOT_SETTLED;
    if (value)
        return OSTLER_OK;
    ostler_error_prefix(&failure, "%s: [%s] %s", origin, slot->group->name, slot->option->name);
    return ostler_error_move(error, &failure);
}

/* After a change every slot waits again; else those that failed, for what they refer to may have been declared. */
static void unsettle(ostler_conf *conf)
{
    for (struct group *group = conf->groups; group; group = group->hh.next)
        for (struct slot *slot = group->slots; slot; slot = slot->hh.next)
            if (conf->stale || slot->status != OSTLER_OK)
                slot->state = SLOT_PENDING;
}

void settle_all(ostler_conf *conf)
{
    unsettle(conf);
    if (conf->stale && group_open_sections(conf) != OSTLER_OK)
        conf_note(conf, OSTLER_LOG_ERROR, "out of memory for the configuration's sections");
    for (struct group *group = conf->groups; group; group = group->hh.next)
        for (struct slot *slot = group->slots; slot && !group->pattern; slot = slot->hh.next)
            settle_slot(conf, slot);
    conf->stale = false;
}

static struct slot *first_failure(const struct group *group)
{
    for (struct slot *slot = group->slots; slot; slot = slot->hh.next)
        if (slot->status != OSTLER_OK)
            return slot;
    return NULL;
}

enum ostler_status settle_failure(ostler_conf *conf, const struct group *group, struct ostler_error *error)
{
    struct slot *slot = group ? first_failure(group) : NULL;

    for (const struct group *other = conf->groups; other && !slot; other = other->hh.next)
        slot = first_failure(other);
    if (!slot)
        return OSTLER_OK;
    slot->failure_told = true;
    return ostler_error_set(error, slot->status, "%s", slot->failure);
}
