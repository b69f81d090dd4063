/* SPDX-License-Identifier: Apache-2.0 */
/* A set of open notifier drivers. */
#ifndef NOTIFY_DRIVERS_H
#define NOTIFY_DRIVERS_H

#include <ostler/notifier_driver.h>

struct open_driver {
    ostler_loaded_module *module;
    const struct ostler_notifier_ops *ops;
    ostler_notifier_driver *driver; /* NULL until it is open */
};

struct drivers {
    size_t count;
    struct open_driver each[];
};

extern const struct ostler_module notifier_log;
extern const struct ostler_module notifier_messaging;
extern const struct ostler_module notifier_messagingv2;
extern const struct ostler_module notifier_noop;
extern const struct ostler_module notifier_routing;
extern const struct ostler_module notifier_test;

/* Loads and opens each of @p names (ended by NULL), one that is named twice once. Topics and transport must live until
 * the drivers are closed. OSTLER_E_DRIVER, OSTLER_E_CONFIG, OSTLER_E_NOMEM. */
enum ostler_status drivers_open(ostler_conf *conf, ostler_transport *transport, const char *const *topics,
                                const char *const *names, struct drivers **drivers, struct ostler_error *error);
void drivers_close(struct drivers *drivers);

/* The name of a driver, for messages. */
const char *drivers_name(const struct open_driver *driver);

/* Hands the emission to one driver; a failure names it. */
enum ostler_status drivers_notify(const struct open_driver *driver, const struct ostler_emission *emission,
                                  struct ostler_error *error);

/* Collecting outcomes: the first failure is kept, in *status and @p error, further ones are logged. Clears @p failure. */
void drivers_collect(enum ostler_status outcome, struct ostler_error *failure, enum ostler_status *status,
                     struct ostler_error *error);

#endif
