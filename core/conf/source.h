/* SPDX-License-Identifier: Apache-2.0 */
/* What one file (or the program itself) sets, before anybody says what it means: sections, and in them names with the
 * texts that stand beside them. Once read, a file's source does not change; configurations share it. */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include "arena.h"
#include "text.h"

#include <ostler/error.h>
#include <stdatomic.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Longest name of a section or option, with the NUL. */
enum { SOURCE_NAME_BYTES = 256 };
/* Longest line of a file, and longest value after substitution. */
enum { SOURCE_LINE_BYTES = 1024 * 1024 };

/* A name set once. */
struct occurrence {
    struct occurrence *next;
    const char *const *texts;
    size_t count;
    /* The format has arrays (libconfig), and this is one: its texts are items and not to be split again. */
    bool array;
    const char *file;
    unsigned line;
};

/* A name in a section, with each place where it is set, top to bottom. */
struct setting {
    const char *name;
    struct occurrence *first;
    struct occurrence *last;
    UT_hash_handle hh;
};

struct section {
    const char *name; /* as first spelled */
    const char *key;  /* as compared */
    struct setting *settings;
    UT_hash_handle hh;
};

struct source {
    atomic_uint references;
    const char *name;
    struct section *sections;
    struct arena arena;
};

/* NULL without memory. */
struct source *source_new(const char *name);
struct source *source_ref(struct source *source);
void source_unref(struct source *source);

/* The section of this name, made if it is not there; NULL without memory. The name is shorter than
 * SOURCE_NAME_BYTES. */
struct section *source_open_section(struct source *source, struct span name);

/* Adds an occurrence without texts to a name, or NULL without memory. */
struct occurrence *source_add(struct source *source, struct section *section, struct span name);

/* The same with one text. */
enum ostler_status source_add_text(struct source *source, struct section *section, struct span name, struct span text,
                                   unsigned line);

/* Forgets a name's occurrences, but not the last one if @keep_last. */
void source_forget(struct section *section, const char *name, bool keep_last);

/* NULL if there is none or it is not set. @key is a section's key. */
struct section *source_find_section(const struct source *source, const char *key);
struct setting *source_find(const struct source *source, const char *key, const char *name);

/* A copy that may be changed; NULL without memory. */
struct source *source_copy(const struct source *source);

#endif
