/* SPDX-License-Identifier: Apache-2.0 */
/* Which files may hold a module, in the order in which they are tried. Only looks at folders; opens nothing. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "kinds.h"

#define CANDIDATES_MAX         1024
#define CANDIDATES_FOLDERS_MAX 64

struct candidate {
    char *file;   /* absolute */
    bool by_name; /* the file is called as the module is */
};

struct candidates {
    struct candidate *items;
    size_t count;
    char *folders; /* where was looked, for messages; "" if nowhere */
    size_t folder_count;
};

/* Every module file in the folders of @plugin_path (may be NULL), of $OSTLER_PLUGIN_PATH and in the installed one. In
 * each given folder, then in its subfolder for @kind: NAME.so, then the others in the order of their names; all of
 * them if @name is NULL. OSTLER_E_NOMEM; OSTLER_E_MODULE beyond the bounds above. */
enum ostler_status candidates_find(const struct kind *kind, const char *name, const char *plugin_path,
                                   struct candidates *candidates, struct ostler_error *error);

void candidates_clear(struct candidates *candidates);

/* An absolute spelling of @path; NULL with errno. The caller frees it. */
char *candidates_absolute(const char *path);

#endif
