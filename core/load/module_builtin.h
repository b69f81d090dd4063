/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that are linked into the program: the library's own, and those preloaded by libtool. */
#ifndef MODULE_BUILTIN_H
#define MODULE_BUILTIN_H

#include <ostler/module.h>

#define MODULE_BUILTIN_MAX 64

/* Makes a module of the library's own known, found before any file. Its descriptor is checked when it is loaded, as a
 * file's is. Again with the same one: no effect. Any thread, at any time. */
void module_register_builtin(const struct ostler_module *descriptor);

/* The @index-th one; NULL after the last. They stay in their order. Any thread. */
const struct ostler_module *module_builtin(size_t index);

#endif
