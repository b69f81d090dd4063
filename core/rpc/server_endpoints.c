/* SPDX-License-Identifier: Apache-2.0 */
#include "server_endpoints.h"

#include <ostler/log.h>
#include <ostler/version.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Instances -------------------------------------------------------------------------------------------------- */

static void instance_free(struct instance *instance)
{
    if (!instance)
        return;
    if (instance->is_open && instance->ops->fini)
        instance->ops->fini(instance->state);
    ostler_module_unref(instance->module);
    free(instance->section);
    free(instance->name);
    free(instance);
}

static enum ostler_status instance_open(struct instance *instance, const struct ostler_endpoint_host *host,
                                        const ostler_conf *conf, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    if (instance->ops->open)
        status = instance->ops->open(host, conf, instance->section, &instance->state, error);
    instance->is_open = status == OSTLER_OK;
    return status;
}

static struct instance *instance_new(const struct ostler_server_endpoint *endpoint)
{
    struct instance *instance = calloc(1, sizeof *instance);

    if (!instance)
        return NULL;
    instance->ops = endpoint->ops;
    instance->name = strdup(endpoint->name);
    if (!instance->name || asprintf(&instance->section, "endpoint:%s", endpoint->name) < 0) {
        free(instance->name);
        free(instance);
        return NULL;
    }
    if (endpoint->module)
        instance->module = ostler_module_ref(endpoint->module);
    return instance;
}

static enum ostler_status declare_options(const struct instance *instance, ostler_conf *conf,
                                          struct ostler_error *error)
{
    if (!instance->ops->options)
        return OSTLER_OK;
    return ostler_conf_declare(conf, instance->section, instance->ops->options, error);
}

/* --- A new generation ------------------------------------------------------------------------------------------- */

static void generation_free(struct generation *generation)
{
    if (!generation)
        return;
    generation->generations->tables->clear(generation);
    ostler_module_unref(generation->policy_module);
    free(generation->instances);
    free(generation);
}

static struct instance *find_instance(const struct generation *generation, const struct ostler_server_endpoint *wanted)
{
    for (size_t i = 0; generation && i < generation->instance_count; i++) {
        struct instance *instance = generation->instances[i];
        if (instance->ops == wanted->ops && strcmp(instance->name, wanted->name) == 0)
            return instance;
    }
    return NULL;
}

static bool has_name(const struct generation *generation, const char *name)
{
    for (size_t i = 0; i < generation->instance_count; i++)
        if (strcmp(generation->instances[i]->name, name) == 0)
            return true;
    return false;
}

static bool has_instance(const struct generation *generation, const struct instance *instance)
{
    for (size_t i = 0; generation && i < generation->instance_count; i++)
        if (generation->instances[i] == instance)
            return true;
    return false;
}

static enum ostler_status fill_instances(struct generation *generation, const struct generation *current,
                                         const struct ostler_server_endpoint *endpoints, size_t count,
                                         struct ostler_error *error)
{
    generation->instances = calloc(count + 1, sizeof *generation->instances);
    if (!generation->instances)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for endpoints");
    for (size_t i = 0; i < count; i++) {
        const struct ostler_server_endpoint *wanted = &endpoints[i];
        if (!wanted->name || !wanted->ops)
            return ostler_error_set(error, OSTLER_E_INVALID, "endpoint %zu has no name or no operations", i + 1);
        if (has_name(generation, wanted->name))
            return ostler_error_set(error, OSTLER_E_INVALID, "endpoint \"%s\" is listed twice", wanted->name);
        struct instance *instance = find_instance(current, wanted);
        if (!instance)
            instance = instance_new(wanted);
        if (!instance)
            return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for endpoint \"%s\"", wanted->name);
        generation->instances[generation->instance_count++] = instance;
    }
    return OSTLER_OK;
}

/* Opens new instances and resets those that stay; *done is how many took it. */
static enum ostler_status configure(struct generations *generations, struct generation *generation, ostler_conf *conf,
                                    size_t *done, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (*done = 0; *done < generation->instance_count; (*done)++) {
        struct instance *instance = generation->instances[*done];
        status = declare_options(instance, conf, error);
        if (status == OSTLER_OK && !instance->is_open)
            status = instance_open(instance, generations->host, conf, error);
        else if (status == OSTLER_OK && instance->ops->reset)
            status = instance->ops->reset(instance->state, conf, instance->section, error);
        if (status != OSTLER_OK) {
            if (error && error->status == OSTLER_OK)
                ostler_error_set(error, status, "%s", ostler_status_text(status));
            ostler_error_prefix(error, "endpoint \"%s\"", instance->name);
            break;
        }
    }
    return status;
}

/* Hands the old options back to the first @p count instances that were there before. */
static void take_back(const struct generation *current, struct generation *generation, size_t count,
                      ostler_conf *before)
{
    for (size_t i = 0; i < count; i++) {
        struct instance *instance = generation->instances[i];
        struct ostler_error error = OSTLER_ERROR_INIT;
        if (has_instance(current, instance) && before && instance->ops->reset &&
            instance->ops->reset(instance->state, before, instance->section, &error) != OSTLER_OK)
            ostler_log(OSTLER_LOG_ERROR, "server", "endpoint \"%s\" does not take its old options back: %s",
                       instance->name, error.message ? error.message : "no reason given");
        ostler_error_clear(&error);
    }
}

static void discard(const struct generation *current, struct generation *generation)
{
    for (size_t i = 0; i < generation->instance_count; i++)
        if (!has_instance(current, generation->instances[i]))
            instance_free(generation->instances[i]);
    generation->policy_module = NULL;
    generation_free(generation);
}

enum ostler_status generation_new(struct generations *generations, ostler_conf *conf, ostler_conf *before,
                                  const struct ostler_server_endpoint *endpoints, size_t count,
                                  ostler_loaded_module *policy_module, struct generation **generation,
                                  struct ostler_error *error)
{
    struct generation *made = calloc(1, sizeof *made);
    size_t configured = 0;

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for endpoints");
    atomic_init(&made->holds, 1);
    made->generations = generations;
    made->policy_module = policy_module;
    made->policy = policy_module ? ostler_module_descriptor(policy_module)->ops : NULL;

    /* Tables are judged before anything is opened. */
    enum ostler_status status = fill_instances(made, generations->current, endpoints, count, error);
    if (status == OSTLER_OK)
        status = generations->tables->fill(made, generations->stats, error);
    if (status == OSTLER_OK)
        status = configure(generations, made, conf, &configured, error);
    if (status != OSTLER_OK) {
        take_back(generations->current, made, configured, before);
        discard(generations->current, made);
        return status;
    }
    *generation = made;
    return OSTLER_OK;
}

/* --- Generations, current and retired --------------------------------------------------------------------------- */

void generations_init(struct generations *generations, const struct ostler_endpoint_host *host, struct stats *stats,
                      const struct generation_tables *tables, void (*retired_one)(void *user), void *user)
{
    *generations =
        (struct generations){.host = host, .stats = stats, .tables = tables, .retired_one = retired_one, .user = user};
    pthread_mutex_init(&generations->lock, NULL);
}

void generations_swap(struct generations *generations, struct generation *generation)
{
    pthread_mutex_lock(&generations->lock);
    for (size_t i = 0; generation && i < generation->instance_count; i++)
        generation->instances[i]->generations++;
    struct generation *before = generations->current;
    generations->current = generation;
    pthread_mutex_unlock(&generations->lock);
    if (before)
        generation_release(before);
}

struct generation *generations_hold(struct generations *generations, unsigned holds)
{
    pthread_mutex_lock(&generations->lock);
    struct generation *current = generations->current;
    atomic_fetch_add_explicit(&current->holds, holds, memory_order_relaxed);
    pthread_mutex_unlock(&generations->lock);
    return current;
}

void generation_release(struct generation *generation)
{
    struct generations *generations = generation->generations;

    if (atomic_fetch_sub_explicit(&generation->holds, 1, memory_order_acq_rel) > 1)
        return;
    pthread_mutex_lock(&generations->lock);
    generation->next_retired = generations->retired;
    generations->retired = generation;
    pthread_mutex_unlock(&generations->lock);
    generations->retired_one(generations->user);
}

static void close_generation(struct generation *generation)
{
    struct generations *generations = generation->generations;

    for (size_t i = 0; i < generation->instance_count; i++) {
        struct instance *instance = generation->instances[i];
        pthread_mutex_lock(&generations->lock);
        bool last = --instance->generations == 0;
        pthread_mutex_unlock(&generations->lock);
        if (last)
            instance_free(instance);
    }
    generation_free(generation);
}

void generations_reap(struct generations *generations)
{
    if (!atomic_load_explicit(&generations->retired, memory_order_relaxed))
        return;
    pthread_mutex_lock(&generations->lock);
    struct generation *retired = generations->retired;
    generations->retired = NULL;
    pthread_mutex_unlock(&generations->lock);

    while (retired) {
        struct generation *next = retired->next_retired;
        close_generation(retired);
        retired = next;
    }
}

void generations_fini(struct generations *generations)
{
    generations_swap(generations, NULL);
    generations_reap(generations);
    pthread_mutex_destroy(&generations->lock);
}
