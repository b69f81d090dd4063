/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/server.h
 * Serving a target with endpoints. oslo_messaging/server.py MessageHandlingServer and rpc/server.py.
 */
#ifndef OSTLER_SERVER_H
#define OSTLER_SERVER_H

#include <ostler/endpoint.h>
#include <ostler/serializer.h>
#include <ostler/transport.h>

OSTLER_BEGIN_DECLS

typedef struct ostler_server ostler_server;

/** One endpoint module for a server: loaded from a file, or part of the program. */
struct ostler_server_endpoint {
    /** For reports and for the config section [endpoint:NAME]. Copied. */
    const char *name;
    /** The operations; with a module they must be the module's. */
    const struct ostler_endpoint_ops *ops;
    /** What keeps the code mapped: one more reference is held as long as needed. NULL: part of the program. */
    ostler_loaded_module *module;
};

/** How to serve. Set it to OSTLER_SERVER_OPTIONS_INIT first. */
struct ostler_server_options {
    /** Executor by name; NULL: the option [DEFAULT] executor. */
    const char *executor;
    /** Threads of the pool; 0: the option executor_thread_pool_size. */
    unsigned threads;
    /** Access policy by name; NULL: `default`. */
    const char *access_policy;
    /** NULL: none. Borrowed as long as the server. */
    const struct ostler_serializer *serializer;
    /** Where the options of endpoints are read until a reset; NULL: the transport's. Kept with one more reference. Only
     *  for ostler_server_new(). */
    ostler_conf *conf;
    /** What the endpoint `control` may ask of the program; NULL: it may not. Called from an executor's thread; must
     *  return at once, and must not stop or free the server from there. */
    void (*on_reset)(void *user);
    void (*on_stop)(void *user);
    void *user;
    /** Its listeners, which `control` shows beside the server: an array as <ostler/endpoint.h> says. NULL: none. Called
     *  from an executor's thread, many at a time; the server takes what it returns. */
    struct json_object *(*on_listeners)(void *user);
    void *reserved_[3];
};

/* clang-format off */
#ifdef __cplusplus
#define OSTLER_SERVER_OPTIONS_INIT                                                                                     \
    {                                                                                                                  \
    }
#else
#define OSTLER_SERVER_OPTIONS_INIT                                                                                     \
    {                                                                                                                  \
        .executor = NULL                                                                                               \
    }
#endif
/* clang-format on */

/** Makes a server for @p target, which needs a topic and a server name, and opens its endpoints (in order: the first
 *  that matches a request serves it). @p options may be NULL. Where the option rpc_ping_enabled is set, the method
 *  oslo_rpc_server_ping is added. OSTLER_E_TARGET, OSTLER_E_EXECUTOR, OSTLER_E_MODULE (unknown policy, an endpoint table
 *  that is wrong), OSTLER_E_CONFIG (options of an endpoint), whatever an endpoint's open() says. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status
ostler_server_new(ostler_transport *transport, const struct ostler_target *target,
                  const struct ostler_server_endpoint *endpoints, size_t count,
                  const struct ostler_server_options *options, ostler_server **server, struct ostler_error *error);

/* start, stop and wait may be called from any thread and any number of times: each does its work once per cycle,
 * concurrent callers wait for the one that does it, repeats return at once. stop waits for a start that is running, wait
 * for a stop. start after stop begins a new cycle (the wait of the old one comes first, if nobody asked for it). */

/** Begins to listen and to serve. OSTLER_E_LISTEN and what the driver says; the server can be started again after. */
OSTLER_API enum ostler_status ostler_server_start(ostler_server *server, struct ostler_error *error);

/** Ends listening: when it returns no further request will be taken; those that have been taken go on. */
OSTLER_API void ostler_server_stop(ostler_server *server);

/** Waits until every request that was taken has been answered, kept ones included, at most @p seconds (negative: as long
 *  as it takes). OSTLER_E_TASK_TIMEOUT with how many are left. A server that was not stopped: OSTLER_E_TASK_TIMEOUT if
 *  nobody stops it in time. */
OSTLER_API enum ostler_status ostler_server_wait(ostler_server *server, double seconds, struct ostler_error *error);

/** Hands @p conf (borrowed; kept with one more reference) to every endpoint's reset() and takes over what else follows a
 *  reset: the pool size, the access policy @p access_policy (NULL: as it is). All or nothing: if one endpoint refuses,
 *  those before it get their old options back, and the error says which refused. Requests go on meanwhile. */
OSTLER_API enum ostler_status ostler_server_reset(ostler_server *server, ostler_conf *conf,
                                                  const struct ostler_server_options *options,
                                                  struct ostler_error *error);

/** Exchanges the set of endpoints at one moment: an endpoint that is there before and after (same name, same ops) keeps
 *  its state and is reset, others are opened or, when their last request has ended, closed. All or nothing, as
 *  ostler_server_reset(), whose other duties it includes. Requests in flight finish on the code they started on. */
OSTLER_API enum ostler_status ostler_server_replace(ostler_server *server, ostler_conf *conf,
                                                    const struct ostler_server_endpoint *endpoints, size_t count,
                                                    const struct ostler_server_options *options,
                                                    struct ostler_error *error);

/** Stops, waits and frees it. Every endpoint's fini() has run when it returns. NULL is fine. */
OSTLER_API void ostler_server_free(ostler_server *server);

/** What it serves: {"target": {"exchange", "topic", "server"}, "endpoints": [{"endpoint": its name, "file": where it was
 *  loaded from or null, "namespace", "legacy_namespaces", "version", "methods": [{"name", "params", "summary"}]}]}, one
 *  item per interface, methods that the access policy hides left out. The caller puts it. NULL without memory. Any
 *  thread. */
OSTLER_API struct json_object *ostler_server_describe(ostler_server *server);

/** Counts since the server was made: {"requests", "failures", "in_flight", "latency": {"mean", "p50", "p99", "max"} in
 *  seconds, "unmatched": requests for which there was no method, "expired": those left because they came after their
 *  deadline, "methods": [{"endpoint", "namespace", "version", "method" and the first four}]}. The percentiles are upper
 *  bounds, at most twice too high. The caller puts it. NULL without memory. Any thread. */
OSTLER_API struct json_object *ostler_server_stats(ostler_server *server);

OSTLER_END_DECLS

#endif
