/* SPDX-License-Identifier: Apache-2.0 */
/* The notifier driver `noop`. */
#include "drivers.h"

#include <ostler/version.h>

static struct ostler_notifier_driver {
    char unused;
} nothing;

static enum ostler_status noop_open(const struct ostler_notifier_setup *setup, ostler_notifier_driver **driver,
                                    struct ostler_error *error)
{
    (void)setup;
    (void)error;
    *driver = &nothing;
    return OSTLER_OK;
}

static enum ostler_status noop_notify(ostler_notifier_driver *driver, const struct ostler_emission *emission,
                                      struct ostler_error *error)
{
    (void)driver;
    (void)emission;
    (void)error;
    return OSTLER_OK;
}

static void noop_close(ostler_notifier_driver *driver)
{
    (void)driver;
}

static const struct ostler_notifier_ops operations = {.open = noop_open, .notify = noop_notify, .close = noop_close};

const struct ostler_module notifier_noop = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_NOTIFIER,
    .name = "noop",
    .version = OSTLER_VERSION,
    .summary = "forgets every notification",
    .ops = &operations,
    .ops_size = sizeof operations,
};
