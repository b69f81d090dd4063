/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint for tests with peers in Python and under faults: says what it was told, counts what it did. */
#include <ostler/endpoint.h>

#include <json-c/json.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* How often each number was run: a call that runs twice shows. */
enum { MOST_RUNS = 65536 };
struct peer {
    atomic_uchar runs[MOST_RUNS];
};

static enum ostler_status peer_open(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                    const char *section, void **state, struct ostler_error *error)
{
    struct peer *peer = calloc(1, sizeof *peer);

    (void)host;
    (void)conf;
    (void)section;
    if (!peer)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    *state = peer;
    return OSTLER_OK;
}

static void peer_fini(void *state)
{
    free(state);
}

static enum ostler_status where(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_new_string(ostler_request_server(request)));
}

static enum ostler_status context(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_get(ostler_request_context(request)));
}

static enum ostler_status version(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_new_string(ostler_request_version(request)));
}

static enum ostler_status raise_it(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_raise(
        request, ostler_request_arg_string(request, "module", ""), ostler_request_arg_string(request, "cls", ""),
        ostler_request_arg_string(request, "message", ""), json_object_get(ostler_request_arg(request, "args")), NULL,
        ostler_request_arg_bool(request, "expected", false));
}

/* Runs a number, perhaps slowly, and returns it. */
static enum ostler_status run(ostler_request *request, void *state)
{
    struct peer *peer = state;
    int64_t number = ostler_request_arg_integer(request, "number", 0);
    double seconds = ostler_request_arg_number(request, "seconds", 0.0);
    struct timespec pause = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

    atomic_fetch_add(&peer->runs[number % MOST_RUNS], 1);
    if (seconds > 0.0)
        nanosleep(&pause, NULL);
    return ostler_request_return(request, json_object_new_int64(number));
}

/* Kills a group of processes, the broker's say, while the request for it runs. */
static enum ostler_status kill_group(ostler_request *request, void *state)
{
    int64_t group = ostler_request_arg_integer(request, "group", 0);

    (void)state;
    if (group <= 1 || kill((pid_t)-group, SIGKILL) != 0)
        return ostler_request_fail(request, "builtins", "ValueError", "no such group of processes");
    return ostler_request_return(request, json_object_new_int64(group));
}

/* The numbers that ran, as a list of [number, times]. */
static enum ostler_status runs(ostler_request *request, void *state)
{
    struct peer *peer = state;
    struct json_object *list = json_object_new_array();

    for (int i = 0; i < MOST_RUNS; i++) {
        unsigned times = atomic_load(&peer->runs[i]);
        if (times == 0)
            continue;
        struct json_object *pair = json_object_new_array();
        json_object_array_add(pair, json_object_new_int(i));
        json_object_array_add(pair, json_object_new_int((int)times));
        json_object_array_add(list, pair);
    }
    return ostler_request_return(request, list);
}

static enum ostler_status hidden(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_new_string("hidden"));
}

static const struct ostler_method methods[] = {
    {"where", where, "", OSTLER_METHOD_EXPOSED, "the name of the server"},
    {"context", context, "", OSTLER_METHOD_EXPOSED, "the caller's context"},
    {"run", run, "number: integer, seconds?: number", OSTLER_METHOD_EXPOSED, "counts NUMBER and returns it"},
    {"kill_group", kill_group, "group: integer", OSTLER_METHOD_EXPOSED, "kills a group of processes and returns it"},
    {"runs", runs, "", OSTLER_METHOD_EXPOSED, "what was counted"},
    {"raise_it", raise_it, "...", OSTLER_METHOD_EXPOSED, "fails as told"},
    {"not_exposed", hidden, "", 0, "for access policies"},
    {"_private", hidden, "", OSTLER_METHOD_EXPOSED, "for access policies"},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_method versioned_methods[] = {
    {"version", version, "", OSTLER_METHOD_EXPOSED, "the version that was asked for"},
    {NULL, NULL, NULL, 0, NULL},
};

static const struct ostler_endpoint plain = {.version = "1.5", .methods = methods};
static const struct ostler_endpoint spaced = {.namespace_ = "space", .version = "2.3", .methods = versioned_methods};
static const struct ostler_endpoint *const endpoints[] = {&plain, &spaced, NULL};
static const struct ostler_endpoint_ops operations = {.open = peer_open, .fini = peer_fini, .rpc = endpoints};

OSTLER_MODULE(peer) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "peer",
    .version = "1.0",
    .summary = "for tests with peers",
    .ops = &operations,
    .ops_size = sizeof operations,
};
