/* SPDX-License-Identifier: Apache-2.0 */
/* What the host runs for one section of the configuration: a server or a listener. Both are opened, started, reset,
 * stopped and reported alike; hosted_server.c and hosted_listener.c hold what sets them apart. */
#ifndef HOSTED_H
#define HOSTED_H

#include <ostler/clock.h>
#include <ostler/listener.h>
#include <ostler/server.h>

struct hosted;

/* What the endpoint `control` may ask of the host. */
struct host_hooks {
    void (*on_reset)(void *user);
    void (*on_stop)(void *user);
    struct json_object *(*on_listeners)(void *user);
    void *user;
};

/* What both are made and reset with. */
struct hosted_means {
    ostler_conf *conf;
    struct host_hooks hooks;
};

/* The functions of a server or a listener; @p running is one of them. */
struct hosted_kind {
    const char *word; /* "server" or "listener" */

    /* Whether what runs for @p before can go on for @p after, with the endpoints and options of that. Transport and
     * executor have been compared. */
    bool (*continues)(const struct hosted *before, const struct hosted *after);

    enum ostler_status (*open)(const struct hosted *hosted, const struct hosted_means *means, void **running,
                               struct ostler_error *error);
    enum ostler_status (*replace)(void *running, const struct hosted *hosted, const struct hosted_means *means,
                                  struct ostler_error *error);
    enum ostler_status (*start)(void *running, struct ostler_error *error);
    void (*stop)(void *running);
    enum ostler_status (*wait)(void *running, double seconds, struct ostler_error *error);
    void (*free)(void *running);
    struct json_object *(*stats)(void *running);

    /* For the log, "serves \"demo\" as \"node1\"", and for the state report, "exchange=… topic=…". */
    void (*tell)(const struct hosted *hosted, char *text, size_t size);
    void (*report)(const struct hosted *hosted, char *text, size_t size);
};

extern const struct hosted_kind hosted_server;
extern const struct hosted_kind hosted_listener;

/* Room for what tell() and report() say; longer texts are cut. */
enum { HOSTED_TEXT_BYTES = 1024 };

/* One section. Texts belong to the configuration or the deployment. */
struct hosted {
    const struct hosted_kind *kind;
    const char *section;
    const char *executor;
    unsigned threads;            /* 0: the option in DEFAULT */
    ostler_transport *transport; /* one of the deployment's */
    struct ostler_server_endpoint *endpoints;
    size_t endpoint_count;
    void *running; /* NULL until it is opened, and once it has been moved */

    /* A server has one target, a listener one for each topic. */
    struct ostler_target *targets;
    size_t target_count;

    /* A server's. */
    const char *access_policy;

    /* A listener's, as in struct ostler_listener_options. */
    const char *pool;
    bool allow_requeue;
    size_t batch_size;
    double batch_timeout;
};

/* Opens the endpoints; nothing listens yet. The error says which section it is about. */
enum ostler_status hosted_open(struct hosted *hosted, const struct hosted_means *means, struct ostler_error *error);

/* Begins to listen. The error says which section it is about. */
enum ostler_status hosted_start(struct hosted *hosted, struct ostler_error *error);

/* Hands the endpoints and options of @p like to what runs for @p hosted. The error says which section it is about. */
enum ostler_status hosted_replace(struct hosted *hosted, const struct hosted *like, const struct hosted_means *means,
                                  struct ostler_error *error);

/* Whether what runs for @p before can go on for @p after. */
bool hosted_continues(const struct hosted *before, const struct hosted *after);

/* Stops what runs, however long that takes, and frees it. */
void hosted_close(struct hosted *hosted);

/* Closes it and frees what belongs to the section. */
void hosted_clear(struct hosted *hosted);

/* A bit per priority (1 << enum ostler_priority) for which an endpoint has a method. */
unsigned hosted_priorities(const struct hosted *hosted);

/* Whether both targets are the same to the transport; a name that is missing equals one that is missing. */
bool hosted_same_target(const struct ostler_target *a, const struct ostler_target *b);

#endif
