/* SPDX-License-Identifier: Apache-2.0 */
/* Ostler through its library: the client of ostlerd and of this program's own server, or both in one process. --url is a
 * transport's; the topic is "bench", or with --topics N "bench0" and so on, the endpoint that of echo.h. --variant names
 * an executor. */
#include "contest.h"
#include "echo.h"

#include <ostler/listener.h>
#include <ostler/notifier.h>
#include <ostler/ostler.h>

#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TOPIC_MAX = 32 };

struct shared {
    const struct contest_options *options;
    ostler_conf *conf;
    ostler_transport *serving, **calling; /* one for each client */
    ostler_server **servers;              /* one for each topic that each hosted server serves */
    unsigned server_count;
    ostler_listener *listener;
};

struct lane {
    const struct contest_options *options;
    ostler_client **clients; /* one for each topic */
    unsigned turn;           /* which of them is next */
    ostler_notifier *notifier;
    struct json_object *context, *arguments;
};

/* Ends the program unless all is well. */
static void must(enum ostler_status status, const struct ostler_error *error)
{
    if (status != OSTLER_OK)
        contest_die("%s", error->message ? error->message : ostler_status_text(status));
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory)
        contest_die("no memory");
    return memory;
}

static const char *topic_name(const struct contest_options *options, unsigned topic, char name[TOPIC_MAX])
{
    if (options->topics == 1)
        snprintf(name, TOPIC_MAX, "bench");
    else
        snprintf(name, TOPIC_MAX, "bench%u", topic);
    return name;
}

static ostler_transport *open_transport(const struct shared *shared)
{
    struct ostler_transport_options options = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_transport *transport = NULL;

    options.url = shared->options->url;
    must(ostler_transport_open(shared->conf, &options, &transport, &error), &error);
    return transport;
}

/* --- The server ------------------------------------------------------------------------------------------------------- */

static void listen_for_notifications(struct shared *shared)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;
    struct ostler_target target = {.topic = "bench"};
    struct ostler_server_endpoint endpoint = {.name = "bench", .ops = &echo_operations};
    struct ostler_error error = OSTLER_ERROR_INIT;

    options.executor = *shared->options->variant ? shared->options->variant : NULL;
    must(ostler_listener_new(shared->serving, &target, 1, &endpoint, 1, &options, &shared->listener, &error), &error);
    must(ostler_listener_start(shared->listener, &error), &error);
}

static void serve_topic(struct shared *shared, unsigned number, unsigned topic)
{
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_server_endpoint endpoint = {.name = "bench", .ops = &echo_operations};
    char topic_text[TOPIC_MAX], server_text[32];
    ostler_server **server = &shared->servers[shared->server_count++];

    snprintf(server_text, sizeof server_text, "server%u", number);
    struct ostler_target target = {.topic = topic_name(shared->options, topic, topic_text), .server = server_text};
    options.executor = *shared->options->variant ? shared->options->variant : NULL;
    must(ostler_server_new(shared->serving, &target, &endpoint, 1, &options, server, &error), &error);
    must(ostler_server_start(*server, &error), &error);
}

static struct shared *open_conf(const struct contest_options *options)
{
    struct shared *shared = allocate(1, sizeof *shared);
    struct ostler_error error = OSTLER_ERROR_INIT;

    shared->options = options;
    must(OSTLER_PRELOADED_MODULES(&error), &error);
    must(ostler_conf_new(&shared->conf, &error), &error);
    return shared;
}

static void start_serving(struct shared *shared)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char number[16];

    snprintf(number, sizeof number, "%u", shared->options->number);
    must(ostler_conf_set(shared->conf, "endpoint:bench", "number", number, &error), &error);
    if (shared->options->counter)
        must(ostler_conf_set(shared->conf, "endpoint:bench", "counter", shared->options->counter, &error), &error);
    shared->serving = open_transport(shared);
    if (shared->options->kind == CONTEST_NOTIFY) {
        listen_for_notifications(shared);
        return;
    }
    /* One process is one server, unless it is the only one. */
    unsigned hosted = shared->options->role == CONTEST_BOTH ? shared->options->servers : 1;
    shared->servers = allocate((size_t)hosted * shared->options->topics, sizeof(ostler_server *));
    for (unsigned i = 0; i < hosted; i++)
        for (unsigned topic = 0; topic < shared->options->topics; topic++)
            serve_topic(shared, shared->options->number + i, topic);
}

static void stop_serving(struct shared *shared)
{
    ostler_listener_free(shared->listener);
    for (unsigned i = 0; i < shared->server_count; i++)
        ostler_server_free(shared->servers[i]);
    free(shared->servers);
    ostler_transport_unref(shared->serving);
}

static void serve(const struct contest_options *options)
{
    start_serving(open_conf(options));
    contest_ready();
    for (;;)
        pause();
}

/* --- The client ------------------------------------------------------------------------------------------------------- */

static void *open_shared(const struct contest_options *options)
{
    struct shared *shared = open_conf(options);

    if (options->role == CONTEST_BOTH)
        start_serving(shared);
    shared->calling = allocate(options->clients, sizeof(ostler_transport *));
    for (unsigned i = 0; i < options->clients; i++)
        shared->calling[i] = open_transport(shared);
    return shared;
}

static void close_shared(void *user)
{
    struct shared *shared = user;

    for (unsigned i = 0; i < shared->options->clients; i++)
        ostler_transport_unref(shared->calling[i]);
    free(shared->calling);
    stop_serving(shared);
    ostler_conf_unref(shared->conf);
    free(shared);
}

static void open_notifier(struct lane *lane, ostler_transport *transport)
{
    static const char *const drivers[] = {"messagingv2", NULL}, *const topics[] = {"bench", NULL};
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;

    options.publisher_id = "bench";
    options.drivers = drivers;
    options.topics = topics;
    must(ostler_notifier_new(transport, NULL, &options, &lane->notifier, &error), &error);
}

static void *lane_open(const struct contest_options *options, void *user, unsigned number)
{
    struct shared *shared = user;
    ostler_transport *transport = shared->calling[number % options->clients];
    struct lane *lane = allocate(1, sizeof *lane);
    struct ostler_error error = OSTLER_ERROR_INIT;

    lane->options = options;
    lane->turn = number % options->topics;
    lane->context = json_object_new_object();
    lane->arguments = json_object_new_object();
    json_object_object_add(lane->arguments, "arg",
                           json_object_new_string_len(contest_payload(options), (int)options->payload));
    lane->clients = allocate(options->topics, sizeof(ostler_client *));
    for (unsigned i = 0; i < options->topics; i++) {
        char name[TOPIC_MAX];
        struct ostler_target target = {.topic = topic_name(options, i, name),
                                       .fanout = options->kind == CONTEST_FANOUT};
        must(ostler_client_new(transport, &target, NULL, &lane->clients[i], &error), &error);
    }
    if (options->kind == CONTEST_NOTIFY)
        open_notifier(lane, transport);
    return lane;
}

static void lane_close(void *user)
{
    struct lane *lane = user;

    ostler_notifier_free(lane->notifier);
    for (unsigned i = 0; i < lane->options->topics; i++)
        ostler_client_free(lane->clients[i]);
    free(lane->clients);
    json_object_put(lane->context);
    json_object_put(lane->arguments);
    free(lane);
}

/* The client of the topic whose turn it is; for one thread. */
static const ostler_client *next_client(struct lane *lane)
{
    if (++lane->turn >= lane->options->topics)
        lane->turn = 0;
    return lane->clients[lane->turn];
}

static bool succeeded(enum ostler_status status, struct ostler_error *error)
{
    static atomic_bool said;

    if (status != OSTLER_OK && !atomic_exchange(&said, true))
        fprintf(stderr, "library: the first failure: %s\n", error->message ? error->message : "");
    ostler_error_clear(error);
    return status == OSTLER_OK;
}

static bool once(void *user)
{
    struct lane *lane = user;
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *result = NULL;
    enum ostler_status status;

    if (lane->options->kind == CONTEST_NOTIFY)
        status = ostler_notify_info(lane->notifier, lane->context, "bench.event", lane->arguments, &error);
    else if (lane->options->kind == CONTEST_CALL)
        status = ostler_client_call(next_client(lane), lane->context, "echo", lane->arguments, &result, &error);
    else
        status = ostler_client_cast(next_client(lane), lane->context, "echo", lane->arguments, &error);
    json_object_put(result);
    return succeeded(status, &error);
}

/* --- Many calls under way --------------------------------------------------------------------------------------------- */

struct flow {
    struct run *run;
    struct tally *tally;           /* only the transport's thread counts */
    struct json_object *arguments; /* that thread's own */
    struct json_object *context;
    pthread_mutex_t lock; /* guards under_way */
    pthread_cond_t ended;
    unsigned under_way;
};

struct slot {
    struct flow *flow;
    const struct lane *lane;
    const ostler_client *client;
    uint64_t began;
};

static void one_less(struct flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    if (--flow->under_way == 0)
        pthread_cond_signal(&flow->ended);
    pthread_mutex_unlock(&flow->lock);
}

static void slot_done(void *user, enum ostler_status status, struct json_object *result,
                      const struct ostler_error *error);

static void slot_accepted(void *user, enum ostler_status status, const struct ostler_error *error)
{
    slot_done(user, status, NULL, error);
}

/* Begins a call, cast or notification with values that belong to this thread; false: it could not be begun. */
static bool slot_begin(struct slot *slot, struct json_object *context, struct json_object *arguments)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status;

    slot->began = run_clock();
    if (slot->lane->options->kind == CONTEST_CALL)
        status = ostler_client_call_async(slot->client, context, "echo", arguments, slot_done, slot, NULL, &error);
    else if (slot->lane->options->kind == CONTEST_NOTIFY)
        status = ostler_notify_async(slot->lane->notifier, context, OSTLER_PRIORITY_INFO, "bench.event", arguments,
                                     slot_accepted, slot, &error);
    else
        status = ostler_client_cast_async(slot->client, context, "echo", arguments, slot_accepted, slot, &error);
    return succeeded(status, &error);
}

/* In the transport's thread, which goes on with the slot. */
static void slot_done(void *user, enum ostler_status status, struct json_object *result,
                      const struct ostler_error *error)
{
    struct slot *slot = user;
    struct flow *flow = slot->flow;

    (void)result;
    if (status != OSTLER_OK && flow->tally->errors == 0)
        fprintf(stderr, "library: the first failure: %s\n", error->message ? error->message : "");
    tally_add(flow->tally, status == OSTLER_OK, slot->began);
    bool goes_on = run_goes_on(flow->run);
    if (!goes_on || !slot_begin(slot, flow->context, flow->arguments)) {
        flow->tally->errors += goes_on;
        one_less(flow);
    }
}

static void window(void *user, struct run *run, struct tally *tally)
{
    struct lane *lane = user;
    unsigned in_flight = lane->options->in_flight, refused = 0;
    struct slot *slots = allocate(in_flight, sizeof *slots);
    struct flow flow = {.run = run, .tally = tally, .under_way = in_flight};

    pthread_mutex_init(&flow.lock, NULL);
    pthread_cond_init(&flow.ended, NULL);
    if (json_object_deep_copy(lane->arguments, &flow.arguments, NULL) != 0 ||
        json_object_deep_copy(lane->context, &flow.context, NULL) != 0)
        contest_die("no memory");
    for (unsigned i = 0; i < in_flight; i++) {
        slots[i] = (struct slot){.flow = &flow, .lane = lane, .client = lane->clients[i % lane->options->topics]};
        bool goes_on = run_goes_on(run);
        if (!goes_on || !slot_begin(&slots[i], lane->context, lane->arguments)) {
            refused += goes_on;
            one_less(&flow);
        }
    }
    pthread_mutex_lock(&flow.lock);
    while (flow.under_way > 0)
        pthread_cond_wait(&flow.ended, &flow.lock);
    pthread_mutex_unlock(&flow.lock);
    tally->errors += refused;
    pthread_cond_destroy(&flow.ended);
    pthread_mutex_destroy(&flow.lock);
    json_object_put(flow.arguments);
    json_object_put(flow.context);
    free(slots);
}

int main(int argc, char **argv)
{
    static const struct contestant library = {.name = "library",
                                              .in_process = true,
                                              .serve = serve,
                                              .open = open_shared,
                                              .close = close_shared,
                                              .lane_open = lane_open,
                                              .lane_close = lane_close,
                                              .once = once,
                                              .window = window,
                                              .has_window_of_confirms = true};

    return contest_main(argc, argv, &library);
}
