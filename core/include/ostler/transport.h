/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/transport.h
 * A transport: a driver, connected by a URL, shared by clients and servers. oslo_messaging/transport.py.
 */
#ifndef OSTLER_TRANSPORT_H
#define OSTLER_TRANSPORT_H

#include <ostler/conf.h>

OSTLER_BEGIN_DECLS

typedef struct ostler_transport ostler_transport;

/** What became of a message that was sent without waiting (ostler_client_cast_async(), ostler_notify_async()): OSTLER_OK,
 *  the transport has accepted it. @p error is NULL then, and ends with the callback. Runs in the transport's own thread, or
 *  inside ostler_transport_process(), with no lock held: it may send, but must not wait for an answer. */
typedef void (*ostler_accepted_fn)(void *user, enum ostler_status status, const struct ostler_error *error);

/** How to open one. Set it to OSTLER_TRANSPORT_OPTIONS_INIT first. */
struct ostler_transport_options {
    /** The URL; NULL: the option [DEFAULT] transport_url. */
    const char *url;
    /** The program has an event loop: the library makes no thread for asynchronous calls; the program watches
     *  ostler_transport_fd() and calls ostler_transport_process(). */
    bool event_loop;
    /** The most calls that may wait for their answers at one time; 0: 65536. One more gets OSTLER_E_BUSY. */
    size_t max_calls;
    void *reserved_[4];
};

/* clang-format off */
#ifdef __cplusplus
#define OSTLER_TRANSPORT_OPTIONS_INIT                                                                                  \
    {                                                                                                                  \
    }
#else
#define OSTLER_TRANSPORT_OPTIONS_INIT                                                                                  \
    {                                                                                                                  \
        .url = NULL                                                                                                    \
    }
#endif
/* clang-format on */

/** Opens a transport; @p options may be NULL. The driver is found by the URL's scheme and loaded. The configuration is
 *  kept (one more reference). Connections are made when first needed. OSTLER_E_URL, OSTLER_E_DRIVER, OSTLER_E_CONFIG,
 *  OSTLER_E_NOMEM. Any thread. get_rpc_transport(). */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status ostler_transport_open(ostler_conf *conf,
                                                                      const struct ostler_transport_options *options,
                                                                      ostler_transport **transport,
                                                                      struct ostler_error *error);

/** One more owner; returns @p transport. Clients and servers hold one each. Any thread. */
OSTLER_API ostler_transport *ostler_transport_ref(ostler_transport *transport);

/** One owner less. The last one ends every call that still waits with OSTLER_E_CANCELLED, joins the transport's threads
 *  and closes the driver; it must not be inside a callback of this transport. NULL is fine. */
OSTLER_API void ostler_transport_unref(ostler_transport *transport);

/** Its URL without passwords, as long as the transport. */
OSTLER_API const char *ostler_transport_url(const ostler_transport *transport);

/** The exchange of targets that name none: the option control_exchange when the transport was opened. */
OSTLER_API const char *ostler_transport_exchange(const ostler_transport *transport);

/** Whether its driver carries notifications, so that notifiers and listeners can be made for it. */
OSTLER_API bool ostler_transport_carries_notifications(const ostler_transport *transport);

/** The configuration it was opened with; borrowed. */
OSTLER_API ostler_conf *ostler_transport_conf(const ostler_transport *transport);

/** A descriptor to poll for reading, the same for the transport's life, owned by it; -1 unless it was opened with
 *  event_loop. It is readable when ostler_transport_process() has something to do: a reply or a deadline. */
OSTLER_API int ostler_transport_fd(const ostler_transport *transport);

/** Handles what is there without waiting: completes asynchronous calls, whose callbacks run here, and expires those
 *  whose deadline has passed. Returns how many ended. Only with event_loop; one thread at a time. */
OSTLER_API size_t ostler_transport_process(ostler_transport *transport);

/** One JSON object for reports: driver, url, calls waiting, and what the driver adds. The caller puts it. NULL without
 *  memory. Any thread. */
OSTLER_API struct json_object *ostler_transport_report(ostler_transport *transport);

OSTLER_END_DECLS

#endif
