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

struct ostler_server {
    /* Constant once made. */
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
    bool drained;                     /* it holds nothing any more; under `lock` */
    bool poll_woken;                  /* under `lock` */
};

/* --- server_work.c: between driver and executor */

void server_work_init(struct ostler_server *server, struct ostler_work *work);
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
struct json_object *server_stats(void *self);

/* --- ping.c: the method oslo_rpc_server_ping */

extern const struct ostler_endpoint_ops ping_operations;

#endif
