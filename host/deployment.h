/* SPDX-License-Identifier: Apache-2.0 */
/* What one configuration says is to be served: servers, their endpoints, and the transports that they share. Made by
 * plan_make(), then opened and started; a reload makes a second one and moves what stays from the old to the new.
 * Belongs to one thread. */
#ifndef DEPLOYMENT_H
#define DEPLOYMENT_H

#include <ostler/clock.h>
#include <ostler/server.h>

#include <limits.h>

/* One transport for all sections with the same URL. */
struct host_transport {
    const char *url; /* as configured; NULL: the default */
    ostler_transport *transport;
};

/* One section [server] or [server:NAME]. Texts belong to the configuration or the deployment. */
struct host_server {
    const char *section;
    struct ostler_target target;
    const char *executor;
    unsigned threads; /* 0: the option in DEFAULT */
    const char *access_policy;
    ostler_transport *transport; /* one of the deployment's */
    struct ostler_server_endpoint *endpoints;
    size_t endpoint_count;
    ostler_server *server; /* NULL until it is opened, and once it has been moved */
};

/* What the endpoint `control` may ask of the host. */
struct host_hooks {
    void (*on_reset)(void *user);
    void (*on_stop)(void *user);
    void *user;
};

struct deployment {
    ostler_conf *conf;
    struct host_hooks hooks;
    char host_name[HOST_NAME_MAX + 1];
    struct host_transport *transports;
    size_t transport_count;
    struct host_server *servers;
    size_t server_count;
};

/* Whether both would serve the same: exchange, topic and server name on the same transport. */
bool deployment_same_target(const struct host_server *a, const struct host_server *b);

/* The options that @p server is made or reset with. */
struct ostler_server_options deployment_options(const struct deployment *deployment, const struct host_server *server);

/* Makes the server of one section and opens its endpoints; it does not listen yet. */
enum ostler_status deployment_open_one(const struct deployment *deployment, struct host_server *server,
                                       struct ostler_error *error);

/* Makes and starts all servers. On failure those that run are stopped again. */
enum ostler_status deployment_start(struct deployment *deployment, struct ostler_error *error);

/* Stops all servers and waits until every request has been answered; false if some were not by @p deadline, which it
 * has logged. */
bool deployment_stop(struct deployment *deployment, ostler_time deadline);

/* Stops what still runs, however long that takes, and frees everything. NULL is fine. */
void deployment_free(struct deployment *deployment);

#endif
