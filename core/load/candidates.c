/* SPDX-License-Identifier: Apache-2.0 */
#include "candidates.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXTENSION ".so"

static enum ostler_status out_of_memory(struct ostler_error *error)
{
    return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory while looking for modules");
}

char *candidates_absolute(const char *path)
{
    char folder[PATH_MAX];
    char *absolute = NULL;

    if (path[0] == '/')
        return strdup(path);
    if (!getcwd(folder, sizeof folder))
        return NULL;
    return asprintf(&absolute, "%s/%s", folder, path) < 0 ? NULL : absolute;
}

/* Takes @file over, also on failure. */
static enum ostler_status add_file(struct candidates *candidates, char *file, bool by_name, struct ostler_error *error)
{
    struct candidate *grown = NULL;
    enum ostler_status status = OSTLER_OK;

    if (!file)
        return out_of_memory(error);
    if (candidates->count == CANDIDATES_MAX)
        status = ostler_error_set(error, OSTLER_E_MODULE, "%s: more than %d files are in the folders for modules: %s",
                                  file, CANDIDATES_MAX, candidates->folders);
    else if (!(grown = realloc(candidates->items, (candidates->count + 1) * sizeof *grown)))
        status = out_of_memory(error);
    if (status != OSTLER_OK) {
        free(file);
        return status;
    }
    candidates->items = grown;
    candidates->items[candidates->count++] = (struct candidate){.file = file, .by_name = by_name};
    return OSTLER_OK;
}

/* Notes that @folder has been looked at, and why in vain. */
static enum ostler_status add_folder(struct candidates *candidates, const char *folder, int errnum,
                                     struct ostler_error *error)
{
    char *folders = NULL, reason[128];
    const char *text = errnum ? strerror_r(errnum, reason, sizeof reason) : "";

    if (candidates->folder_count == CANDIDATES_FOLDERS_MAX)
        return ostler_error_set(error, OSTLER_E_MODULE, "%s: more than %d folders for modules", folder,
                                CANDIDATES_FOLDERS_MAX);
    if (asprintf(&folders, "%s%s%s%s%s%s", candidates->folders ? candidates->folders : "",
                 candidates->folders ? ", " : "", folder, errnum ? " (" : "", text, errnum ? ")" : "") < 0)
        return out_of_memory(error);
    free(candidates->folders);
    candidates->folders = folders;
    candidates->folder_count++;
    return OSTLER_OK;
}

static int is_module_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), ending = strlen(EXTENSION);

    return entry->d_name[0] != '.' && length > ending && strcmp(entry->d_name + length - ending, EXTENSION) == 0;
}

/* By bytes: the order does not depend on the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Adds "FOLDER/ENTRY"; the entry that is called as the module is comes first. */
static enum ostler_status add_entries(struct candidates *candidates, const char *folder, const char *name,
                                      struct dirent **entries, int count, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < count && status == OSTLER_OK; i++) {
            size_t stem = strlen(entries[i]->d_name) - strlen(EXTENSION);
            bool by_name = name && strlen(name) == stem && strncmp(name, entries[i]->d_name, stem) == 0;
            char *file = NULL;
            if (by_name != (pass == 0))
                continue;
            if (asprintf(&file, "%s/%s", folder, entries[i]->d_name) < 0)
                file = NULL;
            status = add_file(candidates, file, by_name, error);
        }
    }
    return status;
}

static enum ostler_status look_into(struct candidates *candidates, const char *folder, const char *name,
                                    struct ostler_error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_module_file, by_bytes);
    enum ostler_status status = add_folder(candidates, folder, count < 0 ? errno : 0, error);

    if (status == OSTLER_OK)
        status = add_entries(candidates, folder, name, entries, count, error);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return status;
}

/* A folder that somebody named, and its subfolder for the kind if there is one. */
static enum ostler_status look_into_given(struct candidates *candidates, const struct kind *kind, const char *given,
                                          const char *name, struct ostler_error *error)
{
    char *folder = candidates_absolute(given), *subfolder = NULL;
    struct stat found;
    enum ostler_status status = OSTLER_OK;

    if (!folder || asprintf(&subfolder, "%s/%s", folder, kind->folder) < 0) {
        subfolder = NULL;
        status = out_of_memory(error);
    }
    if (status == OSTLER_OK)
        status = look_into(candidates, folder, name, error);
    if (status == OSTLER_OK && stat(subfolder, &found) == 0)
        status = look_into(candidates, subfolder, name, error);
    free(folder);
    free(subfolder);
    return status;
}

static enum ostler_status look_along(struct candidates *candidates, const struct kind *kind, const char *path,
                                     const char *name, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    char *copy = strdup(path), *rest = NULL;

    if (!copy)
        return out_of_memory(error);
    for (char *given = strtok_r(copy, ":", &rest); given && status == OSTLER_OK; given = strtok_r(NULL, ":", &rest))
        status = look_into_given(candidates, kind, given, name, error);
    free(copy);
    return status;
}

enum ostler_status candidates_find(const struct kind *kind, const char *name, const char *plugin_path,
                                   struct candidates *candidates, struct ostler_error *error)
{
    struct candidates found = {0};
    const char *environment = secure_getenv("OSTLER_PLUGIN_PATH");
    char installed[sizeof MODULE_DIR + 32];
    enum ostler_status status = OSTLER_OK;

    snprintf(installed, sizeof installed, "%s/%s", MODULE_DIR, kind->folder);
    if (plugin_path)
        status = look_along(&found, kind, plugin_path, name, error);
    if (status == OSTLER_OK && environment)
        status = look_along(&found, kind, environment, name, error);
    if (status == OSTLER_OK)
        status = look_into(&found, installed, name, error);
    if (status == OSTLER_OK)
        *candidates = found;
    else
        candidates_clear(&found);
    return status;
}

void candidates_clear(struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++)
        free(candidates->items[i].file);
    free(candidates->items);
    free(candidates->folders);
    *candidates = (struct candidates){0};
}
