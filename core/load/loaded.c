/* SPDX-License-Identifier: Apache-2.0 */
#include "loaded.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ostler_loaded_module *all;

void loaded_lock(void)
{
    pthread_mutex_lock(&lock);
}

void loaded_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

ostler_loaded_module *loaded_find_file(const struct image_identity *identity)
{
    ostler_loaded_module *module;

    DL_FOREACH (all, module) {
        if (module->file && image_same(&module->image.identity, identity)) {
            module->owners++;
            return module;
        }
    }
    return NULL;
}

ostler_loaded_module *loaded_find_builtin(const struct ostler_module *descriptor)
{
    ostler_loaded_module *module;

    DL_FOREACH (all, module) {
        if (!module->file && module->own == descriptor) {
            module->owners++;
            return module;
        }
    }
    return NULL;
}

/* Frees what is there of it. */
static void destroy(ostler_loaded_module *module)
{
    if (module->object)
        object_close(module->object);
    image_release(&module->image);
    if (module->descriptor == &module->whole)
        free((void *)(uintptr_t)module->whole.ops);
    free(module->file);
    free(module->real_file);
    free(module);
}

static enum ostler_status out_of_memory(const char *file, struct ostler_error *error)
{
    return ostler_error_set(error, OSTLER_E_NOMEM, "%s: out of memory", file ? file : LOADED_BUILT_IN);
}

/* Whether the system has this very file mapped, and would give back what it mapped then. */
static bool is_mapped(const struct image *image)
{
    const ostler_loaded_module *module;

    DL_FOREACH (all, module)
        if (module->image.in_place && module->image.identity.device == image->identity.device &&
            module->image.identity.inode == image->identity.inode)
            return true;
    return false;
}

static enum ostler_status open_object(ostler_loaded_module *module, struct ostler_error *error)
{
    enum ostler_status status = image_read(module->file, &module->image, error);

    if (status != OSTLER_OK)
        return status;
    if (module->image.in_place && is_mapped(&module->image))
        return ostler_error_set(error, OSTLER_E_MODULE,
                                "%s: was overwritten while it is loaded: a module that cannot be copied (it names "
                                "$ORIGIN, or the system allows no copy) is replaced by renaming",
                                module->file);
    status = object_open(module->file, &module->image, &module->object, error);
    if (status != OSTLER_OK)
        return status;
    module->own = object_symbol(module->object, "ostler_module");
    if (!module->own)
        return ostler_error_set(error, OSTLER_E_MODULE,
                                "%s: not a module: it exports no symbol ostler_module (see OSTLER_MODULE in "
                                "<ostler/module.h>)",
                                module->file);
    return OSTLER_OK;
}

/* The descriptor for users: slots that were added after the module was built are there, and empty. */
static enum ostler_status complete_table(ostler_loaded_module *module, const struct kind *kind,
                                         struct ostler_error *error)
{
    module->descriptor = module->own;
    if (module->own->ops_size >= kind->ops_size)
        return OSTLER_OK;

    void *table = calloc(1, kind->ops_size);
    if (!table)
        return out_of_memory(module->file, error);
    memcpy(table, module->own->ops, module->own->ops_size);
    module->whole = *module->own;
    module->whole.ops = table;
    module->whole.ops_size = kind->ops_size;
    module->descriptor = &module->whole;
    return OSTLER_OK;
}

enum ostler_status loaded_open(const char *file, const struct ostler_module *builtin, const struct kind *kind,
                               ostler_loaded_module **module, bool *other_kind, struct ostler_error *error)
{
    ostler_loaded_module *made = calloc(1, sizeof *made);
    enum ostler_status status = OSTLER_OK;

    *other_kind = false;
    if (!made)
        return out_of_memory(file, error);
    made->owners = 1;
    made->image.fd = -1;
    made->own = builtin;
    if (file) {
        made->file = strdup(file);
        made->real_file = realpath(file, NULL);
        status = made->file ? open_object(made, error) : out_of_memory(file, error);
    }
    if (status == OSTLER_OK)
        status = descriptor_check(made->own, file ? file : LOADED_BUILT_IN, kind, other_kind, error);
    if (status == OSTLER_OK)
        status = complete_table(made, kind, error);

    if (status == OSTLER_OK)
        *module = made;
    else
        destroy(made);
    return status;
}

/* Whether both come from one place: a file that has changed replaces itself. Either path may lead there, so that a
 * symbolic link which now points elsewhere counts as a changed file. */
static bool same_place(const ostler_loaded_module *a, const ostler_loaded_module *b)
{
    if (!a->file || !b->file)
        return a->file == b->file && a->own == b->own;
    return strcmp(a->file, b->file) == 0 || (a->real_file && b->real_file && strcmp(a->real_file, b->real_file) == 0);
}

enum ostler_status loaded_list(ostler_loaded_module *module, struct ostler_error *error)
{
    ostler_loaded_module *other;

    DL_FOREACH (all, other) {
        const char *name = descriptor_shared_name(module->own, other->own);
        if (name && strcmp(module->own->kind, other->own->kind) == 0 && !same_place(module, other))
            return ostler_error_set(
                error, OSTLER_E_MODULE, "%s: the %s name \"%s\" is taken by %s, which is loaded as \"%s\"",
                ostler_module_file(module), module->own->kind, name, ostler_module_file(other), other->own->name);
    }
    DL_APPEND(all, module);
    module->listed = true;
    return OSTLER_OK;
}

void loaded_release(ostler_loaded_module *module)
{
    if (--module->owners > 0)
        return;
    if (module->listed)
        DL_DELETE(all, module);
    destroy(module);
}
