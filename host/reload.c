/* SPDX-License-Identifier: Apache-2.0 */
#include "reload.h"

#include <ostler/log.h>

#include <stdlib.h>
#include <string.h>

struct reload {
    struct deployment *running;
    struct deployment *next;
    struct hosted **kept; /* for each of next's the one of running that goes on, or NULL */
};

static bool is_kept(const struct reload *reload, const struct hosted *old)
{
    for (size_t i = 0; i < reload->next->hosted_count; i++)
        if (reload->kept[i] == old)
            return true;
    return false;
}

/* Several listeners may be alike: those whose section has kept its name find each other first. */
static void match(const struct reload *reload, bool by_name)
{
    for (size_t i = 0; i < reload->next->hosted_count; i++) {
        const struct hosted *next = &reload->next->hosted[i];
        for (size_t j = 0; j < reload->running->hosted_count && !reload->kept[i]; j++) {
            struct hosted *old = &reload->running->hosted[j];
            if ((!by_name || strcmp(old->section, next->section) == 0) && hosted_continues(old, next) &&
                !is_kept(reload, old))
                reload->kept[i] = old;
        }
    }
}

/* New ones are made before anything that runs is touched: most of what can fail, fails here. */
static enum ostler_status open_added(const struct reload *reload, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < reload->next->hosted_count && status == OSTLER_OK; i++)
        if (!reload->kept[i])
            status = hosted_open(&reload->next->hosted[i], &reload->next->means, error);
    return status;
}

static void close_added(const struct reload *reload)
{
    for (size_t i = 0; i < reload->next->hosted_count; i++)
        hosted_close(&reload->next->hosted[i]);
}

/* Gives the first @p count that go on back what they had. */
static void undo_kept(const struct reload *reload, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ostler_error error = OSTLER_ERROR_INIT;
        struct hosted *old = reload->kept[i];
        if (old && hosted_replace(old, old, &reload->running->means, &error) != OSTLER_OK)
            ostler_log(OSTLER_LOG_ERROR, "ostlerd", "cannot go back to the old configuration: %s", error.message);
        ostler_error_clear(&error);
    }
}

static enum ostler_status replace_kept(const struct reload *reload, struct ostler_error *error)
{
    for (size_t i = 0; i < reload->next->hosted_count; i++) {
        struct hosted *old = reload->kept[i];
        enum ostler_status status =
            old ? hosted_replace(old, &reload->next->hosted[i], &reload->next->means, error) : OSTLER_OK;
        if (status != OSTLER_OK) {
            undo_kept(reload, i);
            return status;
        }
    }
    return OSTLER_OK;
}

static void restart_removed(const struct reload *reload)
{
    for (size_t i = 0; i < reload->running->hosted_count; i++) {
        struct ostler_error error = OSTLER_ERROR_INIT;
        struct hosted *old = &reload->running->hosted[i];
        if (!is_kept(reload, old) && hosted_start(old, &error) != OSTLER_OK)
            ostler_log(OSTLER_LOG_CRITICAL, "ostlerd", "cannot be started again: %s", error.message);
        ostler_error_clear(&error);
    }
}

/* Those that go make room first: a new one may have the same name. */
static enum ostler_status exchange(const struct reload *reload, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < reload->running->hosted_count; i++) {
        struct hosted *old = &reload->running->hosted[i];
        if (!is_kept(reload, old))
            old->kind->stop(old->running);
    }
    for (size_t i = 0; i < reload->next->hosted_count && status == OSTLER_OK; i++)
        if (!reload->kept[i])
            status = hosted_start(&reload->next->hosted[i], error);
    if (status != OSTLER_OK) {
        close_added(reload);
        restart_removed(reload);
    }
    return status;
}

static void move_kept(const struct reload *reload, struct roster *roster)
{
    roster_begin(roster);
    for (size_t i = 0; i < reload->next->hosted_count; i++) {
        struct hosted *old = reload->kept[i];
        if (!old)
            continue;
        reload->next->hosted[i].running = old->running;
        old->running = NULL;
    }
    roster_end(roster, reload->next);
}

static void tell_added(const struct reload *reload)
{
    char text[HOSTED_TEXT_BYTES];

    for (size_t i = 0; i < reload->next->hosted_count; i++) {
        const struct hosted *hosted = &reload->next->hosted[i];
        if (reload->kept[i])
            continue;
        hosted->kind->tell(hosted, text, sizeof text);
        ostler_log(OSTLER_LOG_INFO, "ostlerd", "[%s] %s", hosted->section, text);
    }
}

static void drain_removed(const struct reload *reload, struct drain *drain)
{
    char text[HOSTED_TEXT_BYTES];

    for (size_t i = 0; i < reload->running->hosted_count; i++) {
        struct hosted *old = &reload->running->hosted[i];
        if (!old->running)
            continue;
        old->kind->tell(old, text, sizeof text);
        ostler_log(OSTLER_LOG_INFO, "ostlerd", "[%s] no longer %s", old->section, text);
        drain_add(drain, old->kind, old->running);
        old->running = NULL;
    }
}

enum ostler_status reload_apply(struct deployment *running, struct deployment *next, struct drain *drain,
                                struct roster *roster, struct ostler_error *error)
{
    struct reload reload = {running, next, calloc(next->hosted_count + 1, sizeof(struct hosted *))};
    if (!reload.kept)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");

    match(&reload, true);
    match(&reload, false);
    enum ostler_status status = open_added(&reload, error);
    if (status == OSTLER_OK)
        status = replace_kept(&reload, error);
    if (status == OSTLER_OK) {
        status = exchange(&reload, error);
        if (status != OSTLER_OK)
            undo_kept(&reload, next->hosted_count);
    }
    if (status == OSTLER_OK) {
        move_kept(&reload, roster);
        tell_added(&reload);
        drain_removed(&reload, drain);
    } else {
        close_added(&reload);
    }
    free(reload.kept);
    return status;
}
