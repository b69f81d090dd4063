/* SPDX-License-Identifier: Apache-2.0 */
/* Server and client in one process, on any transport: what the library costs without a second process. Prints one JSON
 * object with the members of `ostler bench --json`. The measuring is the command's own. */
#include "bench.h"

#include <ostler/module.h>
#include <ostler/ostler.h>

#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
    const char *url;
    const char *executor;
    unsigned in_flight;
    double seconds;
    size_t payload;
};

/* The other side, and what it needs. */
struct sides {
    ostler_conf *conf;
    ostler_transport *serving, *calling;
    ostler_server *server;
    ostler_client *client;
};

static enum ostler_status echo(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_get(ostler_request_arg(request, "arg")));
}

static const struct ostler_method methods[] = {
    {"echo", echo, "arg: any", OSTLER_METHOD_EXPOSED, "returns ARG"},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_endpoint endpoint = {.version = "1.0", .methods = methods};
static const struct ostler_endpoint *const endpoints[] = {&endpoint, NULL};
static const struct ostler_endpoint_ops operations = {.rpc = endpoints};

static enum ostler_status open_sides(const struct settings *settings, struct sides *sides, struct ostler_error *error)
{
    struct ostler_transport_options options = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_target served = {.topic = "bench", .server = "one"}, called = {.topic = "bench"};
    struct ostler_server_endpoint served_endpoint = {.name = "echo", .ops = &operations};
    struct ostler_server_options server_options = {.executor = settings->executor};

    options.url = settings->url;
    enum ostler_status status = ostler_conf_new(&sides->conf, error);
    if (status == OSTLER_OK)
        status = ostler_transport_open(sides->conf, &options, &sides->serving, error);
    if (status == OSTLER_OK)
        status = ostler_transport_open(sides->conf, &options, &sides->calling, error);
    if (status == OSTLER_OK)
        status =
            ostler_server_new(sides->serving, &served, &served_endpoint, 1, &server_options, &sides->server, error);
    if (status == OSTLER_OK)
        status = ostler_server_start(sides->server, error);
    if (status == OSTLER_OK)
        status = ostler_client_new(sides->calling, &called, NULL, &sides->client, error);
    return status;
}

static void close_sides(struct sides *sides)
{
    ostler_client_free(sides->client);
    ostler_transport_unref(sides->calling);
    ostler_server_free(sides->server);
    ostler_transport_unref(sides->serving);
    ostler_conf_unref(sides->conf);
}

static struct json_object *arguments_of(size_t payload)
{
    struct json_object *arguments = json_object_new_object();
    char *text = malloc(payload + 1);

    if (!arguments || !text)
        abort();
    memset(text, 'x', payload);
    json_object_object_add(arguments, "arg", json_object_new_string_len(text, (int)payload));
    free(text);
    return arguments;
}

static void print(const struct settings *settings, const struct bench_tally *tally, double seconds)
{
    const struct histogram *latencies = &tally->latencies;
    uint64_t errors = 0;

    for (size_t i = 0; i < BENCH_STATUSES; i++)
        errors += tally->errors[i];
    printf("{\"calls\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"seconds\":%.6f,\"rate\":%.1f,\"p50_us\":%.3f,"
           "\"p99_us\":%.3f,\"p999_us\":%.3f,\"max_us\":%.3f,\"in_flight\":%u,\"payload_bytes\":%zu}\n",
           latencies->count, errors, seconds, (double)latencies->count / seconds,
           (double)histogram_percentile(latencies, 0.5) / 1e3, (double)histogram_percentile(latencies, 0.99) / 1e3,
           (double)histogram_percentile(latencies, 0.999) / 1e3, (double)latencies->max / 1e3, settings->in_flight,
           settings->payload);
}

static enum ostler_status measure(const struct settings *settings, const struct sides *sides,
                                  struct ostler_error *error)
{
    struct json_object *arguments = arguments_of(settings->payload), *context = json_object_new_object();
    struct bench_plan plan = {.client = sides->client,
                              .context = context,
                              .method = "echo",
                              .arguments = arguments,
                              .threads = settings->in_flight == 1 ? 1 : 0,
                              .in_flight = settings->in_flight,
                              .seconds = settings->seconds};
    struct bench_tally *tally = calloc(1, sizeof *tally);
    struct bench *bench = NULL;
    double seconds = 0.0;
    enum ostler_status status = tally ? bench_new(&plan, &bench, error) : OSTLER_E_NOMEM;

    if (status == OSTLER_OK)
        status = bench_run(bench, NULL, NULL, tally, &seconds, error);
    if (status == OSTLER_OK) {
        print(settings, tally, seconds);
        bench_tally_clear(tally);
    }
    bench_free(bench);
    free(tally);
    json_object_put(arguments);
    json_object_put(context);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"url", required_argument, NULL, 'u'},       {"executor", required_argument, NULL, 'e'},
        {"in-flight", required_argument, NULL, 'n'}, {"duration", required_argument, NULL, 'd'},
        {"payload", required_argument, NULL, 'p'},   {NULL, 0, NULL, 0}};
    struct settings settings = {.url = "fake:///", .in_flight = 1, .seconds = 2.0, .payload = 300};
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct sides sides = {NULL};
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case 'u':
            settings.url = optarg;
            break;
        case 'e':
            settings.executor = optarg;
            break;
        case 'n':
            settings.in_flight = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'd':
            settings.seconds = strtod(optarg, NULL);
            break;
        case 'p':
            settings.payload = strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    enum ostler_status status = OSTLER_PRELOADED_MODULES(&error);
    if (status == OSTLER_OK)
        status = open_sides(&settings, &sides, &error);
    if (status == OSTLER_OK)
        status = measure(&settings, &sides, &error);
    close_sides(&sides);
    if (status != OSTLER_OK)
        fprintf(stderr, "in_process: %s\n", error.message);
    ostler_error_clear(&error);
    return ostler_status_exit_code(status);
}
