/* SPDX-License-Identifier: Apache-2.0 */
/* libltdl's own way of opening binds lazily (a symbol that exists nowhere ends the process when it is first called),
 * reports a library that is missing as the module's own file, and asks one loader after the other until one succeeds.
 * So a loader of ours is put in front. It answers only to names made up here, below a path where no file can be:
 * whatever goes wrong in it, no other loader finds anything to open, and whoever else uses libltdl in this process
 * keeps the loaders as they were. */
#include "object.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* What object_open() asks of the loader below, in one call of lt_dlopen(). */
struct opening {
    char name[160]; /* what libltdl calls it */
    const char *path;
    char reason[1024]; /* the system's, if it fails */
};

static struct opening *opening;

static lt_module open_bound(lt_user_data data, const char *filename, lt_dladvise advise)
{
    (void)data;
    (void)advise;
    if (!opening || !filename || strcmp(filename, opening->name) != 0)
        return NULL;

    void *module = dlopen(opening->path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        const char *reason = dlerror();
        snprintf(opening->reason, sizeof opening->reason, "%s", reason ? reason : "no reason given");
    }
    return module;
}

static int close_bound(lt_user_data data, lt_module module)
{
    (void)data;
    return dlclose(module);
}

static void *find_bound(lt_user_data data, lt_module module, const char *symbol)
{
    (void)data;
    return dlsym(module, symbol);
}

static const lt_dlvtable bound_loader = {
    .name = "ostler",
    .module_open = open_bound,
    .module_close = close_bound,
    .find_sym = find_bound,
    .priority = LT_DLLOADER_PREPEND,
};

/* libltdl is never shut down: modules may be loaded until the process ends. */
static enum ostler_status start_libltdl(struct ostler_error *error)
{
    static bool started;

    if (!started && (lt_dlinit() != 0 || lt_dlloader_add(&bound_loader) != 0)) {
        const char *reason = lt_dlerror();
        return ostler_error_set(error, OSTLER_E_MODULE, "libltdl cannot start: %s",
                                reason ? reason : "no reason given");
    }
    started = true;
    return OSTLER_OK;
}

/* The system's reason as one about @file: it begins with the path that was opened, if it is about that object, and
 * otherwise with the name of a library that it needs. */
static enum ostler_status explain(const char *file, const struct opening *failed, struct ostler_error *error)
{
    size_t length = strlen(failed->path);
    const char *reason = failed->reason;

    if (reason[0] == '\0')
        return ostler_error_set(error, OSTLER_E_NOMEM, "%s: out of memory", file);
    if (strncmp(reason, failed->path, length) != 0)
        return ostler_error_set(error, OSTLER_E_MODULE, "%s: a library that it needs cannot be loaded: %s", file,
                                reason);
    reason += length;
    reason += strspn(reason, ": ");
    return ostler_error_set(error, OSTLER_E_MODULE, "%s: cannot be linked: %s", file, reason);
}

enum ostler_status object_open(const char *file, const struct image *image, lt_dlhandle *object,
                               struct ostler_error *error)
{
    static unsigned long serial;
    struct opening request = {.path = image->path};
    enum ostler_status status = start_libltdl(error);

    if (status != OSTLER_OK)
        return status;
    snprintf(request.name, sizeof request.name, "/dev/null/ostler/%lu/module.so", serial++);
    opening = &request;
    lt_dlhandle handle = lt_dlopen(request.name);
    opening = NULL;
    if (!handle)
        return explain(file, &request, error);
    *object = handle;
    return OSTLER_OK;
}

const void *object_symbol(lt_dlhandle object, const char *name)
{
    return lt_dlsym(object, name);
}

void object_close(lt_dlhandle object)
{
    lt_dlclose(object);
}
