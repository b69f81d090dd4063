/* SPDX-License-Identifier: Apache-2.0 */
/* The modules that are loaded, who else has their names, and the one lock around all of loading. */
#ifndef LOADED_H
#define LOADED_H

#include "descriptor.h"
#include "image.h"
#include "object.h"

#define LOADED_BUILT_IN "built in"

struct ostler_loaded_module {
    const struct ostler_module *descriptor; /* as users see it: &whole, or the module's own */
    const struct ostler_module *own;        /* the module's own */
    struct ostler_module whole;             /* with a table of full length, for a module that has a shorter one */
    char *file;                             /* as it was found; NULL: linked into the program */
    char *real_file;                        /* with symbolic links resolved */
    struct image image;
    lt_dlhandle object;
    size_t owners; /* under the lock */
    bool listed;   /* others may find it */
    struct ostler_loaded_module *prev, *next;
};

void loaded_lock(void);
void loaded_unlock(void);

/* All below: with the lock held. */

/* What is loaded from a file in this state, with one more owner; NULL if nothing is. */
ostler_loaded_module *loaded_find_file(const struct image_identity *identity);

/* What is loaded from this descriptor in the program, with one more owner; NULL if nothing is. */
ostler_loaded_module *loaded_find_builtin(const struct ostler_module *descriptor);

/* Loads @file (absolute), or what is linked into the program if it is NULL with descriptor @builtin. Others do not find
 * it yet. *other_kind tells whether all that is wrong is the kind. */
enum ostler_status loaded_open(const char *file, const struct ostler_module *builtin, const struct kind *kind,
                               ostler_loaded_module **module, bool *other_kind, struct ostler_error *error);

/* Lets others find it. OSTLER_E_MODULE if another file of its kind has one of its names. */
enum ostler_status loaded_list(ostler_loaded_module *module, struct ostler_error *error);

/* One owner less; the last one closes it. */
void loaded_release(ostler_loaded_module *module);

#endif
