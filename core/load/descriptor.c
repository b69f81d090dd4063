/* SPDX-License-Identifier: Apache-2.0 */
#include "descriptor.h"

#include <inttypes.h>
#include <string.h>

#define WRONG(...) ostler_error_set(error, OSTLER_E_MODULE, __VA_ARGS__)

/* A later release may lengthen the descriptor, but not beyond reason. */
#define SIZE_MAX_SANE 4096

static enum ostler_status check_abi(const struct ostler_module *descriptor, const char *file,
                                    struct ostler_error *error)
{
    if (descriptor->abi != OSTLER_MODULE_ABI)
        return WRONG("%s: built for module ABI 0x%08" PRIx32 ", this is 0x%08" PRIx32
                     ": rebuild it with the headers of this release",
                     file, descriptor->abi, OSTLER_MODULE_ABI);
    if (descriptor->size < sizeof *descriptor || descriptor->size > SIZE_MAX_SANE)
        return WRONG("%s: the descriptor says that it has %" PRIu32 " bytes, not sizeof(struct ostler_module), %zu",
                     file, descriptor->size, sizeof *descriptor);
    return OSTLER_OK;
}

/* The kind to check against, or NULL with an error. */
static const struct kind *check_kind(const struct ostler_module *descriptor, const char *file,
                                     const struct kind *wanted, bool *other_kind, struct ostler_error *error)
{
    if (!descriptor->kind) {
        WRONG("%s: empty slot: struct ostler_module.kind", file);
        return NULL;
    }
    if (wanted && strcmp(descriptor->kind, wanted->name) != 0) {
        *other_kind = true;
        WRONG("%s: of kind \"%.64s\", wanted was a module of kind \"%s\"", file, descriptor->kind, wanted->name);
        return NULL;
    }

    const struct kind *kind = kind_find(descriptor->kind);
    if (!kind)
        WRONG("%s: of kind \"%.64s\", which this release does not know", file, descriptor->kind);
    return kind;
}

/* Names stand in paths, URLs and config sections. */
static enum ostler_status check_name(const char *name, const char *what, const char *file, struct ostler_error *error)
{
    size_t length = strnlen(name, DESCRIPTOR_NAME_MAX + 1);

    if (length == 0)
        return WRONG("%s: %s is empty", file, what);
    if (length > DESCRIPTOR_NAME_MAX)
        return WRONG("%s: %s is longer than %d bytes", file, what, DESCRIPTOR_NAME_MAX);
    if (strpbrk(name, "/:, \t\n"))
        return WRONG("%s: %s \"%s\" holds a slash, colon, comma or blank", file, what, name);
    return OSTLER_OK;
}

static enum ostler_status check_members(const struct ostler_module *descriptor, const char *file,
                                        struct ostler_error *error)
{
    if (!descriptor->name)
        return WRONG("%s: empty slot: struct ostler_module.name", file);
    if (!descriptor->version)
        return WRONG("%s: empty slot: struct ostler_module.version", file);
    if (!descriptor->ops)
        return WRONG("%s: empty slot: struct ostler_module.ops", file);
    return check_name(descriptor->name, "its name", file, error);
}

static enum ostler_status check_ops(const struct ostler_module *descriptor, const char *file, const struct kind *kind,
                                    struct ostler_error *error)
{
    if (descriptor->ops_size < kind->ops_minimum)
        return WRONG("%s: the operations table has %zu bytes, a struct %s needs at least %zu", file,
                     descriptor->ops_size, kind->table, kind->ops_minimum);
    for (const struct kind_slot *slot = kind->required; slot->name; slot++) {
        void (*function)(void);
        memcpy(&function, (const char *)descriptor->ops + slot->offset, sizeof function);
        if (!function)
            return WRONG("%s: empty slot: struct %s.%s", file, kind->table, slot->name);
    }
    return kind->check ? kind->check(descriptor->ops, descriptor->ops_size, file, error) : OSTLER_OK;
}

static enum ostler_status check_aliases(const struct ostler_module *descriptor, const char *file,
                                        struct ostler_error *error)
{
    const char *const *aliases = descriptor->aliases;

    for (size_t i = 0; aliases && aliases[i]; i++) {
        if (i == DESCRIPTOR_ALIASES_MAX)
            return WRONG("%s: has more than %d aliases", file, DESCRIPTOR_ALIASES_MAX);
        enum ostler_status status = check_name(aliases[i], "an alias", file, error);
        if (status != OSTLER_OK)
            return status;
        if (strcmp(aliases[i], descriptor->name) == 0)
            return WRONG("%s: alias \"%s\" is its own name", file, aliases[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(aliases[i], aliases[j]) == 0)
                return WRONG("%s: alias \"%s\" stands there twice", file, aliases[i]);
    }
    return OSTLER_OK;
}

enum ostler_status descriptor_check(const struct ostler_module *descriptor, const char *file, const struct kind *wanted,
                                    bool *other_kind, struct ostler_error *error)
{
    *other_kind = false;
    enum ostler_status status = check_abi(descriptor, file, error);
    if (status != OSTLER_OK)
        return status;
    const struct kind *kind = check_kind(descriptor, file, wanted, other_kind, error);
    if (!kind)
        return OSTLER_E_MODULE;
    if ((status = check_members(descriptor, file, error)) != OSTLER_OK ||
        (status = check_ops(descriptor, file, kind, error)) != OSTLER_OK)
        return status;
    return check_aliases(descriptor, file, error);
}

bool descriptor_is_called(const struct ostler_module *descriptor, const char *name)
{
    if (strcmp(descriptor->name, name) == 0)
        return true;
    for (const char *const *alias = descriptor->aliases; alias && *alias; alias++)
        if (strcmp(*alias, name) == 0)
            return true;
    return false;
}

const char *descriptor_shared_name(const struct ostler_module *a, const struct ostler_module *b)
{
    if (descriptor_is_called(b, a->name))
        return a->name;
    for (const char *const *alias = a->aliases; alias && *alias; alias++)
        if (descriptor_is_called(b, *alias))
            return *alias;
    return NULL;
}
