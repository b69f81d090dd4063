/* SPDX-License-Identifier: Apache-2.0 */
/* The notifier drivers `messaging` and `messagingv2`: over a transport, once per topic. */
#include "acceptance.h"
#include "drivers.h"
#include "emitting.h"
#include "replies.h"

#include <ostler/version.h>

#include <stdlib.h>
#include <string.h>

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

/* --- Without waiting ---------------------------------------------------------------------------------------------- */

/* One topic of a notification whose sender does not wait. */
struct place {
    struct emitting *emitting;
    int version;
    char topic[];
};

static void place_ended(void *self, enum ostler_status status, const char *reason)
{
    struct place *place = self;
    struct ostler_error failure = OSTLER_ERROR_INIT;

    if (status != OSTLER_OK)
        ostler_error_set(&failure, status, "notifier driver \"%s\": topic %s: %s",
                         place->version > 1 ? "messagingv2" : "messaging", place->topic, reason);
    emitting_end(place->emitting, status, &failure);
    free(place);
}

static enum ostler_status send_later(ostler_transport *transport, const void *message, uint64_t id,
                                     ostler_time deadline, struct ostler_error *error)
{
    struct ostler_outgoing_notification outgoing = *(const struct ostler_outgoing_notification *)message;

    outgoing.call_id = id;
    outgoing.more = replies_will_flush(transport_replies(transport));
    outgoing.accept_by = outgoing.deadline;
    outgoing.deadline = deadline;
    return transport_ops(transport)->notify(transport_driver(transport), &outgoing, error);
}

static enum ostler_status begin(ostler_transport *transport, const struct ostler_outgoing_notification *outgoing,
                                struct emitting *emitting, struct ostler_error *error)
{
    size_t size = strlen(outgoing->topic) + 1;
    struct place *place = malloc(sizeof *place + size);

    if (!place)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notification");
    place->emitting = emitting;
    place->version = outgoing->version;
    memcpy(place->topic, outgoing->topic, size);
    emitting_add(emitting);
    enum ostler_status status =
        acceptance_begin(transport, outgoing->deadline, send_later, outgoing, place_ended, place, error);
    if (status != OSTLER_OK) {
        emitting_drop(emitting);
        free(place);
    }
    return status;
}

/* --- To all topics ------------------------------------------------------------------------------------------------ */

static enum ostler_status notify(ostler_notifier_driver *driver, const struct ostler_emission *emission,
                                 struct ostler_error *error)
{
    const struct ostler_driver_ops *ops = transport_ops(driver->transport);
    struct ostler_outgoing_notification outgoing = {
        .exchange = ostler_transport_exchange(driver->transport),
        .priority = ostler_priority_name(emission->priority),
        .message = emission->message,
        .context = emission->context,
        .version = driver->version,
        .deadline = emission->deadline,
        .retry = emission->retry,
    };
    bool later = emission->core && ops->accepts_later;
    enum ostler_status status = OSTLER_OK;

    /* One topic that fails keeps no other from being tried. */
    for (size_t i = 0; driver->topics[i]; i++) {
        struct ostler_error failure = OSTLER_ERROR_INIT;
        outgoing.topic = driver->topics[i];
        enum ostler_status outcome = later ? begin(driver->transport, &outgoing, emission->core, &failure)
                                           : ops->notify(transport_driver(driver->transport), &outgoing, &failure);
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
