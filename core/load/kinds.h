/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader knows of each kind of module: where it is installed and what its operations table must hold. */
#ifndef KINDS_H
#define KINDS_H

#include <ostler/module.h>

/* A slot that must not be empty. All slots are pointers to functions. */
struct kind_slot {
    const char *name;
    size_t offset;
};

struct kind {
    const char *name;
    const char *folder;               /* below the installed folder, and below each folder of a plugin path */
    const char *table;                /* the operations table's type, for messages */
    size_t ops_size;                  /* of the table as this library knows it */
    size_t ops_minimum;               /* a table that ends before this cannot be used */
    const struct kind_slot *required; /* ended by a NULL name */
    /* What else the table must fulfil; may be NULL. OSTLER_E_MODULE. */
    enum ostler_status (*check)(const void *ops, size_t ops_size, const char *file, struct ostler_error *error);
};

/* NULL: there is no such kind. */
const struct kind *kind_find(const char *name);

#endif
