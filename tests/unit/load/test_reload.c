/* SPDX-License-Identifier: Apache-2.0 */
/* A file that changes while its code runs. */
#include "scratch.h"

#include "versioned.h"

#include <ostler/endpoint.h>

#include <pthread.h>

#define RELOAD(name_) Test(reload, name_, .init = scratch_make, .fini = scratch_remove, .timeout = 60)

typedef const char *put_fn(const char *module, const char *name);

static ostler_method_fn method_of(const ostler_loaded_module *module)
{
    const struct ostler_endpoint_ops *ops = ostler_module_descriptor(module)->ops;

    return ops->rpc[0]->methods[0].function;
}

/* Which version the loaded code says it is. */
static int version_of(const ostler_loaded_module *module)
{
    struct versioned_call call = {.go = -1};

    cr_assert_eq(method_of(module)(NULL, &call), OSTLER_OK);
    return call.version;
}

/* A method that sits in the old code. */
struct sitter {
    pthread_t thread;
    ostler_loaded_module *module;
    struct versioned_call call;
    int entered[2], go[2];
};

static void *sit(void *argument)
{
    struct sitter *sitter = argument;

    if (method_of(sitter->module)(NULL, &sitter->call) != OSTLER_OK)
        sitter->call.version = -1;
    return NULL;
}

static void sitter_start(struct sitter *sitter, ostler_loaded_module *module)
{
    char byte;

    cr_assert_eq(pipe(sitter->entered), 0);
    cr_assert_eq(pipe(sitter->go), 0);
    sitter->module = ostler_module_ref(module);
    sitter->call = (struct versioned_call){.entered = sitter->entered[1], .go = sitter->go[0]};
    cr_assert_eq(pthread_create(&sitter->thread, NULL, sit, sitter), 0);
    cr_assert_eq(read(sitter->entered[0], &byte, 1), 1);
}

/* Lets it go on; returns the version of the code that it went on in. */
static int sitter_finish(struct sitter *sitter)
{
    cr_assert_eq(write(sitter->go[1], "", 1), 1);
    cr_assert_eq(pthread_join(sitter->thread, NULL), 0);
    ostler_module_unref(sitter->module);
    for (int i = 0; i < 2; i++) {
        close(sitter->entered[i]);
        close(sitter->go[i]);
    }
    return sitter->call.version;
}

static void reload_under_a_running_method(put_fn *put)
{
    struct sitter sitter;
    const char *path = put("version_1", "versioned.so");
    ostler_loaded_module *old = scratch_load(OSTLER_KIND_ENDPOINT, path, NULL);

    cr_assert_eq(version_of(old), 1);
    cr_assert_not(ostler_module_changed(old));
    sitter_start(&sitter, old);
    put("version_2", "versioned.so");
    cr_assert(ostler_module_changed(old));

    ostler_loaded_module *new = scratch_load(OSTLER_KIND_ENDPOINT, path, NULL);
    cr_assert_neq(new, old);
    cr_assert_eq(version_of(new), 2);
    cr_assert_str_eq(ostler_module_descriptor(new)->version, "2.0");
    cr_assert_str_eq(ostler_module_descriptor(old)->version, "1.0");
    cr_assert_not(ostler_module_changed(new));

    unsigned both = count_mappings();
    ostler_module_unref(old);
    cr_assert_eq(count_mappings(), both, "the old code is closed under its request");
    cr_assert_eq(sitter_finish(&sitter), 1);
    cr_assert_lt(count_mappings(), both, "the old code is still there");
    cr_assert_eq(version_of(new), 2);
    ostler_module_unref(new);
    cr_assert_eq(count_mappings(), 0);
}

RELOAD(file_replaced_under_a_running_method)
{
    reload_under_a_running_method(scratch_replace);
}

RELOAD(file_overwritten_under_a_running_method)
{
    reload_under_a_running_method(scratch_overwrite);
}

RELOAD(by_name)
{
    ostler_loaded_module *old, *new;

    scratch_replace("version_1", "versioned.so");
    old = scratch_load(OSTLER_KIND_ENDPOINT, "versioned", scratch);
    scratch_replace("version_2", "versioned.so");
    new = scratch_load(OSTLER_KIND_ENDPOINT, "versioned", scratch);
    cr_assert_eq(version_of(old), 1);
    cr_assert_eq(version_of(new), 2);
    ostler_module_unref(old);
    ostler_module_unref(new);
}

/* Deployments switch a symbolic link. */
RELOAD(link_that_points_elsewhere)
{
    const char *path = scratch_path("current/versioned.so");

    scratch_folder("1");
    scratch_folder("2");
    scratch_overwrite("version_1", "1/versioned.so");
    scratch_overwrite("version_2", "2/versioned.so");
    cr_assert_eq(symlink("1", scratch_path("current")), 0);
    ostler_loaded_module *old = scratch_load(OSTLER_KIND_ENDPOINT, path, NULL);
    cr_assert_eq(unlink(scratch_path("current")), 0);
    cr_assert_eq(symlink("2", scratch_path("current")), 0);
    cr_assert(ostler_module_changed(old));
    ostler_loaded_module *new = scratch_load(OSTLER_KIND_ENDPOINT, path, NULL);
    cr_assert_eq(version_of(new), 2);
    ostler_module_unref(old);
    ostler_module_unref(new);
}

RELOAD(file_that_is_gone_has_changed)
{
    const char *path = scratch_overwrite("version_1", "versioned.so");
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_ENDPOINT, path, NULL);

    cr_assert_eq(unlink(path), 0);
    cr_assert(ostler_module_changed(module));
    scratch_refused(OSTLER_KIND_ENDPOINT, path, NULL, "versioned.so: No such file or directory");
    cr_assert_eq(version_of(module), 1);
    ostler_module_unref(module);
}

/* A bad new file leaves the old code alone, even where it overwrote the file that this came from. */
RELOAD(bad_new_file)
{
    const char *path = scratch_overwrite("version_1", "versioned.so");
    ostler_loaded_module *module = scratch_load(OSTLER_KIND_ENDPOINT, path, NULL);

    scratch_write(path, "half", 4);
    scratch_refused(OSTLER_KIND_ENDPOINT, path, NULL, "versioned.so: not a shared object");
    scratch_overwrite("good", "versioned.so");
    scratch_refused(OSTLER_KIND_ENDPOINT, path, NULL, "versioned.so: of kind \"policy\"");
    cr_assert_eq(version_of(module), 1);
    ostler_module_unref(module);
}

RELOAD(fifty_times_leaves_nothing_behind)
{
    unsigned descriptors = 0;
    const char *path = scratch_path("versioned.so");
    ostler_loaded_module *module = NULL;

    for (int i = 0; i < 50; i++) {
        scratch_replace(i % 2 == 0 ? "version_1" : "version_2", "versioned.so");
        ostler_loaded_module *next = scratch_load(OSTLER_KIND_ENDPOINT, path, NULL);
        ostler_module_unref(module);
        module = next;
        cr_assert_eq(version_of(module), i % 2 == 0 ? 1 : 2);
        if (i == 0)
            descriptors = count_descriptors();
        cr_assert_eq(count_descriptors(), descriptors);
    }
    ostler_module_unref(module);
    cr_assert_eq(count_descriptors(), descriptors - 1);
    cr_assert_eq(count_mappings(), 0);
}
