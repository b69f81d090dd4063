/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "check.h"
#include "probe.h"

#include <ostler/thread.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SERVER_THREADS = 64 };

static const char *topic;

const char *fixture_topic(void)
{
    static char own[64];

    if (!topic) {
        snprintf(own, sizeof own, "conformance-%ld-%lld", (long)getpid(), (long long)time(NULL));
        topic = own;
    }
    return topic;
}

void fixture_set_topic(const char *other)
{
    topic = other;
}

/* --- Transports --------------------------------------------------------------------------------------------------- */

static ostler_conf *make_conf(void)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = NULL;

    REQUIRE(ostler_conf_new(&conf, &error) == OSTLER_OK, "%s", error.message);
    for (size_t i = 0; check_config_files[i]; i++)
        REQUIRE(ostler_conf_add_file(conf, check_config_files[i], &error) == OSTLER_OK, "%s", error.message);
    return conf;
}

ostler_transport *fixture_transport_with(bool event_loop, size_t max_calls)
{
    struct ostler_transport_options options = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_transport *transport = NULL;
    ostler_conf *conf = make_conf();

    options.url = check_url;
    options.event_loop = event_loop;
    options.max_calls = max_calls;
    REQUIRE(ostler_transport_open(conf, &options, &transport, &error) == OSTLER_OK, "%s", error.message);
    ostler_conf_unref(conf);
    return transport;
}

ostler_transport *fixture_transport(void)
{
    return fixture_transport_with(false, 0);
}

/* --- Servers ------------------------------------------------------------------------------------------------------ */

struct served fixture_server(const char *name, const char *executor, const char *exchange)
{
    const struct ostler_target target = {.exchange = exchange, .topic = fixture_topic(), .server = name};
    const struct ostler_server_endpoint endpoint = {.name = "probe", .ops = &probe_endpoint};
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct served served = {.transport = fixture_transport()};

    options.executor = executor ? executor : "threading";
    options.threads = SERVER_THREADS;
    REQUIRE(ostler_server_new(served.transport, &target, &endpoint, 1, &options, &served.server, &error) == OSTLER_OK,
            "%s", error.message);
    return served;
}

struct served fixture_serve_with(const char *name, const char *executor, const char *exchange)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct served served = fixture_server(name, executor, exchange);

    REQUIRE(ostler_server_start(served.server, &error) == OSTLER_OK, "%s", error.message);
    return served;
}

struct served fixture_serve(const char *name)
{
    return fixture_serve_with(name, NULL, NULL);
}

void fixture_end(struct served *served)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    ostler_server_stop(served->server);
    EXPECT(ostler_server_wait(served->server, PATIENCE, &error) == OSTLER_OK, "%s", error.message);
    ostler_server_free(served->server);
    ostler_transport_unref(served->transport);
    ostler_error_clear(&error);
}

/* --- Clients ------------------------------------------------------------------------------------------------------ */

ostler_client *fixture_client_to(ostler_transport *transport, const char *server, bool fanout, double seconds)
{
    const struct ostler_target target = {.topic = fixture_topic(), .server = server, .fanout = fanout};
    struct ostler_client_options options = OSTLER_CLIENT_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_client *client = NULL;

    options.timeout = seconds;
    REQUIRE(ostler_client_new(transport, &target, &options, &client, &error) == OSTLER_OK, "%s", error.message);
    return client;
}

ostler_client *fixture_client(ostler_transport *transport, double seconds)
{
    return fixture_client_to(transport, NULL, false, seconds);
}

void fixture_await_server(ostler_transport *transport, const char *server)
{
    ostler_client *client = fixture_client_to(transport, server, false, 1.0);
    ostler_time deadline = ostler_deadline(PATIENCE);
    struct ostler_error error = OSTLER_ERROR_INIT;
    bool works = false;

    while (!works && ostler_now() < deadline)
        works = fixture_call(client, "whoami", NULL, NULL, &error) == OSTLER_OK;
    REQUIRE(works, "server %s: %s", server, error.message);
    ostler_error_clear(&error);
    ostler_client_free(client);
}

struct json_object *fixture_args(const char *name, struct json_object *value)
{
    struct json_object *args = json_object_new_object();

    json_object_object_add(args, name, value);
    return args;
}

struct json_object *fixture_id(int64_t id)
{
    return fixture_args("id", json_object_new_int64(id));
}

enum ostler_status fixture_call(ostler_client *client, const char *method, struct json_object *args,
                                struct json_object **result, struct ostler_error *error)
{
    struct json_object *value = NULL;
    enum ostler_status status = ostler_client_call(client, NULL, method, args, &value, error);

    json_object_put(args);
    if (status == OSTLER_OK && result)
        *result = value;
    else
        json_object_put(value);
    return status;
}

enum ostler_status fixture_cast(ostler_client *client, const char *method, struct json_object *args,
                                struct ostler_error *error)
{
    enum ostler_status status = ostler_client_cast(client, NULL, method, args, error);

    json_object_put(args);
    return status;
}

bool fixture_works(ostler_client *client)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *result = NULL;
    struct json_object *args = fixture_args("arg", json_object_new_string("still here"));
    enum ostler_status status = fixture_call(client, "echo", args, &result, &error);

    EXPECT(status == OSTLER_OK, "the transport does not work any more: %s", error.message);
    bool works = status == OSTLER_OK && result && strcmp(json_object_get_string(result), "still here") == 0;
    json_object_put(result);
    ostler_error_clear(&error);
    return works;
}

/* --- Asynchronous calls ------------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the outcomes and their count */
static pthread_cond_t called;
static size_t callbacks;

__attribute__((constructor)) static void init(void)
{
    ostler_cond_init(&called);
}

static void note_outcome(void *user, enum ostler_status status, struct json_object *result,
                         const struct ostler_error *error)
{
    struct outcome *outcome = user;

    (void)error;
    pthread_mutex_lock(&lock);
    outcome->times++;
    outcome->status = status;
    outcome->number = json_object_get_int64(result);
    callbacks++;
    pthread_cond_broadcast(&called);
    pthread_mutex_unlock(&lock);
}

void fixture_note_accepted(void *user, enum ostler_status status, const struct ostler_error *error)
{
    note_outcome(user, status, NULL, error);
}

enum ostler_status fixture_start(ostler_client *client, const char *method, struct json_object *args,
                                 struct outcome *outcome, ostler_call **call)
{
    enum ostler_status status = ostler_client_call_async(client, NULL, method, args, note_outcome, outcome, call, NULL);

    json_object_put(args);
    return status;
}

bool fixture_await_outcomes(size_t count, double seconds)
{
    ostler_time deadline = ostler_deadline(seconds);

    pthread_mutex_lock(&lock);
    while (callbacks < count && ostler_now() < deadline)
        ostler_cond_wait(&called, &lock, deadline);
    bool reached = callbacks >= count;
    pthread_mutex_unlock(&lock);
    return reached;
}

size_t fixture_outcomes(void)
{
    pthread_mutex_lock(&lock);
    size_t count = callbacks;
    pthread_mutex_unlock(&lock);
    return count;
}
