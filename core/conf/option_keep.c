/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of an option's declaration: a module that declared it may be unloaded while the configuration lives on. */
#include "option_keep.h"

#include <string.h>

static bool keep_text(struct arena *arena, const char **text)
{
    if (!*text)
        return true;
    *text = arena_text(arena, *text, strlen(*text));
    return *text != NULL;
}

static bool keep_choices(struct arena *arena, struct ostler_option *option)
{
    size_t count = 0;

    if (!option->choices)
        return true;
    while (option->choices[count])
        count++;
    const char **kept = arena_alloc(arena, (count + 1) * sizeof *kept);
    for (size_t i = 0; kept && i < count; i++) {
        kept[i] = option->choices[i];
        if (!keep_text(arena, &kept[i]))
            return false;
    }
    if (kept)
        kept[count] = NULL;
    option->choices = kept;
    return kept != NULL;
}

static bool keep_deprecated(struct arena *arena, struct ostler_option *option)
{
    size_t count = 0;

    if (!option->deprecated)
        return true;
    while (option->deprecated[count].group || option->deprecated[count].name)
        count++;
    struct ostler_option_alias *kept = arena_alloc(arena, (count + 1) * sizeof *kept);
    for (size_t i = 0; kept && i < count; i++) {
        kept[i] = option->deprecated[i];
        if (!keep_text(arena, &kept[i].group) || !keep_text(arena, &kept[i].name))
            return false;
    }
    if (kept)
        kept[count] = (struct ostler_option_alias){NULL, NULL};
    option->deprecated = kept;
    return kept != NULL;
}

const struct ostler_option *option_keep(struct arena *arena, const struct ostler_option *option)
{
    struct ostler_option *kept = arena_alloc(arena, sizeof *kept);

    if (!kept)
        return NULL;
    *kept = *option;
    if (keep_text(arena, &kept->name) && keep_text(arena, &kept->default_value) && keep_text(arena, &kept->help) &&
        keep_choices(arena, kept) && keep_deprecated(arena, kept))
        return kept;
    return NULL;
}
