/* SPDX-License-Identifier: Apache-2.0 */
/* The notifier driver `log`: one line in the program's log, secrets masked. */
#include "drivers.h"
#include "secrets.h"

#include <ostler/log.h>
#include <ostler/version.h>

#include <stdio.h>
#include <stdlib.h>

static struct ostler_notifier_driver {
    char unused;
} the_log;

/* Two priorities have no level of their name. */
static const enum ostler_log_level levels[OSTLER_PRIORITIES] = {
    [OSTLER_PRIORITY_AUDIT] = OSTLER_LOG_INFO,  [OSTLER_PRIORITY_DEBUG] = OSTLER_LOG_DEBUG,
    [OSTLER_PRIORITY_INFO] = OSTLER_LOG_INFO,   [OSTLER_PRIORITY_WARN] = OSTLER_LOG_WARNING,
    [OSTLER_PRIORITY_ERROR] = OSTLER_LOG_ERROR, [OSTLER_PRIORITY_CRITICAL] = OSTLER_LOG_CRITICAL,
    [OSTLER_PRIORITY_SAMPLE] = OSTLER_LOG_INFO,
};

static enum ostler_status log_open(const struct ostler_notifier_setup *setup, ostler_notifier_driver **driver,
                                   struct ostler_error *error)
{
    (void)setup;
    (void)error;
    *driver = &the_log;
    return OSTLER_OK;
}

static enum ostler_status log_notify(ostler_notifier_driver *driver, const struct ostler_emission *emission,
                                     struct ostler_error *error)
{
    enum ostler_log_level level = levels[emission->priority];
    char name[320];

    (void)driver;
    if (!ostler_log_enabled(level))
        return OSTLER_OK;
    char *text = secrets_print_masked(emission->message);
    if (!text)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a line of the log");
    snprintf(name, sizeof name, "oslo.messaging.notification.%.255s", emission->event_type);
    ostler_log(level, name, "%s", text);
    free(text);
    return OSTLER_OK;
}

static void log_close(ostler_notifier_driver *driver)
{
    (void)driver;
}

static const struct ostler_notifier_ops operations = {.open = log_open, .notify = log_notify, .close = log_close};

const struct ostler_module notifier_log = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_NOTIFIER,
    .name = "log",
    .version = OSTLER_VERSION,
    .summary = "writes notifications to the log",
    .ops = &operations,
    .ops_size = sizeof operations,
};
