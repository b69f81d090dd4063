/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <ostler/log.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS_MAX = 4096 };
/* What a node has said is asked again so often, and hosts are tried again, as long as there is something to send. */
#define ASK_AGAIN_NS   (5 * INT64_C(1000000000))
#define HOSTS_AGAIN_NS (250 * INT64_C(1000000))
/* So long after a look that did not learn everything the next one is worth it. */
#define LOOK_AGAIN_NS (50 * INT64_C(1000000))

/* --- What is known of a topic; the lock is held ------------------------------------------------------------------- */

static void clear_routes(struct topic *topic)
{
    for (size_t i = 0; i < topic->count; i++) {
        free(topic->routes[i].server);
        free(topic->routes[i].address);
    }
    free(topic->routes);
    topic->routes = NULL;
    topic->count = 0;
    topic->valid = false;
}

void client_topics_clear(struct client *client)
{
    struct topic *topic, *next;

    HASH_ITER (hh, client->topics, topic, next) {
        HASH_DEL(client->topics, topic);
        clear_routes(topic);
        free(topic);
    }
}

static struct topic *find_topic(struct client *client, const char *exchange, const char *name)
{
    uint8_t key[WIRE_KEY_MAX];
    size_t length = wire_put_key(key, exchange, name, "");
    struct topic *topic;

    HASH_FIND(hh, client->topics, key, length, topic);
    if (topic)
        return topic;
    if (HASH_COUNT(client->topics) >= TOPICS_MAX)
        client_topics_clear(client);
    topic = calloc(1, sizeof *topic);
    if (!topic)
        return NULL;
    memcpy(topic->key, key, length);
    topic->key_length = length;
    HASH_ADD(hh, client->topics, key, length, topic);
    return topic;
}

static bool add_route(struct topic *topic, const char *server, const char *address)
{
    struct route *routes = realloc(topic->routes, (topic->count + 1) * sizeof *routes);

    if (!routes)
        return false;
    topic->routes = routes;
    routes[topic->count] = (struct route){.server = strdup(server), .address = strdup(address)};
    if (!routes[topic->count].server || !routes[topic->count].address) {
        free(routes[topic->count].server);
        free(routes[topic->count].address);
        return false;
    }
    topic->count++;
    return true;
}

/* Where there is no folder nobody can refuse a second server of a name; that there are two shows here. */
static void check_name_is_alone(struct client *client, struct topic *topic, const char *name, const char *server,
                                const char *address)
{
    for (size_t i = 0; i < topic->count && !topic->warned && !client->notice; i++) {
        if (strcmp(topic->routes[i].server, server) != 0)
            continue;
        topic->warned = true;
        if (asprintf(&client->notice,
                     "two servers of topic \"%s\" have the name \"%s\", at %s and %s: requests for this name go to one "
                     "of them only; give one another name",
                     name, server, topic->routes[i].address, address) < 0)
            client->notice = NULL;
    }
}

/* Lets the lock go, and then logs what was found under it. */
static void unlock(struct client *client)
{
    char *notice = client->notice;

    client->notice = NULL;
    pthread_mutex_unlock(&client->lock);
    if (notice)
        ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME, "%s", notice);
    free(notice);
}

/* The matchmaker knows only where a node is: what it serves it has to say itself. */
static enum ostler_status add_node(struct client *client, struct topic *topic, const char *exchange, const char *name,
                                   const char *address, struct ostler_error *error)
{
    struct conn *conn = client_conn(client, address);
    enum ostler_status status = OSTLER_OK;

    if (!conn) {
        /* It cannot be reached just now: worth another look, not worth waiting for. */
        topic->valid = false;
        return OSTLER_OK;
    }
    if (!conn->services_known) {
        topic->complete = false;
    } else if (topic->looked_up - conn->asked > ASK_AGAIN_NS) {
        /* A node forgets to tell clients that have been silent. */
        conn->asked = topic->looked_up;
        conn_say(conn, WIRE_HELLO, 0);
    }
    for (size_t i = 0; i < conn->service_count && status == OSTLER_OK; i++) {
        const struct service *service = &conn->services[i];
        if (strcmp(service->exchange, exchange) != 0 || strcmp(service->topic, name) != 0)
            continue;
        check_name_is_alone(client, topic, name, service->server, address);
        if (!add_route(topic, service->server, address))
            status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    conn->references--; /* the table holds it */
    return status;
}

static void free_peers(struct ostler_peer *peers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(peers[i].server);
        free(peers[i].address);
    }
    free(peers);
}

static enum ostler_status look_up(struct client *client, struct topic *topic, const char *exchange, const char *name,
                                  uint64_t generation, struct ostler_error *error)
{
    struct ostler_peer *peers = NULL;
    size_t count = 0;
    enum ostler_status status = client->ops->lookup(client->matchmaker, exchange, name, &peers, &count, error);

    if (status != OSTLER_OK)
        return status;
    clear_routes(topic);
    topic->valid = topic->complete = true;
    topic->generation = generation;
    topic->looked_up = ostler_now();
    for (size_t i = 0; i < count && status == OSTLER_OK; i++) {
        if (!peers[i].server)
            status = add_node(client, topic, exchange, name, peers[i].address, error);
        else if (strlen(peers[i].server) <= OSTLER_NAME_MAX && !add_route(topic, peers[i].server, peers[i].address))
            status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    topic->services = client->services;
    free_peers(peers, count);
    return status;
}

static enum ostler_status know_topic(struct client *client, const char *exchange, const char *name, struct topic **out,
                                     struct ostler_error *error)
{
    struct topic *topic = find_topic(client, exchange, name);
    enum ostler_status status = OSTLER_OK;

    if (!topic)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    uint64_t generation = client->ops->generation(client->matchmaker, exchange, name);
    bool fresh =
        topic->valid && topic->complete && topic->generation == generation && topic->services == client->services;
    bool changed = topic->generation != generation || topic->services != client->services;
    if (fresh && client->settings->tcp)
        fresh = ostler_now() - topic->looked_up < HOSTS_AGAIN_NS;
    if (!fresh && (changed || ostler_now() - topic->looked_up >= LOOK_AGAIN_NS))
        status = look_up(client, topic, exchange, name, generation, error);
    if (status == OSTLER_OK)
        *out = topic;
    return status;
}

/* --- Choosing ----------------------------------------------------------------------------------------------------- */

/* False if the server cannot be reached now. */
static bool take_route(struct client *client, const struct route *route, struct choice *choice)
{
    choice->conn = client_conn(client, route->address);
    if (!choice->conn)
        return false;
    memcpy(choice->server, route->server, strlen(route->server) + 1);
    return true;
}

static void choose(struct client *client, struct topic *topic, const char *server, const char *avoid,
                   struct choice *choice)
{
    size_t first = topic->count && !server ? topic->next++ % topic->count : 0;

    for (size_t i = 0; i < topic->count; i++) {
        const struct route *route = &topic->routes[(first + i) % topic->count];
        if (server ? strcmp(route->server, server) != 0 : avoid && strcmp(route->server, avoid) == 0)
            continue;
        choice->known++;
        if (!choice->conn && take_route(client, route, choice) && !server)
            topic->next += i;
    }
}

enum ostler_status client_choose(struct client *client, const char *exchange, const char *name, const char *server,
                                 const char *avoid, struct choice *choice, struct ostler_error *error)
{
    struct topic *topic = NULL;

    choice->conn = NULL;
    choice->known = 0;
    choice->complete = true;
    pthread_mutex_lock(&client->lock);
    enum ostler_status status = know_topic(client, exchange, name, &topic, error);
    if (status == OSTLER_OK) {
        choose(client, topic, server, avoid, choice);
        choice->complete = topic->complete;
    }
    unlock(client);
    return status;
}

enum ostler_status client_choose_all(struct client *client, const char *exchange, const char *name, struct choice **out,
                                     size_t *count, bool *complete, struct ostler_error *error)
{
    struct choice *choices = NULL;
    struct topic *topic = NULL;

    pthread_mutex_lock(&client->lock);
    enum ostler_status status = know_topic(client, exchange, name, &topic, error);
    if (status == OSTLER_OK && !(choices = calloc(topic->count + 1, sizeof *choices)))
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    if (status == OSTLER_OK) {
        *count = 0;
        for (size_t i = 0; i < topic->count; i++)
            if (take_route(client, &topic->routes[i], &choices[*count]))
                (*count)++;
        *complete = topic->complete;
        *out = choices;
    }
    unlock(client);
    return status;
}

void client_doubt(struct client *client, const char *exchange, const char *name)
{
    uint8_t key[WIRE_KEY_MAX];
    size_t length = wire_put_key(key, exchange, name, "");
    struct topic *topic;

    pthread_mutex_lock(&client->lock);
    HASH_FIND(hh, client->topics, key, length, topic);
    if (topic) {
        topic->valid = false;
        topic->looked_up = 0;
    }
    pthread_mutex_unlock(&client->lock);
}
