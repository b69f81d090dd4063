/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/notifier_driver.h
 * What becomes of a notification that is emitted: the contract of a module of kind OSTLER_KIND_NOTIFIER. Built in:
 * `messaging`, `messagingv2`, `log`, `noop`, `test`, `routing`. One of your own, which appends the message to a file:
 *
 *     #include <ostler/notifier_driver.h>
 *     #include <errno.h>
 *     #include <json-c/json.h>
 *     #include <stdio.h>
 *     #include <stdlib.h>
 *
 *     struct ostler_notifier_driver {
 *         FILE *file;
 *     };
 *
 *     static enum ostler_status lines_open(const struct ostler_notifier_setup *setup, ostler_notifier_driver **driver,
 *                                          struct ostler_error *error)
 *     {
 *         const char *path = ostler_conf_string(setup->conf, "lines", "path");
 *         ostler_notifier_driver *made = malloc(sizeof *made);
 *
 *         if (!made || !(made->file = fopen(path, "ae"))) {
 *             free(made);
 *             return ostler_error_set_errno(error, errno, "[lines] path: cannot open %s", path);
 *         }
 *         *driver = made;
 *         return OSTLER_OK;
 *     }
 *
 *     static enum ostler_status lines_notify(ostler_notifier_driver *driver, const struct ostler_emission *emission,
 *                                            struct ostler_error *error)
 *     {
 *         const char *text = json_object_to_json_string_ext(emission->message, JSON_C_TO_STRING_PLAIN);
 *
 *         if (text && fprintf(driver->file, "%s\n", text) > 0 && fflush(driver->file) == 0)
 *             return OSTLER_OK;
 *         return ostler_error_set_errno(error, errno, "cannot write");
 *     }
 *
 *     static void lines_close(ostler_notifier_driver *driver)
 *     {
 *         fclose(driver->file);
 *         free(driver);
 *     }
 *
 *     static const struct ostler_option options[] = {
 *         {.name = "path", .default_value = "notifications.jsonl", .help = "The file to append to."},
 *         {.name = NULL},
 *     };
 *     static const struct ostler_option_group groups[] = {
 *         {.name = "lines", .help = "Notifications in a file.", .options = options},
 *         {.name = NULL},
 *     };
 *     static const struct ostler_notifier_ops operations = {
 *         .open = lines_open, .notify = lines_notify, .close = lines_close};
 *
 *     OSTLER_MODULE(lines) = {
 *         .abi = OSTLER_MODULE_ABI, .size = sizeof(struct ostler_module), .kind = OSTLER_KIND_NOTIFIER,
 *         .name = "lines", .version = "1.0", .summary = "appends notifications to a file", .ops = &operations,
 *         .ops_size = sizeof operations, .options = groups,
 *     };
 *
 * Built with `cc -shared -fPIC -o lines.so lines.c $(pkg-config --cflags --libs ostler)` and copied to
 * `$(pkg-config --variable=notifierdir ostler)`, or anywhere below plugin_path, it is `driver = lines`.
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
