/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPTION_KEEP_H
#define OPTION_KEEP_H

#include "arena.h"

#include <ostler/option.h>

/* A deep copy that lives as long as the arena; NULL without memory. */
const struct ostler_option *option_keep(struct arena *arena, const struct ostler_option *option);

#endif
