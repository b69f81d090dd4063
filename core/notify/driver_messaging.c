/* SPDX-License-Identifier: Apache-2.0 */
/* The notifier drivers `messaging` and `messagingv2`: over a transport, once per topic. */
#include "drivers.h"
#include "transport_parts.h"

#include <ostler/version.h>

#include <stdlib.h>

struct ostler_notifier_driver {
    ostler_transport *transport; /* the notifier's */
    const char *const *topics;
    int version;
};

static enum ostler_status open_version(const struct ostler_notifier_setup *setup, int version,
                                       ostler_notifier_driver **driver, struct ostler_error *error)
{
    if (!setup->transport)
        return ostler_error_set(error, OSTLER_E_DRIVER, "needs a transport, and the notifier has none");
    if (!transport_ops(setup->transport)->notify)
        return ostler_error_set(error, OSTLER_E_DRIVER, "the transport %s carries no notifications",
                                ostler_transport_url(setup->transport));
    ostler_notifier_driver *made = malloc(sizeof *made);
    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notifier driver");
    *made = (ostler_notifier_driver){.transport = setup->transport, .topics = setup->topics, .version = version};
    *driver = made;
    return OSTLER_OK;
}

static enum ostler_status open_bare(const struct ostler_notifier_setup *setup, ostler_notifier_driver **driver,
                                    struct ostler_error *error)
{
    return open_version(setup, 1, driver, error);
}

static enum ostler_status open_enveloped(const struct ostler_notifier_setup *setup, ostler_notifier_driver **driver,
                                         struct ostler_error *error)
{
    return open_version(setup, 2, driver, error);
}

static enum ostler_status notify(ostler_notifier_driver *driver, const struct ostler_emission *emission,
                                 struct ostler_error *error)
{
    struct ostler_outgoing_notification outgoing = {
        .exchange = ostler_transport_exchange(driver->transport),
        .priority = ostler_priority_name(emission->priority),
        .message = emission->message,
        .context = emission->context,
        .version = driver->version,
        .deadline = emission->deadline,
        .retry = emission->retry,
    };
    enum ostler_status status = OSTLER_OK;

    /* One topic that fails keeps no other from being tried. */
    for (size_t i = 0; driver->topics[i]; i++) {
        struct ostler_error failure = OSTLER_ERROR_INIT;
        outgoing.topic = driver->topics[i];
        enum ostler_status outcome =
            transport_ops(driver->transport)->notify(transport_driver(driver->transport), &outgoing, &failure);
        if (outcome != OSTLER_OK)
            ostler_error_prefix(&failure, "topic %s", outgoing.topic);
        drivers_collect(outcome, &failure, &status, error);
    }
    return status;
}

static void close_(ostler_notifier_driver *driver)
{
    free(driver);
}

static const struct ostler_notifier_ops bare = {.open = open_bare, .notify = notify, .close = close_};
static const struct ostler_notifier_ops enveloped = {.open = open_enveloped, .notify = notify, .close = close_};

const struct ostler_module notifier_messaging = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_NOTIFIER,
    .name = "messaging",
    .version = OSTLER_VERSION,
    .summary = "sends notifications over the transport, message version 1",
    .ops = &bare,
    .ops_size = sizeof bare,
};

const struct ostler_module notifier_messagingv2 = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_NOTIFIER,
    .name = "messagingv2",
    .version = OSTLER_VERSION,
    .summary = "sends notifications over the transport, message version 2",
    .ops = &enveloped,
    .ops_size = sizeof enveloped,
};
