/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the server share. */
#ifndef RPC_SERVER_PARTS_H
#define RPC_SERVER_PARTS_H

#include "monitor.h"
#include "server_endpoints.h"
#include "stats.h"
#include "transport_parts.h"

#include <ostler/executor.h>
#include <ostler/server.h>

/* Where a server stands in its cycle. STARTING, STOPPING and WAITING belong to the one thread that does that work. */
enum server_phase {
    SERVER_IDLE, /* not started, or waited for */
    SERVER_STARTING,
    SERVER_SERVING,
    SERVER_STOPPING,
    SERVER_STOPPED, /* stopped, not waited for: requests may be under way */
    SERVER_WAITING
};

/* What is not the same where requests are served and where notifications are taken. */
struct server_role {
    const char *word; /* "server", "listener": in the log and in errors */
    bool is_rpc;      /* has an access policy, and answers pings */
    const struct generation_tables *tables;
    enum ostler_status (*listen)(struct ostler_server *server, ostler_driver_listener **listener,
                                 struct ostler_error *error);
    /* The executor's: struct ostler_work. */
    size_t (*poll)(void *self, ostler_time deadline, void **items, size_t max);
    void (*run)(void *self, void *item);
    /* An array of what a generation serves; NULL without memory. */
    struct json_object *(*describe)(const struct generation *generation);
};

/* A server; as the first member of a listener, what both have in common. */
struct ostler_server {
    /* Constant once made. */
    const struct server_role *role;
    ostler_transport *transport;
    const struct ostler_driver_ops *ops;
    ostler_driver_transport *driver;
    struct ostler_target target;
    char *texts; /* the target's */
    char *label; /* "TOPIC.SERVER": in log lines */
    const struct ostler_serializer *serializer;
    struct ostler_endpoint_host host;
    void (*on_reset)(void *user);
    void (*on_stop)(void *user);
    struct json_object *(*on_listeners)(void *user);
    void *user;
    bool pool_given; /* its size comes from the program, not from the configuration */
    const struct ostler_executor_ops *executor_ops;
    ostler_executor *executor;
    ostler_loaded_module *executor_module;

    struct stats stats;
    struct monitor monitor;
    struct generations generations;

    /* The cycle: server.c. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum server_phase phase;
    bool reloading;
    bool executor_stopped; /* in this cycle */
    ostler_conf *conf;     /* what the endpoints have their options from; whoever reloads may change it */

    /* The work: server_work.c. */
    ostler_driver_listener *listener; /* set while nobody polls, cleared under `lock` */
    unsigned wakers;                  /* threads that wake it; under `lock` */
    atomic_uint requests;             /* taken and not freed; the last one ends under `lock` */
    atomic_bool draining;             /* the driver takes nothing new: fetch what it still holds */
    bool holding;                     /* who polls holds back what was fetched; its own */
    bool drained;                     /* it holds nothing any more; under `lock` */
    bool poll_woken;                  /* under `lock` */
};

/* --- server_new.c */

/* Fills in a zeroed server, or the server in a zeroed listener. On failure what is there is the caller's to
 * server_destroy(). */
enum ostler_status server_make(struct ostler_server *server, const struct server_role *role,
                               ostler_transport *transport, const struct ostler_target *target,
                               const struct ostler_server_endpoint *endpoints, size_t count,
                               const struct ostler_server_options *options, struct ostler_error *error);
/* Frees all but the memory of the struct. It was not started, or has been waited for. */
void server_destroy(struct ostler_server *server);

/* --- server_work.c: between driver and executor */

void server_work_init(struct ostler_server *server, struct ostler_work *work);
/* Hands out incoming, each with a hold of the current generation in its `core`. While it drains, with nothing left, it
 * sleeps until it is woken, unless `holding` is set. */
size_t server_poll(void *self, ostler_time deadline, void **items, size_t max);
/* A new cycle, on this listener. */
void server_work_begin(struct ostler_server *server, ostler_driver_listener *listener);
/* The listener has been stopped: what the driver still holds is fetched from now on. */
void server_work_drain(struct ostler_server *server);
/* Waits until the driver holds nothing more; false at the deadline. */
bool server_work_drained(struct ostler_server *server, ostler_time deadline);
/* Waits until no request is left, kept ones included; false at the deadline. */
bool server_work_ended(struct ostler_server *server, ostler_time deadline);
/* Closes the listener, when nobody polls it any more. */
void server_work_close(struct ostler_server *server);
/* A request has been freed. The last touch of the server. */
void server_request_ended(struct ostler_server *server);
void server_wake(void *self);

/* --- server_report.c */

struct json_object *server_describe(void *self);
/* An RPC server's `describe`. */
struct json_object *server_describe_interfaces(const struct generation *generation);
struct json_object *server_stats(void *self);

/* --- ping.c: the method oslo_rpc_server_ping */

extern const struct ostler_endpoint_ops ping_operations;

#endif
