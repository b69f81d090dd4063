/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/module.h>

#include "candidates.h"
#include "loaded.h"
#include "module_builtin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct visit {
    const struct kind *kind;
    ostler_module_visit_fn call;
    void *user;
    char **seen; /* names */
    size_t count;
};

/* False the second time, and without memory: *status tells. */
static bool is_new(struct visit *visit, const char *name, enum ostler_status *status)
{
    for (size_t i = 0; i < visit->count; i++)
        if (strcmp(visit->seen[i], name) == 0)
            return false;

    char **grown = realloc(visit->seen, (visit->count + 1) * sizeof *grown);
    if (grown) {
        visit->seen = grown;
        grown[visit->count] = strdup(name);
    }
    if (!grown || !grown[visit->count]) {
        *status = OSTLER_E_NOMEM;
        return false;
    }
    visit->count++;
    return true;
}

/* What is loaded already is shared; what is not is opened unlisted, so that a visit takes no names. */
static enum ostler_status open_quietly(const struct visit *visit, const char *file, const struct ostler_module *builtin,
                                       ostler_loaded_module **module, bool *other_kind, struct ostler_error *error)
{
    struct stat status;
    enum ostler_status result;

    loaded_lock();
    *module = NULL;
    if (!file) {
        *module = loaded_find_builtin(builtin);
    } else if (stat(file, &status) == 0) {
        struct image_identity identity = image_identify(&status);
        *module = loaded_find_file(&identity);
    }
    if (*module) {
        *other_kind = strcmp((*module)->own->kind, visit->kind->name) != 0;
        result = *other_kind ? OSTLER_E_MODULE : OSTLER_OK;
        if (*other_kind)
            loaded_release(*module);
    } else {
        result = loaded_open(file, builtin, visit->kind, module, other_kind, error);
    }
    loaded_unlock();
    return result;
}

static enum ostler_status visit_one(struct visit *visit, const char *file, const struct ostler_module *builtin)
{
    struct ostler_error problem = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = NULL;
    bool other_kind;
    enum ostler_status status = open_quietly(visit, file, builtin, &module, &other_kind, &problem);

    if (status == OSTLER_OK) {
        const struct ostler_module *descriptor = ostler_module_descriptor(module);
        if (is_new(visit, descriptor->name, &status))
            visit->call(visit->user, ostler_module_file(module), descriptor, NULL);
        ostler_module_unref(module);
    } else if (status == OSTLER_E_MODULE) {
        if (!other_kind)
            visit->call(visit->user, file ? file : LOADED_BUILT_IN, NULL, &problem);
        status = OSTLER_OK;
    }
    ostler_error_clear(&problem);
    return status;
}

static enum ostler_status visit_all(struct visit *visit, const struct candidates *candidates)
{
    const struct ostler_module *builtin;
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; status == OSTLER_OK && (builtin = module_builtin(i)) != NULL; i++)
        status = visit_one(visit, NULL, builtin);
    for (size_t i = 0; status == OSTLER_OK && i < candidates->count; i++)
        status = visit_one(visit, candidates->items[i].file, NULL);
    return status;
}

enum ostler_status ostler_module_visit(const char *kind, const char *plugin_path, ostler_module_visit_fn visit,
                                       void *user, struct ostler_error *error)
{
    struct visit state = {.kind = kind_find(kind), .call = visit, .user = user};
    struct candidates candidates = {0};

    if (!state.kind)
        return ostler_error_set(error, OSTLER_E_MODULE, "\"%s\" is no kind of module", kind);
    enum ostler_status status = candidates_find(state.kind, NULL, plugin_path, &candidates, error);
    if (status != OSTLER_OK)
        return status;
    status = visit_all(&state, &candidates);
    if (status != OSTLER_OK)
        ostler_error_set(error, status, "out of memory while visiting modules");

    candidates_clear(&candidates);
    for (size_t i = 0; i < state.count; i++)
        free(state.seen[i]);
    free(state.seen);
    return status;
}
