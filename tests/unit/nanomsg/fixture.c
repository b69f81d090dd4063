/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <ftw.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT = 1024 };

static char folder[128], url[160];
static ostler_conf *confs[KEPT];
static ostler_url *urls[KEPT];
static size_t conf_count, url_count;

static void need(enum ostler_status status, const struct ostler_error *error, const char *what)
{
    if (status == OSTLER_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, ostler_status_name(status), error->message ? error->message : "");
    abort();
}

static const void *load(const char *kind, const char *name, const struct ostler_module **descriptor)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = NULL;

    need(OSTLER_PRELOADED_MODULES(&error), &error, "modules linked in");
    /* The reference is kept: a module stays as long as the test's process. */
    need(ostler_module_load(kind, name, NULL, &module, &error), &error, name);
    *descriptor = ostler_module_descriptor(module);
    return (*descriptor)->ops;
}

static const struct ostler_module *driver_module(void)
{
    static const struct ostler_module *descriptor;

    if (!descriptor)
        load(OSTLER_KIND_TRANSPORT, "nanomsg", &descriptor);
    return descriptor;
}

const struct ostler_driver_ops *fixture_driver(void)
{
    return driver_module()->ops;
}

const struct ostler_matchmaker_ops *fixture_matchmaker(const char *name)
{
    const struct ostler_module *descriptor;

    return load(OSTLER_KIND_MATCHMAKER, name, &descriptor);
}

const char *fixture_folder(void)
{
    const char *temporary = getenv("TMPDIR");

    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%.40s/nanomsg.XXXXXX", temporary ? temporary : "/tmp");
        if (!mkdtemp(folder))
            abort();
    }
    return folder;
}

const char *fixture_url(void)
{
    snprintf(url, sizeof url, "nanomsg://%s/o", fixture_folder());
    return url;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void fixture_end(void)
{
    while (conf_count > 0)
        ostler_conf_unref(confs[--conf_count]);
    while (url_count > 0)
        ostler_url_free(urls[--url_count]);
    if (folder[0])
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    folder[0] = 0;
}

const ostler_conf *fixture_conf(const char *options)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = NULL;
    char text[2048];

    need(ostler_conf_new(&conf, &error), &error, "conf");
    snprintf(text, sizeof text, "[nanomsg]\n%s\n", options ? options : "");
    need(ostler_conf_add_text(conf, "test", text, &error), &error, "conf");
    for (const struct ostler_option_group *group = driver_module()->options; group->name; group++)
        need(ostler_conf_declare(conf, group->name, group->options, &error), &error, "options");
    return confs[conf_count++] = conf;
}

const ostler_url *fixture_parse(const char *text)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    need(ostler_url_parse(text, &urls[url_count], &error), &error, text);
    return urls[url_count++];
}

ostler_driver_transport *fixture_open(const char *text, const char *options)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_driver_transport *transport = NULL;

    need(fixture_driver()->open(fixture_conf(options), fixture_parse(text ? text : fixture_url()), &transport, &error),
         &error, "open");
    return transport;
}

ostler_driver_listener *fixture_listen(ostler_driver_transport *transport, const char *server)
{
    struct ostler_target target = {.exchange = "exchange", .topic = "topic", .server = server};
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_driver_listener *listener = NULL;

    need(fixture_driver()->listen(transport, &target, &listener, &error), &error, "listen");
    return listener;
}

void fixture_close(ostler_driver_listener *listener)
{
    fixture_driver()->listener_stop(listener);
    fixture_driver()->listener_close(listener);
}

/* --- Servers ------------------------------------------------------------------------------------------------------ */

struct fixture_server {
    ostler_driver_listener *listener;
    char name[64];
    atomic_bool stop;
    atomic_uint served;
    pthread_t thread;
};

static void answer(struct fixture_server *server, struct ostler_incoming *incoming)
{
    const struct ostler_driver_ops *driver = fixture_driver();
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = driver->incoming_open(incoming, &error);
    struct ostler_answer reply = {.failed = status != OSTLER_OK};
    struct json_object *own = NULL;

    if (status != OSTLER_OK)
        own = json_object_new_string(error.message);
    else if (strcmp(incoming->message.method, "which") == 0)
        own = json_object_new_string(server->name);
    reply.value = own ? own : incoming->message.args;
    atomic_fetch_add(&server->served, 1);
    if (incoming->wants_reply && driver->incoming_reply(incoming, &reply, &error) == OSTLER_E_INVALID) {
        json_object_put(own);
        reply = (struct ostler_answer){.failed = true, .value = own = json_object_new_string(error.message)};
        need(driver->incoming_reply(incoming, &reply, &error), &error, "reply");
    }
    json_object_put(own);
    ostler_error_clear(&error);
    driver->incoming_free(incoming);
}

static void *serve(void *argument)
{
    struct fixture_server *server = argument;
    struct ostler_incoming *batch[16];

    for (;;) {
        ostler_time until = atomic_load(&server->stop) ? OSTLER_AT_ONCE : OSTLER_NEVER;
        size_t count = fixture_driver()->listener_poll(server->listener, until, batch, 16);
        if (count == 0 && until == OSTLER_AT_ONCE)
            return NULL;
        for (size_t i = 0; i < count; i++)
            answer(server, batch[i]);
    }
}

struct fixture_server *fixture_serve(ostler_driver_transport *transport, const char *name)
{
    struct fixture_server *server = calloc(1, sizeof *server);

    if (!server)
        abort();
    snprintf(server->name, sizeof server->name, "%s", name);
    server->listener = fixture_listen(transport, name);
    if (pthread_create(&server->thread, NULL, serve, server) != 0)
        abort();
    return server;
}

unsigned fixture_served(struct fixture_server *server)
{
    return atomic_load(&server->served);
}

void fixture_stop(struct fixture_server *server)
{
    fixture_driver()->listener_stop(server->listener);
    atomic_store(&server->stop, true);
    fixture_driver()->listener_wake(server->listener);
    pthread_join(server->thread, NULL);
    fixture_driver()->listener_close(server->listener);
    free(server);
}

/* --- Messages ----------------------------------------------------------------------------------------------------- */

struct ostler_outgoing fixture_message(uint64_t id)
{
    ostler_time deadline = ostler_deadline(10.0);

    return (struct ostler_outgoing){.target = {.exchange = "exchange", .topic = "topic"},
                                    .message = {.method = "echo"},
                                    .call_id = id,
                                    .deadline = deadline,
                                    .expiry = id ? deadline : OSTLER_NEVER,
                                    .retry = -1};
}

struct ostler_reply fixture_reply(ostler_driver_transport *transport)
{
    struct ostler_reply reply = {.call_id = 0};
    ostler_time deadline = ostler_deadline(10.0);

    while (fixture_driver()->replies_poll(transport, deadline, &reply, 1) == 0 && ostler_now() < deadline)
        ;
    return reply;
}

void fixture_reply_clear(struct ostler_reply *reply)
{
    json_object_put(reply->value);
    free(reply->reason);
    *reply = (struct ostler_reply){.call_id = 0};
}

struct ostler_reply fixture_call(ostler_driver_transport *transport, struct ostler_outgoing message)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_reply reply = {.kind = OSTLER_REPLY_LOST};

    reply.status = fixture_driver()->send(transport, &message, NULL, &error);
    if (reply.status == OSTLER_OK)
        return fixture_reply(transport);
    reply.reason = strdup(error.message);
    ostler_error_clear(&error);
    return reply;
}

struct ostler_incoming *fixture_take(ostler_driver_listener *listener)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_incoming *incoming = NULL;
    ostler_time deadline = ostler_deadline(10.0);

    while (fixture_driver()->listener_poll(listener, deadline, &incoming, 1) == 0 && ostler_now() < deadline)
        ;
    if (incoming)
        need(fixture_driver()->incoming_open(incoming, &error), &error, "incoming_open");
    return incoming;
}

void fixture_answer(struct ostler_incoming *incoming, const char *json)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_answer reply = {.value = json_tokener_parse(json)};

    need(fixture_driver()->incoming_reply(incoming, &reply, &error), &error, "reply");
    json_object_put(reply.value);
    fixture_driver()->incoming_free(incoming);
}

int64_t fixture_count(ostler_driver_transport *transport, const char *name)
{
    struct json_object *report = fixture_driver()->report(transport);
    int64_t count = json_object_get_int64(json_object_object_get(report, name));

    json_object_put(report);
    return count;
}

char *fixture_address(ostler_driver_transport *transport)
{
    struct json_object *report = fixture_driver()->report(transport);
    char *address = strdup(json_object_get_string(json_object_object_get(report, "address")));

    json_object_put(report);
    return address;
}
