/* SPDX-License-Identifier: Apache-2.0 */
/* What rabbitmq-c itself does, for `ostler bench` to be compared with: an echo of PAYLOAD bytes through a broker between
 * two processes, with its blocking interface and nothing on top: no confirms, no acknowledgements, no JSON. Prints one
 * JSON object with the members of `ostler bench --json`. */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_IN_FLIGHT = 4096, MAX_PAYLOAD = 64 * 1024 * 1024, SAMPLES = 1 << 20, FRAME_MAX = 131072, EXIT_USAGE = 2 };

struct options {
    const char *host;
    int port;
    size_t payload;
    uint64_t calls; /* 0: for so many seconds */
    double seconds;
    uint32_t in_flight;
};

struct result {
    uint64_t calls, errors;
    double seconds;
    uint32_t *samples; /* nanoseconds, the last SAMPLES of them */
};

static void check(amqp_rpc_reply_t reply, const char *what)
{
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return;
    fprintf(stderr, "raw_rabbit: %s failed\n", what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static amqp_connection_state_t open_connection(const struct options *options, const char *queue)
{
    amqp_connection_state_t state = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(state);

    if (!socket || amqp_socket_open(socket, options->host, options->port) != AMQP_STATUS_OK) {
        fprintf(stderr, "raw_rabbit: no connection to %s:%d\n", options->host, options->port);
        exit(1);
    }
    check(amqp_login(state, "/", 0, FRAME_MAX, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"), "login");
    amqp_channel_open(state, 1);
    check(amqp_get_rpc_reply(state), "channel.open");
    amqp_queue_declare(state, 1, amqp_cstring_bytes(queue), 0, 0, 1, 1, amqp_empty_table);
    check(amqp_get_rpc_reply(state), "queue.declare");
    amqp_basic_consume(state, 1, amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 1, 1, amqp_empty_table);
    check(amqp_get_rpc_reply(state), "basic.consume");
    return state;
}

static void publish(amqp_connection_state_t state, const char *queue, const char *id, amqp_bytes_t body)
{
    amqp_basic_properties_t properties = {._flags = AMQP_BASIC_CORRELATION_ID_FLAG,
                                          .correlation_id = amqp_cstring_bytes(id)};

    if (amqp_basic_publish(state, 1, amqp_empty_bytes, amqp_cstring_bytes(queue), 0, 0, &properties, body) !=
        AMQP_STATUS_OK) {
        fprintf(stderr, "raw_rabbit: basic.publish failed\n");
        exit(1);
    }
}

static void receive(amqp_connection_state_t state, amqp_envelope_t *envelope, char id[32])
{
    amqp_maybe_release_buffers(state);
    check(amqp_consume_message(state, envelope, NULL, 0), "consuming");
    const amqp_bytes_t *text = &envelope->message.properties.correlation_id;
    snprintf(id, 32, "%.*s", (int)(text->len < 31 ? text->len : 31), (const char *)text->bytes);
}

static void serve(const struct options *options, const char *requests, const char *answers, int ready)
{
    amqp_connection_state_t state = open_connection(options, requests);
    char id[32];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (write(ready, "r", 1) != 1)
        exit(1);
    for (;;) {
        amqp_envelope_t envelope;
        receive(state, &envelope, id);
        publish(state, answers, id, envelope.message.body);
        amqp_destroy_envelope(&envelope);
    }
}

static bool is_done(const struct options *options, uint64_t sent, uint64_t until)
{
    return options->calls ? sent >= options->calls : now_ns() >= until;
}

static void send_one(amqp_connection_state_t state, const char *requests, amqp_bytes_t payload, uint32_t call,
                     uint64_t *began)
{
    char id[32];

    snprintf(id, sizeof id, "%u", call);
    *began = now_ns();
    publish(state, requests, id, payload);
}

static void run_calls(const struct options *options, amqp_connection_state_t state, const char *requests,
                      struct result *result)
{
    static uint64_t began[MAX_IN_FLIGHT];
    uint64_t start = now_ns(), until = start + (uint64_t)(options->seconds * 1e9), sent = 0;
    amqp_bytes_t payload = {.len = options->payload, .bytes = calloc(1, options->payload + 1)};

    for (; sent < options->in_flight && !is_done(options, sent, until); sent++)
        send_one(state, requests, payload, (uint32_t)sent, &began[sent]);
    while (result->calls < sent) {
        amqp_envelope_t envelope;
        char id[32];
        receive(state, &envelope, id);
        uint32_t call = (uint32_t)strtoul(id, NULL, 10) % MAX_IN_FLIGHT;
        result->errors += envelope.message.body.len != options->payload;
        amqp_destroy_envelope(&envelope);
        result->samples[result->calls++ % SAMPLES] = (uint32_t)(now_ns() - began[call]);
        if (is_done(options, sent, until))
            continue;
        send_one(state, requests, payload, call, &began[call]);
        sent++;
    }
    result->seconds = (double)(now_ns() - start) / 1e9;
    free(payload.bytes);
}

static int by_size(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

    return (one > other) - (one < other);
}

static void print(const struct options *options, struct result *result)
{
    uint64_t n = result->calls < SAMPLES ? result->calls : SAMPLES;
    double share[] = {0.5, 0.99, 0.999, 1.0}, us[4] = {0.0};

    qsort(result->samples, n, sizeof *result->samples, by_size);
    for (int i = 0; i < 4 && n > 0; i++) {
        uint64_t index = (uint64_t)(share[i] * (double)n);
        us[i] = result->samples[index < n ? index : n - 1] / 1000.0;
    }
    printf("{\"calls\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"rate\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
           "\"p999_us\": %.1f, \"max_us\": %.1f, \"in_flight\": %u, \"payload_bytes\": %zu}\n",
           (unsigned long long)result->calls, (unsigned long long)result->errors, result->seconds,
           (double)result->calls / result->seconds, us[0], us[1], us[2], us[3], (unsigned)options->in_flight,
           options->payload);
}

static void usage(void)
{
    fprintf(stderr, "usage: raw_rabbit [--host HOST] [--port PORT] [--payload BYTES] [--in-flight N] "
                    "[--calls N | --duration SECONDS]\n");
    exit(EXIT_USAGE);
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= least && value <= most))
        usage();
    return value;
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {{"payload", required_argument, NULL, 'p'},
                                          {"in-flight", required_argument, NULL, 'n'},
                                          {"calls", required_argument, NULL, 'c'},
                                          {"duration", required_argument, NULL, 'd'},
                                          {"host", required_argument, NULL, 'h'},
                                          {"port", required_argument, NULL, 'P'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {
        .host = "127.0.0.1", .port = AMQP_PROTOCOL_PORT, .payload = 300, .seconds = 5.0, .in_flight = 1};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
        if (option == 'p')
            options.payload = (size_t)number(optarg, 0, MAX_PAYLOAD);
        else if (option == 'n')
            options.in_flight = (uint32_t)number(optarg, 1, MAX_IN_FLIGHT);
        else if (option == 'c')
            options.calls = (uint64_t)number(optarg, 1, 1e12);
        else if (option == 'd')
            options.seconds = number(optarg, 1e-3, 1e6);
        else if (option == 'h')
            options.host = optarg;
        else if (option == 'P')
            options.port = (int)number(optarg, 1, 65535);
        else
            usage();
    }
    if (optind < argc)
        usage();
    return options;
}

int main(int argc, char **argv)
{
    struct options options = parse(argc, argv);
    struct result result = {.samples = calloc(SAMPLES, sizeof(uint32_t))};
    char requests[64], answers[64], byte;
    int ready[2];

    snprintf(requests, sizeof requests, "raw-requests-%d", (int)getpid());
    snprintf(answers, sizeof answers, "raw-answers-%d", (int)getpid());
    if (!result.samples || pipe(ready) != 0)
        return 1;
    pid_t server = fork();
    if (server < 0)
        return 1;
    if (server == 0)
        serve(&options, requests, answers, ready[1]);
    close(ready[1]);
    bool good = read(ready[0], &byte, 1) == 1;
    if (good) {
        amqp_connection_state_t state = open_connection(&options, answers);
        run_calls(&options, state, requests, &result);
        amqp_destroy_connection(state);
        print(&options, &result);
    }
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    free(result.samples);
    return good ? 0 : 1;
}
