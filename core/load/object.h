/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects through libltdl. libltdl keeps global state without locks: every function here is called with the
 * loader's lock held (loaded.h). */
#ifndef OBJECT_H
#define OBJECT_H

#include "image.h"

#include <ltdl.h>

/* Maps the image of @file with all its symbols bound. OSTLER_E_MODULE with the file and the system's reason,
 * OSTLER_E_NOMEM. */
enum ostler_status object_open(const char *file, const struct image *image, lt_dlhandle *object,
                               struct ostler_error *error);

/* NULL if it exports no such symbol. */
const void *object_symbol(lt_dlhandle object, const char *name);

/* Unmaps it. */
void object_close(lt_dlhandle object);

#endif
