/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration is made of, and how its parts work together:
 *
 * Sources (source.h) say what the files, the environment and the program set. Groups hold slots, one per declared
 * option; a slot's value is found by settling: the strongest source that sets it, references replaced, converted. All
 * slots are settled together at the first look after a change, and from then on a look is a look-up.
 *
 * The lock guards all of it. Values are never changed or freed while the configuration lives, only replaced, so a
 * reader may keep what it got. Log lines that come up while the lock is held wait in the notes until it is released. */
#ifndef CONF_PARTS_H
#define CONF_PARTS_H

#include "source.h"

#include <ostler/conf.h>
#include <ostler/log.h>
#include <pthread.h>

/* A value in force. */
struct value {
    const char *origin;
    bool none;
    /* Holds a secret, its own or one it refers to. */
    bool secret;
    const char *text; /* STRING */
    bool boolean;
    int64_t integer;
    double real;
    const char *const *items; /* LIST, MULTI; DICT: keys and values in turn; ended by NULL */
    size_t count;             /* of items or pairs */
};

enum slot_state { SLOT_PENDING, SLOT_BUSY, SLOT_SETTLED };

/* An option declared in a group. */
struct slot {
    const struct ostler_option *option;
    struct group *group;
    enum slot_state state;
    const struct value *value;
    /* Why what is set cannot be the value; the declared default is in force instead. */
    enum ostler_status status;
    const char *failure;
    bool failure_told;
    /* Said once: it was set by this former name; it has no effect. */
    uint64_t aliases_told;
    bool no_effect_told;
    UT_hash_handle hh;
};

struct group {
    const char *name; /* as declared */
    const char *key;  /* as compared */
    /* Ends in ":*": its slots are patterns for groups to come and have no values. */
    bool pattern;
    struct slot *slots;
    UT_hash_handle hh;
};

/* A log line that waits. */
struct note {
    struct note *next;
    enum ostler_log_level level;
    const char *text;
};

struct ostler_conf {
    atomic_uint references;
    pthread_rwlock_t lock;
    struct source **sources; /* in the order they were added */
    size_t source_count;
    struct source *overrides;
    struct source *defaults;
    bool environment;
    struct group *groups;
    bool stale; /* something changed since the slots were settled */
    struct note *notes;
    struct note *last_note;
    struct arena arena;
};

/* --- conf.c --- */

/* Locks for a change, also of what is const to the caller: values may be found at the first look. Leaving says the
 * notes. */
ostler_conf *conf_enter(const ostler_conf *conf);
void conf_leave(ostler_conf *conf);

/* Adds a log line for conf_leave(); without memory it is lost. */
void conf_note(ostler_conf *conf, enum ostler_log_level level, const char *format, ...) OSTLER_PRINTF(3, 4);

/* --- group.c; all under the lock --- */

/* A declared group by any spelling of its name, or NULL. Does not look at patterns. */
struct group *group_find(const ostler_conf *conf, const char *name);

/* The pattern that a name fits, or NULL. */
struct group *group_pattern(const ostler_conf *conf, const char *name);

/* The group, made of the pattern it fits if need be; NULL if it is not declared or memory is short. */
struct group *group_open(ostler_conf *conf, const char *name);

/* The group, made if need be, and an option added to it; NULL and false without memory. */
struct group *group_make(ostler_conf *conf, const char *name);
bool group_add(ostler_conf *conf, struct group *group, const struct ostler_option *option);

struct slot *group_slot(const struct group *group, const char *name);

/* Adds options that the group does not have. */
enum ostler_status group_declare(ostler_conf *conf, const char *name, const struct ostler_option *options,
                                 struct ostler_error *error);

/* Makes groups of the sections in the files that fit a pattern. */
enum ostler_status group_open_sections(ostler_conf *conf);

/* --- settle.c; under the lock, for a change --- */

/* Finds the value of every slot that waits for it. Failures stay in the slots. */
void settle_all(ostler_conf *conf);
void settle_slot(ostler_conf *conf, struct slot *slot);

/* Whether a slot could have this text as its value; changes nothing. */
enum ostler_status settle_try(ostler_conf *conf, struct slot *slot, const char *text, const char *origin,
                              struct ostler_error *error);

/* The first failure found, in @group before all others (NULL: no preference), or OSTLER_OK. */
enum ostler_status settle_failure(ostler_conf *conf, const struct group *group, struct ostler_error *error);

/* --- pick.c: which source speaks for an option --- */

struct raw {
    const char *const *texts;
    size_t count;
    bool array;
    const char *origin;
};

enum ostler_status pick(ostler_conf *conf, struct slot *slot, struct raw *raw, struct ostler_error *error);

/* The declared default; raw->texts is NULL where there is none. */
enum ostler_status pick_default(ostler_conf *conf, const struct slot *slot, struct raw *raw);

/* --- substitute.c: $name --- */

/* Gives the text for a name, to be freed, or fails. */
typedef enum ostler_status (*substitute_lookup)(void *user, const char *name, char **text, struct ostler_error *error);

/* @result is the caller's to free. */
enum ostler_status substitute(const char *text, substitute_lookup lookup, void *user, char **result,
                              struct ostler_error *error);

/* --- types.c: texts to values --- */

/* @texts have been substituted. Everything in @value is in @arena. The error says what was expected, and what was found
 * unless @option or @value is secret. */
enum ostler_status types_convert(const struct ostler_option *option, const char *const *texts, size_t count, bool array,
                                 struct arena *arena, struct value *value, struct ostler_error *error);

/* The value as the text that a reference to it becomes; to be freed; NULL without memory. */
char *types_print(const struct ostler_option *option, const struct value *value);

bool types_same(const struct ostler_option *option, const struct value *a, const struct value *b);

#endif
