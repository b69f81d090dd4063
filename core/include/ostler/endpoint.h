/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/endpoint.h
 * Writing an endpoint: one C file with methods, a table of them, and a descriptor.
 *
 *     #include <ostler/endpoint.h>
 *     #include <json-c/json.h>
 *
 *     static enum ostler_status greet(ostler_request *request, void *state)
 *     {
 *         (void)state;
 *         json_object *text = json_object_new_object();
 *         json_object_object_add(text, "hello", json_object_get(ostler_request_arg(request, "name")));
 *         return ostler_request_return(request, text);
 *     }
 *
 *     static const struct ostler_method methods[] = {
 *         {"greet", greet, "name: string", OSTLER_METHOD_EXPOSED, "greets NAME"},
 *         {NULL, NULL, NULL, 0, NULL},
 *     };
 *     static const struct ostler_endpoint greeter = {.version = "1.0", .methods = methods};
 *     static const struct ostler_endpoint *const endpoints[] = {&greeter, NULL};
 *     static const struct ostler_endpoint_ops operations = {.rpc = endpoints};
 *
 *     OSTLER_MODULE(greeter) = {
 *         .abi = OSTLER_MODULE_ABI, .size = sizeof(struct ostler_module), .kind = OSTLER_KIND_ENDPOINT,
 *         .name = "greeter", .version = "1.0", .summary = "greets", .ops = &operations,
 *         .ops_size = sizeof operations,
 *     };
 */
#ifndef OSTLER_ENDPOINT_H
#define OSTLER_ENDPOINT_H

#include <ostler/conf.h>
#include <ostler/module.h>
#include <ostler/request.h>
#include <ostler/target.h>

OSTLER_BEGIN_DECLS

/** A method. Called from an executor's thread, with no lock held; under the executor `threading` many at a time, on the
 *  same @p state. It answers through the request, once, or keeps it (ostler_request_keep()). Returning without an
 *  answer is a null result after OSTLER_OK, and a failure after any other status (class "RuntimeError", the status's
 *  text). It may wait: each executor thread that waits is one that serves nobody else. */
typedef enum ostler_status (*ostler_method_fn)(ostler_request *request, void *state);

enum ostler_method_flag {
    /** Callable under the access policy `explicit`: oslo_messaging.expose(). */
    OSTLER_METHOD_EXPOSED = 1 << 0
};

/** One row of a method table. */
struct ostler_method {
    const char *name; /**< what callers say; NULL ends the table */
    ostler_method_fn function;
    /** What it takes, checked before it is called: "" nothing, NULL anything unchecked, else names separated by commas,
     *  each with an optional "?" (may be left out) and type: "seconds: number, note?: string". Types: any string integer
     *  number boolean object array. "..." at the end allows further arguments. A wrong call fails as Python's would:
     *  TypeError in builtins. */
    const char *params;
    unsigned flags;      /**< enum ostler_method_flag */
    const char *summary; /**< one line: what it does and returns */
};

/** One interface: a namespace, a version, methods. */
struct ostler_endpoint {
    const char *namespace_; /**< NULL: the null namespace */
    const char *version;    /**< NULL: "1.0" */
    /** Former namespaces that are served too, ended by NULL; "" stands for the null namespace. May be NULL. */
    const char *const *legacy_namespaces;
    const struct ostler_method *methods;
};

/** What a server offers to the modules that it hosts. Passed to open(), valid until fini(); callable from any thread. */
struct ostler_endpoint_host {
    size_t size;                        /**< sizeof(struct ostler_endpoint_host) as the host was built */
    void *self;                         /**< first argument of the functions below */
    const struct ostler_target *target; /**< what the server serves */
    /** What is served: endpoints, namespaces, versions, methods. The caller owns the value; NULL without memory. */
    struct json_object *(*describe)(void *self);
    /** Counts and latencies per method. The caller owns the value; NULL without memory. */
    struct json_object *(*stats)(void *self);
    /** Asks the program to reset or to stop, as SIGHUP and SIGTERM do; returns at once. OSTLER_E_INVALID where the
     *  program does not allow it. */
    enum ostler_status (*reset)(void *self, struct ostler_error *error);
    enum ostler_status (*stop)(void *self, struct ostler_error *error);
    /** The notification listeners of the program: an array of {"section", "exchange", "topics", "priorities", "pool",
     *  "url", "endpoints", "stats": as ostler_listener_stats()}, empty where it has or tells of none. The caller owns
     *  the value; NULL without memory. */
    struct json_object *(*listeners)(void *self);
};

/** The `ops` of a module of kind OSTLER_KIND_ENDPOINT. All slots may be NULL, but at least one interface must be there.
 *  State is per server that uses the module: open() is called once for each. */
struct ostler_endpoint_ops {
    /** Makes the state. Options of the section [endpoint:NAME] are declared (see `options`) and read with
     *  ostler_conf_string(conf, section, …) and its like. Without this slot the state is NULL. A failure keeps the server
     *  from starting, or a reset from happening, with @p error as the reason. No method runs yet. */
    enum ostler_status (*open)(const struct ostler_endpoint_host *host, const ostler_conf *conf, const char *section,
                               void **state, struct ostler_error *error);

    /** New options: take all of them, or none and fail. Methods may be running on the same state. */
    enum ostler_status (*reset)(void *state, const ostler_conf *conf, const char *section, struct ostler_error *error);

    /** Frees the state. The last request that ran on it has been answered. */
    void (*fini)(void *state);

    /** RPC interfaces, ended by NULL. */
    const struct ostler_endpoint *const *rpc;

    /** Notification interfaces, ended by NULL: <ostler/notification.h>. */
    const struct ostler_notification_endpoint *const *notification;

    /** Options of the section [endpoint:NAME], ended by a NULL name; NULL: none. */
    const struct ostler_option *options;
};

OSTLER_END_DECLS

#endif
