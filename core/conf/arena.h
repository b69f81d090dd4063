/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once: what one file held, or every value a configuration gave out. */
#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include <ostler/api.h>

struct arena_block;

/* Zero is an empty one. */
struct arena {
    struct arena_block *blocks;
};

/* Zeroed and aligned for anything; NULL without memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of @length bytes with a NUL after them; NULL without memory. */
char *arena_text(struct arena *arena, const char *text, size_t length);

/* NULL without memory. */
char *arena_printf(struct arena *arena, const char *format, ...) OSTLER_PRINTF(2, 3);

void arena_free(struct arena *arena);

#endif
