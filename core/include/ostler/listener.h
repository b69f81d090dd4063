/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/listener.h
 * Listening for notifications with endpoints. oslo_messaging/notify/listener.py.
 *
 * A notification is acknowledged after the work: one that was taken and not handled to its end is delivered again by a
 * transport that keeps messages, so that endpoints may see it twice.
 */
#ifndef OSTLER_LISTENER_H
#define OSTLER_LISTENER_H

#include <ostler/notification.h>
#include <ostler/server.h>

OSTLER_BEGIN_DECLS

typedef struct ostler_listener ostler_listener;

/** How to listen. Set it to OSTLER_LISTENER_OPTIONS_INIT first. */
struct ostler_listener_options {
    /** NULL: none. Listeners with the same pool share its notifications, each pool gets every one. Copied. */
    const char *pool;
    /** Whether what an endpoint could not handle goes back to be delivered again. */
    bool allow_requeue;
    /** How many notifications make a batch; 0 with a batch_timeout: as many as come in that time, at most
     *  OSTLER_BATCH_MAX. 0 or 1 without: no batches. */
    size_t batch_size;
    /** Seconds after the first of a batch when it is handed over as it is; negative: when it is full, or the listener
     *  stops. */
    double batch_timeout;
    /** Executor by name; NULL: the option [DEFAULT] executor. */
    const char *executor;
    /** Threads of the pool; 0: the option executor_thread_pool_size. */
    unsigned threads;
    /** NULL: none. Borrowed as long as the listener. */
    const struct ostler_serializer *serializer;
    /** Where the options of endpoints are read until a reset; NULL: the transport's. Kept with one more reference. Only
     *  for ostler_listener_new(). */
    ostler_conf *conf;
    /** As those of struct ostler_server_options. */
    void (*on_reset)(void *user);
    void (*on_stop)(void *user);
    void *user;
    void *reserved_[4];
};

/** The most notifications in one batch. */
#define OSTLER_BATCH_MAX 65535

#ifdef __cplusplus
#define OSTLER_LISTENER_OPTIONS_INIT                                                                                   \
    {                                                                                                                  \
        nullptr, false, 0, -1.0, nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr,                              \
        {                                                                                                              \
        }                                                                                                              \
    }
#else
#define OSTLER_LISTENER_OPTIONS_INIT                                                                                   \
    {                                                                                                                  \
        .batch_timeout = -1.0                                                                                          \
    }
#endif

/** Makes a listener for @p targets, each of which needs a topic and may name an exchange, and opens its endpoints. Of an
 *  endpoint's interfaces only those for notifications count. @p options may be NULL. OSTLER_E_TARGET, OSTLER_E_EXECUTOR,
 *  OSTLER_E_MODULE (an endpoint without such an interface, a filter that is no regular expression), OSTLER_E_CONFIG,
 *  OSTLER_E_DRIVER (the transport carries no notifications), whatever an endpoint's open() says. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status
ostler_listener_new(ostler_transport *transport, const struct ostler_target *targets, size_t target_count,
                    const struct ostler_server_endpoint *endpoints, size_t count,
                    const struct ostler_listener_options *options, ostler_listener **listener,
                    struct ostler_error *error);

/* As the functions of <ostler/server.h> with the same names; wait() waits until every notification that was taken has
 * been handled or given back, the last batch included. */

/** Also OSTLER_E_INVALID where no endpoint has a method for any priority. */
OSTLER_API enum ostler_status ostler_listener_start(ostler_listener *listener, struct ostler_error *error);
OSTLER_API void ostler_listener_stop(ostler_listener *listener);
OSTLER_API enum ostler_status ostler_listener_wait(ostler_listener *listener, double seconds,
                                                   struct ostler_error *error);

/** Of @p options (may be NULL) only `threads` counts. */
OSTLER_API enum ostler_status ostler_listener_reset(ostler_listener *listener, ostler_conf *conf,
                                                    const struct ostler_listener_options *options,
                                                    struct ostler_error *error);

/** The set of priorities that are listened to is settled by start(): a method of a new endpoint for another one is called
 *  after the next. */
OSTLER_API enum ostler_status ostler_listener_replace(ostler_listener *listener, ostler_conf *conf,
                                                      const struct ostler_server_endpoint *endpoints, size_t count,
                                                      const struct ostler_listener_options *options,
                                                      struct ostler_error *error);

/** NULL is fine. */
OSTLER_API void ostler_listener_free(ostler_listener *listener);

/** As ostler_server_stats(): each priority of an endpoint is a method, a failure is a notification that was not handled. */
OSTLER_API struct json_object *ostler_listener_stats(ostler_listener *listener);

OSTLER_END_DECLS

#endif
