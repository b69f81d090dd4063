/* SPDX-License-Identifier: Apache-2.0 */
/* What a server serves: sets of open endpoints, each set a generation.
 *
 * Requests hold the generation they began on; a new one takes its place at one moment. An endpoint that is in both is
 * one instance with one state. A generation that nobody holds any more is retired: its instances are closed by
 * generations_reap(), which no thread calls with code of a module on its stack. */
#ifndef RPC_SERVER_ENDPOINTS_H
#define RPC_SERVER_ENDPOINTS_H

#include "params.h"
#include "stats.h"

#include <ostler/policy.h>
#include <ostler/server.h>

#include <uthash.h>

/* An open endpoint. */
struct instance {
    unsigned generations; /* that have it; guarded by the generations' lock */
    char *name;
    char *section; /* "endpoint:NAME" */
    const struct ostler_endpoint_ops *ops;
    ostler_loaded_module *module; /* NULL: part of the program */
    void *state;
    bool is_open;
};

/* One interface of an instance. */
struct served_interface {
    const struct ostler_endpoint *endpoint;
    struct instance *instance;
    const char *version;
};

/* One method of an interface. */
struct served_method {
    const struct ostler_method *method;
    const struct served_interface *interface;
    struct params *params;
    struct method_stats *stats;
    struct served_method *next; /* of the same name, in the order of the endpoints */
    struct served_method *last; /* of the chain; only in its first one */
    UT_hash_handle hh;
};

struct generation {
    atomic_uint holds; /* requests, and one of the server while it is the current one */
    struct generations *generations;
    struct instance **instances;
    size_t instance_count;
    void *table; /* a listener's; all up to by_name is an RPC server's */
    struct served_interface *interfaces;
    size_t interface_count;
    struct served_method *methods;
    size_t method_count;
    struct served_method *by_name;
    const struct ostler_policy_ops *policy; /* NULL: a listener has none */
    ostler_loaded_module *policy_module;
    struct generation *next_retired;
};

/* How a generation's table of what is served is made and freed. */
struct generation_tables {
    /* From its instances, before they are open. OSTLER_E_MODULE names the endpoint and what is wrong; OSTLER_E_NOMEM. */
    enum ostler_status (*fill)(struct generation *generation, struct stats *stats, struct ostler_error *error);
    /* Also of one that could not be filled. */
    void (*clear)(struct generation *generation);
};

struct generations {
    pthread_mutex_t lock; /* guards the three below */
    struct generation *current;
    _Atomic(struct generation *) retired; /* whether there is one, may be asked without the lock */
    struct stats *stats;
    const struct generation_tables *tables;
    const struct ostler_endpoint_host *host;
    void (*retired_one)(void *user); /* somebody should reap soon; any thread */
    void *user;
};

void generations_init(struct generations *generations, const struct ostler_endpoint_host *host, struct stats *stats,
                      const struct generation_tables *tables, void (*retired_one)(void *user), void *user);
/* Lets go of the current generation and closes everything; nobody holds one any more. */
void generations_fini(struct generations *generations);

/* A new set: opens endpoints that the current generation does not have, and hands the new options to those it has. On
 * failure everything is as before; @p before is what those get back that took @p conf already (NULL: there are none).
 * @p policy_module (NULL: none) is taken on success. */
enum ostler_status generation_new(struct generations *generations, ostler_conf *conf, ostler_conf *before,
                                  const struct ostler_server_endpoint *endpoints, size_t count,
                                  ostler_loaded_module *policy_module, struct generation **generation,
                                  struct ostler_error *error);

/* Makes @p generation the current one, and lets go of the one before. */
void generations_swap(struct generations *generations, struct generation *generation);

/* The current generation with @p holds more holds. */
struct generation *generations_hold(struct generations *generations, unsigned holds);
/* One hold less. */
void generation_release(struct generation *generation);

/* Closes what is in no generation any more. Never with code of a module on the stack. */
void generations_reap(struct generations *generations);

/* Whether @p interface serves this namespace (NULL: the null one) and version. */
bool interface_matches(const struct served_interface *interface, const char *namespace_, const char *version);
/* The first method of this name, or NULL. */
const struct served_method *generation_find(const struct generation *generation, const char *method);

#endif
