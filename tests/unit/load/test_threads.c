/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads load, share and close the same modules, while their files change. */
#include "scratch.h"

#include <ostler/policy.h>

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 8
#define ROUNDS  40

static atomic_uint failures;

/* No assertion ends a thread: failures are counted, and looked at when all have ended. */
static void load_and_use(const char *kind, const char *name, const char *expected)
{
    ostler_loaded_module *module = NULL;

    if (ostler_module_load(kind, name, scratch, &module, NULL) != OSTLER_OK) {
        atomic_fetch_add(&failures, 1);
        return;
    }
    ostler_module_ref(module);
    ostler_module_unref(module);
    if (strcmp(ostler_module_descriptor(module)->name, expected) != 0)
        atomic_fetch_add(&failures, 1);
    ostler_module_changed(module);
    ostler_module_unref(module);
}

static void count_module(void *user, const char *file, const struct ostler_module *descriptor,
                         const struct ostler_error *problem)
{
    (void)file;
    (void)problem;
    if (descriptor)
        ++*(unsigned *)user;
}

static void *load_often(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        unsigned visited = 0;
        ostler_loaded_module *module = NULL;
        load_and_use(OSTLER_KIND_POLICY, "fine", "good");
        load_and_use(OSTLER_KIND_ENDPOINT, "versioned", "versioned");
        if (ostler_module_load(OSTLER_KIND_POLICY, "absent", scratch, &module, NULL) != OSTLER_E_MODULE)
            atomic_fetch_add(&failures, 1);
        if (ostler_module_visit(OSTLER_KIND_POLICY, scratch, count_module, &visited, NULL) != OSTLER_OK || visited != 1)
            atomic_fetch_add(&failures, 1);
    }
    return NULL;
}

Test(threads, load_share_and_close, .init = scratch_make, .fini = scratch_remove, .timeout = 120)
{
    pthread_t threads[THREADS];

    scratch_replace("good", "good.so");
    scratch_replace("version_1", "versioned.so");
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, load_often, NULL), 0);
    for (int i = 0; i < ROUNDS; i++)
        scratch_replace(i % 2 == 0 ? "version_2" : "version_1", "versioned.so");
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    cr_assert_eq(atomic_load(&failures), 0);
    cr_assert_eq(count_mappings(), 0);
}
