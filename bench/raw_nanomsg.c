/* SPDX-License-Identifier: Apache-2.0 */
/* What nanomsg itself does, for `ostler bench` to be compared with: an echo of PAYLOAD bytes over one ipc socket between
 * two processes, as fast as nanomsg's interface allows. With one in flight REQ and REP sockets play ping-pong; with more
 * raw ones keep so many requests under way. Prints one JSON object with the members of `ostler bench --json`. */
#include <errno.h>
#include <getopt.h>
#include <nanomsg/nn.h>
#include <nanomsg/reqrep.h>
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

enum {
    MAX_IN_FLIGHT = 65536,
    MAX_PAYLOAD = 64 * 1024 * 1024,
    SAMPLES = 1 << 22,
    EXIT_USAGE = 2,
    RESEND_NEVER_MS = 1 << 30
};

struct options {
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

static void die(const char *what)
{
    fprintf(stderr, "raw_nanomsg: %s: %s\n", what, nn_strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int open_socket(int domain, int protocol)
{
    int socket = nn_socket(domain, protocol), unlimited = -1;

    if (socket < 0 || nn_setsockopt(socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &unlimited, sizeof unlimited) < 0)
        die("nn_socket");
    return socket;
}

/* --- The server --------------------------------------------------------------------------------------------------- */

/* One message back as it came, its way included. */
static void echo_raw(int socket)
{
    void *body, *way;
    struct nn_iovec iov = {.iov_base = &body, .iov_len = NN_MSG};
    struct nn_msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &way, .msg_controllen = NN_MSG};

    if (nn_recvmsg(socket, &message, 0) < 0)
        die("nn_recvmsg");
    if (nn_sendmsg(socket, &message, 0) < 0)
        die("nn_sendmsg");
}

static void echo_cooked(int socket)
{
    void *body;

    if (nn_recv(socket, &body, NN_MSG, 0) < 0)
        die("nn_recv");
    if (nn_send(socket, &body, NN_MSG, 0) < 0)
        die("nn_send");
}

static void serve(const char *address, bool raw, int ready)
{
    int socket = open_socket(raw ? AF_SP_RAW : AF_SP, NN_REP);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (nn_bind(socket, address) < 0)
        die("nn_bind");
    if (write(ready, "r", 1) != 1)
        exit(1);
    for (;;) {
        if (raw)
            echo_raw(socket);
        else
            echo_cooked(socket);
    }
}

/* --- The client --------------------------------------------------------------------------------------------------- */

static void count(struct result *result, uint64_t began)
{
    uint64_t took = now_ns() - began;

    result->samples[result->calls++ % SAMPLES] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
}

static bool is_done(const struct options *options, uint64_t sent, uint64_t until)
{
    return options->calls ? sent >= options->calls : now_ns() >= until;
}

static void ping_pong(int socket, const struct options *options, uint64_t until, struct result *result)
{
    uint8_t *payload = calloc(1, options->payload + 1);
    int never = RESEND_NEVER_MS;

    if (!payload || nn_setsockopt(socket, NN_REQ, NN_REQ_RESEND_IVL, &never, sizeof never) < 0)
        die("NN_REQ_RESEND_IVL");
    while (!is_done(options, result->calls, until)) {
        uint64_t began = now_ns();
        void *answer;
        if (nn_send(socket, payload, options->payload, 0) < 0)
            die("nn_send");
        int size = nn_recv(socket, &answer, NN_MSG, 0);
        if (size < 0)
            die("nn_recv");
        result->errors += (size_t)size != options->payload;
        nn_freemsg(answer);
        count(result, began);
    }
    free(payload);
}

/* The way back is four bytes, of which the first bit is set; they carry the number of the call. */
static void send_raw(int socket, const struct options *options, const void *payload, uint32_t call, uint64_t *began)
{
    uint8_t *message = nn_allocmsg(4 + options->payload, 0);

    if (!message)
        die("nn_allocmsg");
    message[0] = (uint8_t)(0x80 | call >> 24);
    message[1] = (uint8_t)(call >> 16);
    message[2] = (uint8_t)(call >> 8);
    message[3] = (uint8_t)call;
    memcpy(message + 4, payload, options->payload);
    *began = now_ns();
    if (nn_send(socket, &message, NN_MSG, 0) < 0)
        die("nn_send");
}

/* Returns the number of the call that was answered. */
static uint32_t receive_raw(int socket, const struct options *options, struct result *result)
{
    void *body;
    union {
        uint8_t bytes[64];
        struct nn_cmsghdr header;
    } way;
    struct nn_iovec iov = {.iov_base = &body, .iov_len = NN_MSG};
    struct nn_msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &way, .msg_controllen = sizeof way.bytes};
    int size = nn_recvmsg(socket, &message, 0);

    if (size < 0)
        die("nn_recvmsg");
    result->errors += (size_t)size != options->payload;
    nn_freemsg(body);
    const uint8_t *at = NN_CMSG_DATA(&way.header) + sizeof(size_t);
    return (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void keep_in_flight(int socket, const struct options *options, uint64_t until, struct result *result)
{
    uint64_t *began = calloc(options->in_flight, sizeof *began), sent = 0;
    uint8_t *payload = calloc(1, options->payload + 1);

    if (!began || !payload)
        die("calloc");
    for (uint32_t call = 0; call < options->in_flight && !is_done(options, sent, until); call++, sent++)
        send_raw(socket, options, payload, call, &began[call]);
    while (result->calls < sent) {
        uint32_t call = receive_raw(socket, options, result);
        if (call >= options->in_flight) {
            fprintf(stderr, "raw_nanomsg: an answer to nothing that was asked\n");
            exit(1);
        }
        count(result, began[call]);
        if (is_done(options, sent, until))
            continue;
        send_raw(socket, options, payload, call, &began[call]);
        sent++;
    }
    free(payload);
    free(began);
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

static void run(const char *address, const struct options *options)
{
    bool raw = options->in_flight > 1;
    int socket = open_socket(raw ? AF_SP_RAW : AF_SP, NN_REQ);
    struct result result = {.samples = malloc(SAMPLES * sizeof(uint32_t))};

    if (!result.samples)
        die("malloc");
    if (nn_connect(socket, address) < 0)
        die("nn_connect");
    uint64_t began = now_ns(), until = began + (uint64_t)(options->seconds * 1e9);
    if (raw)
        keep_in_flight(socket, options, until, &result);
    else
        ping_pong(socket, options, until, &result);
    result.seconds = (double)(now_ns() - began) / 1e9;
    nn_close(socket);
    print(options, &result);
    free(result.samples);
}

/* --- Options ------------------------------------------------------------------------------------------------------ */

static void usage(void)
{
    fprintf(stderr, "usage: raw_nanomsg [--payload BYTES] [--in-flight N] [--calls N | --duration SECONDS]\n");
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
                                          {NULL, 0, NULL, 0}};
    struct options options = {.payload = 300, .seconds = 5.0, .in_flight = 1};
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
    const char *temporary = getenv("TMPDIR");
    char folder[80], address[128], byte;
    int ready[2];

    snprintf(folder, sizeof folder, "%.60s/raw.XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder) || pipe(ready) != 0)
        die(folder);
    snprintf(address, sizeof address, "ipc://%s/socket", folder);
    pid_t server = fork();
    if (server < 0)
        die("fork");
    if (server == 0)
        serve(address, options.in_flight > 1, ready[1]);
    close(ready[1]);
    bool good = read(ready[0], &byte, 1) == 1;
    if (good)
        run(address, &options);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    unlink(address + strlen("ipc://"));
    rmdir(folder);
    return good ? 0 : 1;
}
