/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

#include <ostler/driver.h>
#include <ostler/endpoint.h>
#include <ostler/executor.h>
#include <ostler/matchmaker.h>
#include <ostler/notifier_driver.h>
#include <ostler/policy.h>

#include <string.h>

#define SLOT(table, member)                                                                                            \
    {                                                                                                                  \
#member, offsetof(struct table, member)                                                                        \
    }
#define END_OF_SLOTS                                                                                                   \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }
/* Where the last slot that is not optional ends. */
#define UP_TO(table, member) (offsetof(struct table, member) + sizeof(((struct table *)0)->member))

static const struct kind_slot transport_slots[] = {
    SLOT(ostler_driver_ops, open),
    SLOT(ostler_driver_ops, close),
    SLOT(ostler_driver_ops, send),
    SLOT(ostler_driver_ops, replies_poll),
    SLOT(ostler_driver_ops, replies_wake),
    SLOT(ostler_driver_ops, replies_fd),
    SLOT(ostler_driver_ops, listen),
    SLOT(ostler_driver_ops, listener_poll),
    SLOT(ostler_driver_ops, listener_wake),
    SLOT(ostler_driver_ops, listener_stop),
    SLOT(ostler_driver_ops, listener_close),
    SLOT(ostler_driver_ops, incoming_reply),
    SLOT(ostler_driver_ops, incoming_heartbeat),
    SLOT(ostler_driver_ops, incoming_free),
    END_OF_SLOTS,
};

static const struct kind_slot executor_slots[] = {
    SLOT(ostler_executor_ops, open),
    SLOT(ostler_executor_ops, start),
    SLOT(ostler_executor_ops, stop),
    SLOT(ostler_executor_ops, wait),
    SLOT(ostler_executor_ops, resize),
    SLOT(ostler_executor_ops, close),
    END_OF_SLOTS,
};

static const struct kind_slot policy_slots[] = {
    SLOT(ostler_policy_ops, is_allowed),
    END_OF_SLOTS,
};

static const struct kind_slot matchmaker_slots[] = {
    SLOT(ostler_matchmaker_ops, open),     SLOT(ostler_matchmaker_ops, close),
    SLOT(ostler_matchmaker_ops, propose),  SLOT(ostler_matchmaker_ops, announce),
    SLOT(ostler_matchmaker_ops, withdraw), SLOT(ostler_matchmaker_ops, generation),
    SLOT(ostler_matchmaker_ops, lookup),   END_OF_SLOTS,
};

static const struct kind_slot notifier_slots[] = {
    SLOT(ostler_notifier_ops, open),
    SLOT(ostler_notifier_ops, notify),
    SLOT(ostler_notifier_ops, close),
    END_OF_SLOTS,
};

static const struct kind_slot no_slots[] = {END_OF_SLOTS};

static enum ostler_status check_methods(const struct ostler_endpoint *endpoint, size_t index, const char *file,
                                        struct ostler_error *error)
{
    if (!endpoint->methods)
        return ostler_error_set(error, OSTLER_E_MODULE, "%s: empty slot: struct ostler_endpoint_ops.rpc[%zu].methods",
                                file, index);
    for (const struct ostler_method *method = endpoint->methods; method->name; method++) {
        if (!method->name[0])
            return ostler_error_set(error, OSTLER_E_MODULE,
                                    "%s: a method of struct ostler_endpoint_ops.rpc[%zu] has "
                                    "an empty name",
                                    file, index);
        if (!method->function)
            return ostler_error_set(error, OSTLER_E_MODULE, "%s: method \"%.64s\" has no function", file, method->name);
    }
    return OSTLER_OK;
}

/* Notifications: all of its three slots, or none. */
static enum ostler_status check_transport(const void *ops, size_t ops_size, const char *file,
                                          struct ostler_error *error)
{
    const struct ostler_driver_ops *driver = ops;

    if (ops_size < UP_TO(ostler_driver_ops, incoming_settle))
        return OSTLER_OK;
    if (!driver->notify == !driver->subscribe && !driver->subscribe == !driver->incoming_settle)
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_MODULE,
                            "%s: struct ostler_driver_ops: notify, subscribe and incoming_settle go together", file);
}

/* At least one interface, and whole tables of methods. What a method takes is read by the server. */
static enum ostler_status check_endpoint(const void *ops, size_t ops_size, const char *file, struct ostler_error *error)
{
    const struct ostler_endpoint_ops *endpoint_ops = ops;
    bool notifications = ops_size >= UP_TO(ostler_endpoint_ops, notification) && endpoint_ops->notification &&
                         endpoint_ops->notification[0];

    if (!notifications && (!endpoint_ops->rpc || !endpoint_ops->rpc[0]))
        return ostler_error_set(error, OSTLER_E_MODULE,
                                "%s: offers nothing: struct ostler_endpoint_ops.rpc and "
                                ".notification are both empty",
                                file);
    for (size_t i = 0; endpoint_ops->rpc && endpoint_ops->rpc[i]; i++) {
        enum ostler_status status = check_methods(endpoint_ops->rpc[i], i, file, error);
        if (status != OSTLER_OK)
            return status;
    }
    return OSTLER_OK;
}

static const struct kind kinds[] = {
    {OSTLER_KIND_TRANSPORT, "transports", "ostler_driver_ops", sizeof(struct ostler_driver_ops),
     UP_TO(ostler_driver_ops, incoming_free), transport_slots, check_transport},
    {OSTLER_KIND_ENDPOINT, "endpoints", "ostler_endpoint_ops", sizeof(struct ostler_endpoint_ops),
     UP_TO(ostler_endpoint_ops, rpc), no_slots, check_endpoint},
    {OSTLER_KIND_EXECUTOR, "executors", "ostler_executor_ops", sizeof(struct ostler_executor_ops),
     UP_TO(ostler_executor_ops, close), executor_slots, NULL},
    {OSTLER_KIND_POLICY, "policies", "ostler_policy_ops", sizeof(struct ostler_policy_ops),
     UP_TO(ostler_policy_ops, is_allowed), policy_slots, NULL},
    {OSTLER_KIND_MATCHMAKER, "matchmakers", "ostler_matchmaker_ops", sizeof(struct ostler_matchmaker_ops),
     UP_TO(ostler_matchmaker_ops, lookup), matchmaker_slots, NULL},
    {OSTLER_KIND_NOTIFIER, "notifiers", "ostler_notifier_ops", sizeof(struct ostler_notifier_ops),
     UP_TO(ostler_notifier_ops, close), notifier_slots, NULL},
};

const struct kind *kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}
