/* SPDX-License-Identifier: Apache-2.0 */
/* The notifier driver `routing`: a file says which other drivers get a notification. */
#include "drivers.h"
#include "routing_rules.h"

#include <ostler/log.h>
#include <ostler/version.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What a file said, with the drivers it names. Counted: notifications finish on the one they began on. */
struct routes {
    atomic_uint holds;
    struct routing_rules rules;
    struct drivers *drivers;
    size_t *driver_of; /* by rule: its index in drivers */
};

struct ostler_notifier_driver {
    ostler_transport *transport;
    const char *const *topics;
    pthread_mutex_t lock; /* guards the one below */
    struct routes *routes;
};

/* --- Routes ------------------------------------------------------------------------------------------------------- */

static void routes_release(struct routes *routes)
{
    if (!routes || atomic_fetch_sub(&routes->holds, 1) > 1)
        return;
    drivers_close(routes->drivers);
    routing_rules_clear(&routes->rules);
    free(routes->driver_of);
    free(routes);
}

static struct routes *routes_hold(ostler_notifier_driver *driver)
{
    pthread_mutex_lock(&driver->lock);
    struct routes *routes = driver->routes;
    atomic_fetch_add(&routes->holds, 1);
    pthread_mutex_unlock(&driver->lock);
    return routes;
}

static enum ostler_status open_drivers(const ostler_notifier_driver *driver, ostler_conf *conf, struct routes *routes,
                                       struct ostler_error *error)
{
    size_t count = routes->rules.count;
    const char **names = calloc(count + 1, sizeof(char *));

    if (!names)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for notifier drivers");
    for (size_t i = 0; i < count; i++)
        names[i] = routes->rules.each[i].driver;
    enum ostler_status status = drivers_open(conf, driver->transport, driver->topics, names, &routes->drivers, error);
    free(names);
    return status;
}

static bool has_name(const struct ostler_module *descriptor, const char *name)
{
    if (strcmp(descriptor->name, name) == 0)
        return true;
    for (const char *const *alias = descriptor->aliases; alias && *alias; alias++)
        if (strcmp(*alias, name) == 0)
            return true;
    return false;
}

/* Finds the driver of each rule: by its name, or what a path in its place led to. */
static enum ostler_status link_rules(struct routes *routes, struct ostler_error *error)
{
    routes->driver_of = calloc(routes->rules.count + 1, sizeof *routes->driver_of);
    if (!routes->driver_of)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for routing rules");
    for (size_t i = 0; i < routes->rules.count; i++) {
        const char *name = routes->rules.each[i].driver;
        size_t index = 0;
        while (index < routes->drivers->count &&
               !has_name(ostler_module_descriptor(routes->drivers->each[index].module), name) &&
               strcmp(ostler_module_file(routes->drivers->each[index].module), name) != 0)
            index++;
        if (index == routes->drivers->count)
            return ostler_error_set(error, OSTLER_E_CONFIG, "the driver \"%s\" must be named as it names itself", name);
        routes->driver_of[i] = index;
    }
    return OSTLER_OK;
}

static enum ostler_status routes_new(const ostler_notifier_driver *driver, ostler_conf *conf, struct routes **routes,
                                     struct ostler_error *error)
{
    const char *path = ostler_conf_string(conf, "oslo_messaging_notifications", "routing_config");

    if (!path || !path[0])
        return ostler_error_set(error, OSTLER_E_CONFIG,
                                "the option routing_config of [oslo_messaging_notifications] names no file");
    struct routes *made = calloc(1, sizeof *made);
    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for routing rules");
    atomic_init(&made->holds, 1);
    enum ostler_status status = routing_rules_read(path, &made->rules, error);
    if (status == OSTLER_OK)
        status = open_drivers(driver, conf, made, error);
    if (status == OSTLER_OK)
        status = link_rules(made, error);
    if (status == OSTLER_OK)
        *routes = made;
    else
        routes_release(made);
    return status;
}

/* --- Operations --------------------------------------------------------------------------------------------------- */

static enum ostler_status routing_open(const struct ostler_notifier_setup *setup, ostler_notifier_driver **driver,
                                       struct ostler_error *error)
{
    ostler_notifier_driver *made = calloc(1, sizeof *made);

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notifier driver");
    made->transport = setup->transport;
    made->topics = setup->topics;
    enum ostler_status status = routes_new(made, setup->conf, &made->routes, error);
    if (status != OSTLER_OK) {
        free(made);
        return status;
    }
    pthread_mutex_init(&made->lock, NULL);
    *driver = made;
    return OSTLER_OK;
}

/* A driver that several rules select gets it once. */
static bool is_selected(const struct routes *routes, size_t driver, const struct ostler_emission *emission)
{
    const char *priority = ostler_priority_name(emission->priority);

    for (size_t i = 0; i < routes->rules.count; i++)
        if (routes->driver_of[i] == driver &&
            routing_rule_selects(&routes->rules.each[i], emission->event_type, priority))
            return true;
    return false;
}

static enum ostler_status routing_notify(ostler_notifier_driver *driver, const struct ostler_emission *emission,
                                         struct ostler_error *error)
{
    struct routes *routes = routes_hold(driver);
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < routes->drivers->count; i++) {
        const struct open_driver *chosen = &routes->drivers->each[i];
        struct ostler_error failure = OSTLER_ERROR_INIT;
        if (!is_selected(routes, i, emission))
            continue;
        ostler_log(OSTLER_LOG_DEBUG, "notifier", "Routing '%.255s' notification to '%s' driver", emission->event_type,
                   drivers_name(chosen));
        drivers_collect(drivers_notify(chosen, emission, &failure), &failure, &status, error);
    }
    routes_release(routes);
    return status;
}

static enum ostler_status routing_reset(ostler_notifier_driver *driver, ostler_conf *conf, struct ostler_error *error)
{
    struct routes *routes = NULL;
    enum ostler_status status = routes_new(driver, conf, &routes, error);

    if (status != OSTLER_OK)
        return status;
    pthread_mutex_lock(&driver->lock);
    struct routes *before = driver->routes;
    driver->routes = routes;
    pthread_mutex_unlock(&driver->lock);
    routes_release(before);
    return OSTLER_OK;
}

static void routing_close(ostler_notifier_driver *driver)
{
    routes_release(driver->routes);
    pthread_mutex_destroy(&driver->lock);
    free(driver);
}

static const struct ostler_notifier_ops operations = {
    .open = routing_open, .notify = routing_notify, .reset = routing_reset, .close = routing_close};

const struct ostler_module notifier_routing = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_NOTIFIER,
    .name = "routing",
    .version = OSTLER_VERSION,
    .summary = "hands notifications to the drivers that a file names",
    .ops = &operations,
    .ops_size = sizeof operations,
};
