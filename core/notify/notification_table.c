/* SPDX-License-Identifier: Apache-2.0 */
#include "notification_table.h"

#include <json-c/json.h>
#include <stdlib.h>

static bool takes(const struct ostler_notification_endpoint *endpoint, unsigned priority)
{
    return endpoint->method[priority] || endpoint->batch_method[priority];
}

static enum ostler_status count_takers(const struct generation *generation, size_t *count, struct ostler_error *error)
{
    *count = 0;
    for (size_t i = 0; i < generation->instance_count; i++) {
        const struct instance *instance = generation->instances[i];
        const struct ostler_notification_endpoint *const *endpoint = instance->ops->notification;
        if (!endpoint || !*endpoint)
            return ostler_error_set(error, OSTLER_E_MODULE, "endpoint \"%s\": it offers no interface for notifications",
                                    instance->name);
        while (*endpoint++)
            ++*count;
    }
    return OSTLER_OK;
}

static enum ostler_status add_taker(struct notification_table *table, struct instance *instance,
                                    const struct ostler_notification_endpoint *endpoint, struct stats *stats,
                                    struct ostler_error *error)
{
    struct taker *taker = &table->takers[table->count++];

    taker->endpoint = endpoint;
    taker->instance = instance;
    enum ostler_status status = filter_compile(endpoint->filter, &taker->filter, error);
    if (status != OSTLER_OK)
        return status;
    for (unsigned i = 0; i < OSTLER_PRIORITIES; i++) {
        if (!takes(endpoint, i))
            continue;
        taker->stats[i] =
            stats_method(stats, instance->name, NULL, "1.0", ostler_priority_name((enum ostler_priority)i));
        if (!taker->stats[i])
            return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for counters");
    }
    return OSTLER_OK;
}

static enum ostler_status fill(struct generation *generation, struct stats *stats, struct ostler_error *error)
{
    size_t count;
    enum ostler_status status = count_takers(generation, &count, error);

    if (status != OSTLER_OK)
        return status;
    struct notification_table *table = calloc(1, sizeof *table + count * sizeof table->takers[0]);
    if (!table)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for endpoints");
    generation->table = table;
    for (size_t i = 0; status == OSTLER_OK && i < generation->instance_count; i++) {
        struct instance *instance = generation->instances[i];
        const struct ostler_notification_endpoint *const *endpoint = instance->ops->notification;
        for (; status == OSTLER_OK && *endpoint; endpoint++)
            status = add_taker(table, instance, *endpoint, stats, error);
        if (status != OSTLER_OK)
            ostler_error_prefix(error, "endpoint \"%s\"", instance->name);
    }
    return status;
}

static void clear(struct generation *generation)
{
    struct notification_table *table = generation->table;

    for (size_t i = 0; table && i < table->count; i++)
        filter_free(table->takers[i].filter);
    free(table);
}

const struct generation_tables notification_tables = {fill, clear};

bool notification_table_takes(const struct generation *generation, enum ostler_priority priority)
{
    const struct notification_table *table = notification_table(generation);

    for (size_t i = 0; i < table->count; i++)
        if (takes(table->takers[i].endpoint, priority))
            return true;
    return false;
}

/* --- For reports ------------------------------------------------------------------------------------------------ */

/* Takes @p value. */
static bool put(struct json_object *object, const char *name, struct json_object *value)
{
    if (value && json_object_object_add(object, name, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static struct json_object *describe_priorities(const struct taker *taker)
{
    struct json_object *array = json_object_new_array();

    for (unsigned i = 0; array && i < OSTLER_PRIORITIES; i++) {
        if (!takes(taker->endpoint, i))
            continue;
        struct json_object *name = json_object_new_string(ostler_priority_name((enum ostler_priority)i));
        if (!name || json_object_array_add(array, name) != 0) {
            json_object_put(name);
            json_object_put(array);
            return NULL;
        }
    }
    return array;
}

static struct json_object *describe_taker(const struct taker *taker)
{
    struct json_object *object = json_object_new_object();
    const struct instance *instance = taker->instance;

    if (object && put(object, "endpoint", json_object_new_string(instance->name)) &&
        put(object, "file",
            json_object_new_string(instance->module ? ostler_module_file(instance->module) : "built in")) &&
        put(object, "priorities", describe_priorities(taker)))
        return object;
    json_object_put(object);
    return NULL;
}

struct json_object *notification_table_describe(const struct generation *generation)
{
    const struct notification_table *table = notification_table(generation);
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < table->count; i++) {
        struct json_object *taker = describe_taker(&table->takers[i]);
        if (!taker || json_object_array_add(array, taker) != 0) {
            json_object_put(taker);
            json_object_put(array);
            return NULL;
        }
    }
    return array;
}
