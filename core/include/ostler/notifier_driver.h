/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/notifier_driver.h
 * What becomes of a notification that is emitted: the contract of a module of kind OSTLER_KIND_NOTIFIER. Built in:
 * `messaging`, `messagingv2`, `log`, `noop`, `test`, `routing`.
 */
#ifndef OSTLER_NOTIFIER_DRIVER_H
#define OSTLER_NOTIFIER_DRIVER_H

#include <ostler/clock.h>
#include <ostler/conf.h>
#include <ostler/module.h>
#include <ostler/notification.h>
#include <ostler/transport.h>

OSTLER_BEGIN_DECLS

/** A driver's own object: each driver defines this struct for itself. */
typedef struct ostler_notifier_driver ostler_notifier_driver;

/** What a driver is opened with; valid until close(). */
struct ostler_notifier_setup {
    size_t size;                 /**< sizeof(struct ostler_notifier_setup) as the library was built */
    ostler_conf *conf;           /**< valid during open() only; has the module's options declared */
    ostler_transport *transport; /**< NULL if the notifier has none */
    const char *const *topics;   /**< ended by NULL */
};

/** One notification on its way out. All is borrowed. */
struct ostler_emission {
    /** message_id, publisher_id, event_type, priority, payload, timestamp. Read only. */
    struct json_object *message;
    struct json_object *context; /**< an object. Read only. */
    enum ostler_priority priority;
    const char *event_type;
    int retry; /**< -1 for ever, 0 not */
    ostler_time deadline;
    void *core; /**< for the core; a driver that hands the emission on to others hands this on, too */
};

struct ostler_notifier_ops {
    /** OSTLER_E_DRIVER, OSTLER_E_CONFIG, OSTLER_E_NOMEM. */
    enum ostler_status (*open)(const struct ostler_notifier_setup *setup, ostler_notifier_driver **driver,
                               struct ostler_error *error);
    /** Any thread, any number at a time. OSTLER_OK: it has been taken. The statuses of ostler_notify(). */
    enum ostler_status (*notify)(ostler_notifier_driver *driver, const struct ostler_emission *emission,
                                 struct ostler_error *error);
    /** Optional: new options: take all of them, or none and fail. While notifications go on. */
    enum ostler_status (*reset)(ostler_notifier_driver *driver, ostler_conf *conf, struct ostler_error *error);
    /** When no thread is in any operation. */
    void (*close)(ostler_notifier_driver *driver);
};

OSTLER_END_DECLS

#endif
