/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/module.h>

#include "candidates.h"
#include "loaded.h"
#include "module_builtin.h"

#include <ostler/log.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What looking for one module needs to know. */
struct wanted {
    const struct kind *kind;
    const char *name; /* NULL: whatever the file holds */
};

/* How a file was no match. */
enum mismatch {
    MISMATCH_BROKEN, /* it cannot be loaded */
    MISMATCH_OTHER,  /* it can, but it is something else */
    MISMATCH_TAKEN   /* it is what is wanted, but another file that is loaded has its name */
};

/* What was loaded from this state of the file, or else loads it. */
static enum ostler_status share_or_open(const char *file, const struct kind *kind, ostler_loaded_module **module,
                                        bool *other_kind, struct ostler_error *error)
{
    struct stat status;

    *other_kind = false;
    if (stat(file, &status) == 0) {
        struct image_identity identity = image_identify(&status);
        ostler_loaded_module *shared = loaded_find_file(&identity);
        if (shared && strcmp(shared->own->kind, kind->name) == 0) {
            *module = shared;
            return OSTLER_OK;
        }
        if (shared) {
            *other_kind = true;
            ostler_error_set(error, OSTLER_E_MODULE, "%s: of kind \"%s\", wanted was a module of kind \"%s\"", file,
                             shared->own->kind, kind->name);
            loaded_release(shared);
            return OSTLER_E_MODULE;
        }
    }
    return loaded_open(file, NULL, kind, module, other_kind, error);
}

/* Loads @file if it holds what is wanted. With the lock held. */
static enum ostler_status try_file(const struct wanted *wanted, const char *file, ostler_loaded_module **module,
                                   enum mismatch *mismatch, struct ostler_error *error)
{
    ostler_loaded_module *found = NULL;
    bool other_kind;
    enum ostler_status status = share_or_open(file, wanted->kind, &found, &other_kind, error);

    *mismatch = other_kind ? MISMATCH_OTHER : MISMATCH_BROKEN;
    if (status != OSTLER_OK)
        return status;
    if (wanted->name && !descriptor_is_called(found->own, wanted->name)) {
        *mismatch = MISMATCH_OTHER;
        status = ostler_error_set(error, OSTLER_E_MODULE, "%s: the module in it is called \"%s\", not \"%s\"", file,
                                  found->own->name, wanted->name);
    } else if (!found->listed) {
        *mismatch = MISMATCH_TAKEN;
        status = loaded_list(found, error);
    }
    if (status == OSTLER_OK)
        *module = found;
    else
        loaded_release(found);
    return status;
}

/* The first candidate that is what is wanted. A file which is called as the module is but cannot be loaded ends the
 * search: a working one further on would hide the fault. Any other failure matters only if nothing is found. */
static enum ostler_status try_candidates(const struct wanted *wanted, const struct candidates *candidates,
                                         ostler_loaded_module **module, struct ostler_error *error)
{
    struct ostler_error first = OSTLER_ERROR_INIT;
    enum ostler_status status = OSTLER_E_MODULE;

    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        struct ostler_error problem = OSTLER_ERROR_INIT;
        enum mismatch mismatch;
        status = try_file(wanted, candidate->file, module, &mismatch, &problem);
        if (status == OSTLER_OK)
            goto out;
        if (status != OSTLER_E_MODULE || mismatch == MISMATCH_TAKEN ||
            (candidate->by_name && mismatch == MISMATCH_BROKEN)) {
            ostler_error_move(error, &problem);
            goto out;
        }
        if (first.status == OSTLER_OK && (candidate->by_name || mismatch == MISMATCH_BROKEN))
            ostler_error_move(&first, &problem);
        ostler_error_clear(&problem);
    }
    status = ostler_error_set(error, OSTLER_E_MODULE, "no %s \"%s\": nothing with this name is linked in or in %s%s%s",
                              wanted->kind->name, wanted->name, candidates->folders,
                              first.status != OSTLER_OK ? "; what comes nearest: "
                                                        : " (plugin_path and $OSTLER_PLUGIN_PATH name more folders)",
                              first.status != OSTLER_OK ? first.message : "");
out:
    ostler_error_clear(&first);
    return status;
}

/* OSTLER_OK with *module NULL if there is none. With the lock held. */
static enum ostler_status load_builtin(const struct wanted *wanted, ostler_loaded_module **module,
                                       struct ostler_error *error)
{
    const struct ostler_module *descriptor;
    bool other_kind;

    *module = NULL;
    for (size_t i = 0; (descriptor = module_builtin(i)) != NULL; i++) {
        if (descriptor->abi != OSTLER_MODULE_ABI || !descriptor->kind || !descriptor->name ||
            strcmp(descriptor->kind, wanted->kind->name) != 0 || !descriptor_is_called(descriptor, wanted->name))
            continue;
        *module = loaded_find_builtin(descriptor);
        if (*module)
            return OSTLER_OK;
        ostler_loaded_module *opened = NULL;
        enum ostler_status status = loaded_open(NULL, descriptor, wanted->kind, &opened, &other_kind, error);
        if (status == OSTLER_OK && (status = loaded_list(opened, error)) != OSTLER_OK)
            loaded_release(opened);
        if (status == OSTLER_OK)
            *module = opened;
        return status;
    }
    return OSTLER_OK;
}

static enum ostler_status load_by_name(const struct wanted *wanted, const char *plugin_path,
                                       ostler_loaded_module **module, struct ostler_error *error)
{
    struct candidates candidates = {0};
    ostler_loaded_module *found = NULL;
    enum ostler_status status = load_builtin(wanted, &found, error);

    if (status == OSTLER_OK && !found) {
        status = candidates_find(wanted->kind, wanted->name, plugin_path, &candidates, error);
        if (status == OSTLER_OK)
            status = try_candidates(wanted, &candidates, &found, error);
        candidates_clear(&candidates);
    }
    if (status == OSTLER_OK)
        *module = found;
    return status;
}

static enum ostler_status load_by_path(const struct wanted *wanted, const char *path, ostler_loaded_module **module,
                                       struct ostler_error *error)
{
    char *file = candidates_absolute(path);
    enum mismatch mismatch;

    if (!file && errno == ENOMEM)
        return ostler_error_set(error, OSTLER_E_NOMEM, "%s: out of memory", path);
    if (!file)
        return ostler_error_set(error, OSTLER_E_MODULE, "%s: the working folder has no path any more", path);
    enum ostler_status status = try_file(wanted, file, module, &mismatch, error);
    free(file);
    return status;
}

enum ostler_status ostler_module_load(const char *kind, const char *name, const char *plugin_path,
                                      ostler_loaded_module **module, struct ostler_error *error)
{
    struct wanted wanted = {.kind = kind_find(kind)};
    enum ostler_status status;

    if (!wanted.kind)
        return ostler_error_set(error, OSTLER_E_MODULE, "\"%s\" is no kind of module", kind);
    if (name[0] == '\0')
        return ostler_error_set(error, OSTLER_E_MODULE, "the name of the %s is empty", kind);

    loaded_lock();
    if (strchr(name, '/')) {
        status = load_by_path(&wanted, name, module, error);
    } else {
        wanted.name = name;
        status = load_by_name(&wanted, plugin_path, module, error);
    }
    loaded_unlock();
    if (status == OSTLER_OK)
        ostler_log(OSTLER_LOG_DEBUG, "module", "%s \"%s\", version %s, from %s", kind, (*module)->descriptor->name,
                   (*module)->descriptor->version, ostler_module_file(*module));
    return status;
}

ostler_loaded_module *ostler_module_ref(ostler_loaded_module *module)
{
    loaded_lock();
    module->owners++;
    loaded_unlock();
    return module;
}

void ostler_module_unref(ostler_loaded_module *module)
{
    if (!module)
        return;
    loaded_lock();
    loaded_release(module);
    loaded_unlock();
}

const struct ostler_module *ostler_module_descriptor(const ostler_loaded_module *module)
{
    return module->descriptor;
}

const char *ostler_module_file(const ostler_loaded_module *module)
{
    return module->file ? module->file : LOADED_BUILT_IN;
}

bool ostler_module_changed(const ostler_loaded_module *module)
{
    struct stat status;

    if (!module->file)
        return false;
    if (stat(module->file, &status) != 0)
        return true;
    struct image_identity now = image_identify(&status);
    return !image_same(&now, &module->image.identity);
}
