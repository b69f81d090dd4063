/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/client.h
 * Calling servers. oslo_messaging/rpc/client.py RPCClient, and beyond it asynchronous calls, cancellation and gather.
 *
 * A client is cheap and immutable: use it from any number of threads at once. prepare() makes another one with some
 * things changed, sharing the transport.
 */
#ifndef OSTLER_CLIENT_H
#define OSTLER_CLIENT_H

#include <ostler/serializer.h>
#include <ostler/target.h>
#include <ostler/transport.h>

OSTLER_BEGIN_DECLS

typedef struct ostler_client ostler_client;

/** Defaults for every call of a client. Set it to OSTLER_CLIENT_OPTIONS_INIT first. */
struct ostler_client_options {
    /** Seconds a call waits for its answer, publishing included; negative: the option rpc_response_timeout. */
    double timeout;
    /** The highest interface version to send; NULL: any. */
    const char *version_cap;
    /** How often to try again when the transport cannot take a message: -1 until the deadline, 0 not at all. */
    int retry;
    /** Seconds without a sign of life from the server after which a call fails; 0: not monitored. */
    double call_monitor_timeout;
    /** OSTLER_E_UNDELIVERABLE when nobody serves the target: TransportOptions(at_least_once=True). */
    bool at_least_once;
    /** NULL: none. Borrowed. */
    const struct ostler_serializer *serializer;
    void *reserved_[4];
};

/* clang-format off */
#ifdef __cplusplus
#define OSTLER_CLIENT_OPTIONS_INIT                                                                                     \
    {                                                                                                                  \
        -1.0, nullptr, -1, 0.0, false, nullptr,                                                                        \
        {                                                                                                              \
        }                                                                                                              \
    }
#else
#define OSTLER_CLIENT_OPTIONS_INIT                                                                                     \
    {                                                                                                                  \
        .timeout = -1.0, .retry = -1                                                                                   \
    }
#endif
/* clang-format on */

/** Which members of struct ostler_prepare count. */
enum ostler_prepare_field {
    OSTLER_PREPARE_EXCHANGE = 1 << 0,
    OSTLER_PREPARE_TOPIC = 1 << 1,
    OSTLER_PREPARE_NAMESPACE = 1 << 2,
    OSTLER_PREPARE_VERSION = 1 << 3,
    OSTLER_PREPARE_SERVER = 1 << 4,
    OSTLER_PREPARE_FANOUT = 1 << 5,
    OSTLER_PREPARE_TIMEOUT = 1 << 6,
    OSTLER_PREPARE_VERSION_CAP = 1 << 7,
    OSTLER_PREPARE_RETRY = 1 << 8,
    OSTLER_PREPARE_CALL_MONITOR_TIMEOUT = 1 << 9,
    OSTLER_PREPARE_AT_LEAST_ONCE = 1 << 10
};

/** What to change in a client. A field that is not named in `fields` keeps its value; one that is named takes the
 *  member's, NULL included (which *unsets* it), as an explicit None does in oslo.messaging. */
struct ostler_prepare {
    unsigned fields; /**< enum ostler_prepare_field, combined */
    struct ostler_target target;
    struct ostler_client_options options; /**< its serializer is not used */
};

/* clang-format off */
#ifdef __cplusplus
#define OSTLER_PREPARE_INIT                                                                                            \
    {                                                                                                                  \
    }
#else
#define OSTLER_PREPARE_INIT                                                                                            \
    {                                                                                                                  \
        .fields = 0                                                                                                    \
    }
#endif
/* clang-format on */

/** Makes a client; @p target gives the defaults and is copied, @p options may be NULL. The transport gets one more
 *  reference. OSTLER_E_INVALID (a version cap that is no version), OSTLER_E_TARGET (a name too long), OSTLER_E_NOMEM. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status ostler_client_new(ostler_transport *transport,
                                                                  const struct ostler_target *target,
                                                                  const struct ostler_client_options *options,
                                                                  ostler_client **client, struct ostler_error *error);

/** Makes another client from @p client with @p changes. OSTLER_E_INVALID for a version that is none ("Version must
 *  contain a major and minor integer"), OSTLER_E_TARGET, OSTLER_E_NOMEM. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status ostler_client_prepare(const ostler_client *client,
                                                                      const struct ostler_prepare *changes,
                                                                      ostler_client **prepared,
                                                                      struct ostler_error *error);

/** Frees a client; calls that are under way are not affected. NULL is fine. Any thread. */
OSTLER_API void ostler_client_free(ostler_client *client);

/** Whether the version cap allows @p version; NULL asks for the target's. An unparsable version is not allowed. */
OSTLER_API bool ostler_client_can_send_version(const ostler_client *client, const char *version);

/** Calls @p method and waits for its answer. @p context (an object) and @p args (an object) are borrowed and may be
 *  NULL for empty. *result is the caller's to json_object_put(); NULL is JSON's null.
 *  OSTLER_E_TIMEOUT, OSTLER_E_REMOTE (error->remote_class …), OSTLER_E_DELIVERY, OSTLER_E_UNDELIVERABLE,
 *  OSTLER_E_VERSION_CAP, OSTLER_E_TARGET (no topic, or fanout), OSTLER_E_INVALID (values that are no objects, a message
 *  too large), OSTLER_E_BUSY (too many calls wait), OSTLER_E_CANCELLED (the transport was closed). Any thread, but not
 *  from a completion callback. */
OSTLER_API enum ostler_status ostler_client_call(const ostler_client *client, struct json_object *context,
                                                 const char *method, struct json_object *args,
                                                 struct json_object **result, struct ostler_error *error);

/** Sends @p method and waits for no answer: success means that the transport has accepted it; with fanout in the
 *  target, for all servers of the topic. Waits for room at most the client's timeout. Statuses as for a call, without
 *  OSTLER_E_REMOTE. */
OSTLER_API enum ostler_status ostler_client_cast(const ostler_client *client, struct json_object *context,
                                                 const char *method, struct json_object *args,
                                                 struct ostler_error *error);

/** The same without waiting for the transport to accept it: returns once the message is under way, so that one thread can
 *  have many of them (on RabbitMQ: as many as the option publish_window says) wait for their confirms together. Success
 *  means that @p done will be called, once: OSTLER_OK as for ostler_client_cast(), else the statuses of it; OSTLER_E_DELIVERY
 *  if it was sent and not accepted within the client's timeout. On failure it is not called. @p done may be NULL: then a
 *  failure is logged. Room is waited for as by ostler_client_call_async(). What still waits when the last owner of the
 *  transport goes ends with OSTLER_E_CANCELLED, accepted or not. Any thread. */
OSTLER_API enum ostler_status ostler_client_cast_async(const ostler_client *client, struct json_object *context,
                                                       const char *method, struct json_object *args,
                                                       ostler_accepted_fn done, void *user, struct ostler_error *error);

/** An asynchronous call that is under way or over. Counted. */
typedef struct ostler_call ostler_call;

/** How an asynchronous call ended; called exactly once per call that was started. @p status and @p error as for
 *  ostler_client_call(); @p result is borrowed (json_object_get() it to keep it). Both end with the callback. Runs in
 *  the transport's own thread, or inside ostler_transport_process(), with no lock held: it may start and cancel calls,
 *  but must not wait for one. */
typedef void (*ostler_call_done_fn)(void *user, enum ostler_status status, struct json_object *result,
                                    const struct ostler_error *error);

/** Starts a call and returns. Success means that @p done will be called, once, at the latest at the deadline. On failure
 *  it is not called. @p call may be NULL; otherwise it is the caller's to ostler_call_unref().
 *  When the transport has no room: waits for it at most the client's timeout; with an event loop it does not wait but
 *  returns OSTLER_E_BUSY. */
OSTLER_API enum ostler_status ostler_client_call_async(const ostler_client *client, struct json_object *context,
                                                       const char *method, struct json_object *args,
                                                       ostler_call_done_fn done, void *user, ostler_call **call,
                                                       struct ostler_error *error);

/** Ends a call with OSTLER_E_CANCELLED, unless it is over: @p done has run when this returns (it runs here), or has run
 *  or is running elsewhere. A server that has the request goes on with it. Any thread. */
OSTLER_API void ostler_call_cancel(ostler_call *call);

/** Whether its callback has been called. Any thread. */
OSTLER_API bool ostler_call_is_done(const ostler_call *call);

/** One owner less; does not cancel. NULL is fine. */
OSTLER_API void ostler_call_unref(ostler_call *call);

/** One answer of a gather: a result or a failure. */
struct ostler_gathered {
    enum ostler_status status;  /**< OSTLER_OK or OSTLER_E_REMOTE */
    struct json_object *result; /**< NULL with a failure, and for JSON's null */
    struct ostler_error error;  /**< filled in with a failure */
};

/** Calls @p method on all servers of the topic at once and collects what comes until the client's timeout, or until
 *  @p expected answers are there (0: as many as the transport says it reached; if it cannot say, until the timeout).
 *  Fewer answers than expected is success: the caller sees how many. *answers is the caller's, to
 *  ostler_gathered_free(). oslo.messaging's wire allows this (a request with a reply queue on the fanout exchange); its
 *  client never does it. Statuses as for ostler_client_cast(). */
OSTLER_API enum ostler_status ostler_client_gather(const ostler_client *client, struct json_object *context,
                                                   const char *method, struct json_object *args, size_t expected,
                                                   struct ostler_gathered **answers, size_t *count,
                                                   struct ostler_error *error);

/** Frees what a gather gave. NULL is fine. */
OSTLER_API void ostler_gathered_free(struct ostler_gathered *answers, size_t count);

OSTLER_END_DECLS

#endif
