/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a descriptor is one that this library can use. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include "kinds.h"

#define DESCRIPTOR_NAME_MAX    64 /* bytes of a name or an alias */
#define DESCRIPTOR_ALIASES_MAX 16

/* Checks all of it, the ABI number before anything else is read. @wanted is the kind that was asked for, NULL for any
 * that is known; *other_kind tells whether all that is wrong is the kind. OSTLER_E_MODULE with @file and the cause. */
enum ostler_status descriptor_check(const struct ostler_module *descriptor, const char *file, const struct kind *wanted,
                                    bool *other_kind, struct ostler_error *error);

/* Whether @name is its name or one of its aliases. */
bool descriptor_is_called(const struct ostler_module *descriptor, const char *name);

/* A name or alias of @a that @b has too; NULL if there is none. */
const char *descriptor_shared_name(const struct ostler_module *a, const struct ostler_module *b);

#endif
