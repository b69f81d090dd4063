/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/notifier.h
 * Emitting notifications. oslo_messaging/notify/notifier.py Notifier.
 *
 * A notification goes to every driver of the notifier: `messaging` and `messagingv2` send it over a transport, once per
 * topic, `log` writes it to the log, `test` keeps it in memory, `noop` forgets it, `routing` asks a file which of the
 * others get it. Unlike oslo.messaging, which only logs what went wrong, the caller is told.
 */
#ifndef OSTLER_NOTIFIER_H
#define OSTLER_NOTIFIER_H

#include <ostler/notification.h>
#include <ostler/serializer.h>
#include <ostler/transport.h>

OSTLER_BEGIN_DECLS

typedef struct ostler_notifier ostler_notifier;

/** How often to try again: as the option retry says. */
#define OSTLER_RETRY_CONFIGURED (-2)

/** How to notify. Set it to OSTLER_NOTIFIER_OPTIONS_INIT first. Texts and arrays are copied. */
struct ostler_notifier_options {
    /** Who speaks ("SERVICE.HOST"); NULL: null. */
    const char *publisher_id;
    /** Names of drivers, ended by NULL; NULL: the option driver. Without any nothing happens. */
    const char *const *drivers;
    /** Ended by NULL; NULL: the option topics. */
    const char *const *topics;
    /** -1 for ever, 0 not, else that often; OSTLER_RETRY_CONFIGURED. */
    int retry;
    /** Seconds that one notification may take; negative: as long as it takes. */
    double timeout;
    /** NULL: none. Borrowed. */
    const struct ostler_serializer *serializer;
    void *reserved_[4];
};

#ifdef __cplusplus
#define OSTLER_NOTIFIER_OPTIONS_INIT                                                                                   \
    {                                                                                                                  \
        nullptr, nullptr, nullptr, OSTLER_RETRY_CONFIGURED, -1.0, nullptr,                                             \
        {                                                                                                              \
        }                                                                                                              \
    }
#else
#define OSTLER_NOTIFIER_OPTIONS_INIT                                                                                   \
    {                                                                                                                  \
        .retry = OSTLER_RETRY_CONFIGURED, .timeout = -1.0                                                              \
    }
#endif

/** What ostler_notifier_prepare() changes. */
enum ostler_notifier_field {
    OSTLER_NOTIFIER_PUBLISHER_ID = 1 << 0,
    OSTLER_NOTIFIER_RETRY = 1 << 1,
    OSTLER_NOTIFIER_TIMEOUT = 1 << 2
};

/** Opens the transport for notifications: the URL of @p options, else the option transport_url of the section
 *  oslo_messaging_notifications, else as ostler_transport_open(). get_notification_transport(). */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status
ostler_notification_transport_open(ostler_conf *conf, const struct ostler_transport_options *options,
                                   ostler_transport **transport, struct ostler_error *error);

/** Makes a notifier. @p transport gets one more reference; without one (NULL) only drivers that need none can be used.
 *  @p conf is where options are read, kept with one more reference; NULL: the transport's. @p options may be NULL.
 *  OSTLER_E_DRIVER (a driver that cannot be loaded or opened, a transport that carries no notifications),
 *  OSTLER_E_CONFIG, OSTLER_E_TARGET (a topic's name), OSTLER_E_INVALID, OSTLER_E_NOMEM. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status ostler_notifier_new(ostler_transport *transport, ostler_conf *conf,
                                                                    const struct ostler_notifier_options *options,
                                                                    ostler_notifier **notifier,
                                                                    struct ostler_error *error);

/** Makes another one that shares drivers, topics and serializer; members of @p changes that @p fields (enum
 *  ostler_notifier_field, combined) names take the place of those of @p notifier. Any thread. OSTLER_E_NOMEM. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status
ostler_notifier_prepare(const ostler_notifier *notifier, unsigned fields, const struct ostler_notifier_options *changes,
                        ostler_notifier **prepared, struct ostler_error *error);

/** Frees it. Those that were prepared from it live on. NULL is fine. */
OSTLER_API void ostler_notifier_free(ostler_notifier *notifier);

/** False if its only driver is `noop`, so that a costly payload need not be made. A notifier without any driver is enabled,
 *  as oslo.messaging's. */
OSTLER_API bool ostler_notifier_is_enabled(const ostler_notifier *notifier);

/** Emits one notification: @p context (an object, or NULL) and @p payload (any value) are borrowed. Members of the context
 *  whose names speak of passwords, tokens and other secrets are left out. OSTLER_OK: every driver took it, a transport's
 *  for every topic (for a broker: confirmed). Else the others got it all the same; the status and the error are the first
 *  failure's, further ones are logged. Any thread, any number at a time. OSTLER_E_DELIVERY, OSTLER_E_UNDELIVERABLE,
 *  OSTLER_E_TIMEOUT, OSTLER_E_BUSY, OSTLER_E_INVALID, OSTLER_E_NOMEM, what a serializer says. */
OSTLER_API enum ostler_status ostler_notify(ostler_notifier *notifier, struct json_object *context,
                                            enum ostler_priority priority, const char *event_type,
                                            struct json_object *payload, struct ostler_error *error);

/** The same without waiting for a transport to accept it, as ostler_client_cast_async() does: success means that @p done
 *  will be called, once, when every driver and topic is through, with the first failure if there was one. On failure it is
 *  not called, and all is as after ostler_notify(). @p done may be NULL: then a failure is logged. Where no driver has to
 *  wait for a transport it is called before this returns. Any thread. */
OSTLER_API enum ostler_status ostler_notify_async(ostler_notifier *notifier, struct json_object *context,
                                                  enum ostler_priority priority, const char *event_type,
                                                  struct json_object *payload, ostler_accepted_fn done, void *user,
                                                  struct ostler_error *error);

/** ostler_notify_audit() and its like: the same as ostler_notify() with the priority in the name. */
#define OSTLER_NOTIFY_AS(name, priority)                                                                               \
    static inline enum ostler_status ostler_notify_##name(ostler_notifier *notifier, struct json_object *context,      \
                                                          const char *event_type, struct json_object *payload,         \
                                                          struct ostler_error *error)                                  \
    {                                                                                                                  \
        return ostler_notify(notifier, context, priority, event_type, payload, error);                                 \
    }
OSTLER_NOTIFY_AS(audit, OSTLER_PRIORITY_AUDIT)
OSTLER_NOTIFY_AS(debug, OSTLER_PRIORITY_DEBUG)
OSTLER_NOTIFY_AS(info, OSTLER_PRIORITY_INFO)
OSTLER_NOTIFY_AS(warn, OSTLER_PRIORITY_WARN)
OSTLER_NOTIFY_AS(error, OSTLER_PRIORITY_ERROR)
OSTLER_NOTIFY_AS(critical, OSTLER_PRIORITY_CRITICAL)
OSTLER_NOTIFY_AS(sample, OSTLER_PRIORITY_SAMPLE)
#undef OSTLER_NOTIFY_AS

/** Hands @p conf to every driver (`routing` reads its file again). A driver that refuses keeps what it had; the error is
 *  the first one's. One thread at a time; notifications go on meanwhile. */
OSTLER_API enum ostler_status ostler_notifier_reset(ostler_notifier *notifier, ostler_conf *conf,
                                                    struct ostler_error *error);

/** What the driver `test` has kept since the last call, in this process: an array of {"context", "message", "priority",
 *  "retry"}, oldest first, priority in capitals. The caller puts it. NULL without memory. Any thread. */
OSTLER_API struct json_object *ostler_notifier_test_take(void);

OSTLER_END_DECLS

#endif
