/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers.h"

#include "module_builtin.h"

#include <ostler/log.h>

#include <pthread.h>
#include <stdlib.h>

static void register_all(void)
{
    module_register_builtin(&notifier_messaging);
    module_register_builtin(&notifier_messagingv2);
    module_register_builtin(&notifier_log);
    module_register_builtin(&notifier_noop);
    module_register_builtin(&notifier_routing);
    module_register_builtin(&notifier_test);
}

/* A program may ask for the modules there are before it has a notifier. */
__attribute__((constructor)) static void register_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, register_all);
}

const char *drivers_name(const struct open_driver *driver)
{
    return ostler_module_descriptor(driver->module)->name;
}

static enum ostler_status load(struct drivers *drivers, const ostler_conf *conf, const char *name,
                               struct open_driver **loaded, struct ostler_error *error)
{
    struct ostler_error reason = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = NULL;

    *loaded = NULL;
    if (ostler_module_load(OSTLER_KIND_NOTIFIER, name, ostler_conf_string(conf, "DEFAULT", "plugin_path"), &module,
                           &reason) != OSTLER_OK) {
        ostler_error_set(error, OSTLER_E_DRIVER, "notifier driver \"%.64s\": %s", name, reason.message);
        ostler_error_clear(&reason);
        return OSTLER_E_DRIVER;
    }
    const struct ostler_module *descriptor = ostler_module_descriptor(module);
    for (size_t i = 0; i < drivers->count; i++)
        if (drivers->each[i].ops == descriptor->ops) {
            ostler_module_unref(module);
            return OSTLER_OK;
        }
    *loaded = &drivers->each[drivers->count++];
    (*loaded)->module = module;
    (*loaded)->ops = descriptor->ops;
    return OSTLER_OK;
}

static enum ostler_status open_one(struct open_driver *driver, const struct ostler_notifier_setup *setup,
                                   struct ostler_error *error)
{
    const struct ostler_option_group *group = ostler_module_descriptor(driver->module)->options;
    enum ostler_status status = OSTLER_OK;

    for (; group && group->name && status == OSTLER_OK; group++)
        status = ostler_conf_declare(setup->conf, group->name, group->options, error);
    if (status == OSTLER_OK)
        status = driver->ops->open(setup, &driver->driver, error);
    if (status != OSTLER_OK)
        ostler_error_prefix(error, "notifier driver \"%s\"", drivers_name(driver));
    return status;
}

enum ostler_status drivers_open(ostler_conf *conf, ostler_transport *transport, const char *const *topics,
                                const char *const *names, struct drivers **drivers, struct ostler_error *error)
{
    const struct ostler_notifier_setup setup = {
        .size = sizeof setup, .conf = conf, .transport = transport, .topics = topics};
    enum ostler_status status = OSTLER_OK;
    size_t count = 0;

    register_once();
    while (names[count])
        count++;
    struct drivers *made = calloc(1, sizeof *made + count * sizeof made->each[0]);
    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for notifier drivers");
    for (size_t i = 0; i < count && status == OSTLER_OK; i++) {
        struct open_driver *driver;
        status = load(made, conf, names[i], &driver, error);
        if (status == OSTLER_OK && driver)
            status = open_one(driver, &setup, error);
    }
    if (status == OSTLER_OK)
        *drivers = made;
    else
        drivers_close(made);
    return status;
}

void drivers_close(struct drivers *drivers)
{
    for (size_t i = 0; drivers && i < drivers->count; i++) {
        if (drivers->each[i].driver)
            drivers->each[i].ops->close(drivers->each[i].driver);
        ostler_module_unref(drivers->each[i].module);
    }
    free(drivers);
}

enum ostler_status drivers_notify(const struct open_driver *driver, const struct ostler_emission *emission,
                                  struct ostler_error *error)
{
    enum ostler_status status = driver->ops->notify(driver->driver, emission, error);

    if (status != OSTLER_OK && error && error->status == OSTLER_OK)
        ostler_error_set(error, status, "%s", ostler_status_text(status));
    if (status != OSTLER_OK)
        ostler_error_prefix(error, "notifier driver \"%s\"", drivers_name(driver));
    return status;
}

void drivers_collect(enum ostler_status outcome, struct ostler_error *failure, enum ostler_status *status,
                     struct ostler_error *error)
{
    if (outcome != OSTLER_OK && *status == OSTLER_OK) {
        *status = outcome;
        if (error)
            ostler_error_move(error, failure);
    } else if (outcome != OSTLER_OK) {
        ostler_log(OSTLER_LOG_ERROR, "notifier", "%s",
                   failure->message ? failure->message : ostler_status_text(outcome));
    }
    ostler_error_clear(failure);
}
