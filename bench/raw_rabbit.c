/* SPDX-License-Identifier: Apache-2.0 */
/* What rabbitmq-c itself does, for `ostler bench` to be compared with: an echo of PAYLOAD bytes through a broker between
 * two processes, over a reply queue, without JSON. Three modes:
 *   fast       as fast as the library's public interface allows: frames made with its encoders leave with one send() for
 *              all that is ready, messages are acknowledged by the broker itself, nothing is confirmed. The default.
 *   confirmed  the same with what RPC needs: every message is confirmed by the broker, requests are acknowledged before
 *              they are answered, answers are mandatory and acknowledged.
 *   naive      amqp_basic_publish() and amqp_consume_message(), one message at a time, with no guarantee at all.
 * Prints one JSON object with the members of `ostler bench --json`, and the mode. */
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_IN_FLIGHT = 4096, MAX_PAYLOAD = 64 * 1024 * 1024, SAMPLES = 1 << 20, FRAME_MAX = 131072, EXIT_USAGE = 2 };

enum { FRAME_HEAD = 7, FRAME_EXTRA = 8, METHOD_ID = 4, CLASS_HEAD = 12, SMALL = 512, PREFETCH = 100 };

enum mode { FAST, CONFIRMED, NAIVE };
static const char *const mode_names[] = {"fast", "confirmed", "naive"};

struct options {
    const char *host;
    int port;
    size_t payload;
    uint64_t calls; /* 0: for so many seconds */
    double seconds;
    uint32_t in_flight;
    enum mode mode;
};

struct result {
    uint64_t calls, errors;
    double seconds;
    uint32_t *samples; /* nanoseconds, the last SAMPLES of them */
};

/* A message as it came in; the parts live until the next one is asked for, or longer: see receive(). */
struct message {
    char id[32];
    char *body; /* `length` bytes, room for `capacity` */
    size_t length, capacity;
    uint64_t tag;
};

/* One end of the echo. */
struct end {
    amqp_connection_state_t state;
    enum mode mode;
    const char *to;     /* the queue it publishes to */
    unsigned char *out; /* frames that wait to be sent */
    size_t out_length, out_capacity;
    uint64_t unacked; /* the last tag that is not acknowledged; 0: none */
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

static void fail(const char *what)
{
    fprintf(stderr, "raw_rabbit: %s failed\n", what);
    exit(1);
}

static void open_end(struct end *end, const struct options *options, const char *from, const char *to)
{
    amqp_connection_state_t state = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(state);
    bool confirmed = options->mode == CONFIRMED;

    if (!socket || amqp_socket_open(socket, options->host, options->port) != AMQP_STATUS_OK) {
        fprintf(stderr, "raw_rabbit: no connection to %s:%d\n", options->host, options->port);
        exit(1);
    }
    check(amqp_login(state, "/", 0, FRAME_MAX, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"), "login");
    amqp_channel_open(state, 1);
    check(amqp_get_rpc_reply(state), "channel.open");
    amqp_queue_declare(state, 1, amqp_cstring_bytes(from), 0, 0, 1, 1, amqp_empty_table);
    check(amqp_get_rpc_reply(state), "queue.declare");
    if (confirmed) {
        amqp_confirm_select(state, 1);
        check(amqp_get_rpc_reply(state), "confirm.select");
        amqp_basic_qos(state, 1, 0, PREFETCH, 0);
        check(amqp_get_rpc_reply(state), "basic.qos");
    }
    amqp_basic_consume(state, 1, amqp_cstring_bytes(from), amqp_empty_bytes, 0, !confirmed, 1, amqp_empty_table);
    check(amqp_get_rpc_reply(state), "basic.consume");
    *end = (struct end){.state = state, .mode = options->mode, .to = to};
}

/* --- Out: frames of several messages in one send() --------------------------------------------------------------- */

static unsigned char *room(struct end *end, size_t more)
{
    if (end->out_length + more > end->out_capacity) {
        end->out_capacity = (end->out_length + more) * 2;
        end->out = realloc(end->out, end->out_capacity);
        if (!end->out)
            exit(1);
    }
    return end->out + end->out_length;
}

static void put_number(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        at[i] = (unsigned char)value;
}

/* What is between head and end of the frame is there already. */
static void finish_frame(struct end *end, uint8_t type, size_t size)
{
    unsigned char *at = end->out + end->out_length;

    at[0] = type;
    put_number(at + 1, 1, 2);
    put_number(at + 3, size, 4);
    at[FRAME_HEAD + size] = AMQP_FRAME_END;
    end->out_length += size + FRAME_EXTRA;
}

static void put_method(struct end *end, amqp_method_number_t id, void *method)
{
    unsigned char *at = room(end, SMALL) + FRAME_HEAD;

    put_number(at, id, METHOD_ID);
    finish_frame(end, AMQP_FRAME_METHOD,
                 METHOD_ID +
                     (size_t)amqp_encode_method(
                         id, method, (amqp_bytes_t){.len = SMALL - FRAME_EXTRA - METHOD_ID, .bytes = at + METHOD_ID}));
}

static void put_message(struct end *end, amqp_basic_publish_t *publish, amqp_basic_properties_t *properties,
                        amqp_bytes_t body)
{
    put_method(end, AMQP_BASIC_PUBLISH_METHOD, publish);
    unsigned char *at = room(end, SMALL) + FRAME_HEAD;
    put_number(at, (uint64_t)AMQP_BASIC_CLASS << 16, 4);
    put_number(at + 4, body.len, 8);
    finish_frame(end, AMQP_FRAME_HEADER,
                 CLASS_HEAD + (size_t)amqp_encode_properties(
                                  AMQP_BASIC_CLASS, properties,
                                  (amqp_bytes_t){.len = SMALL - FRAME_EXTRA - CLASS_HEAD, .bytes = at + CLASS_HEAD}));
    for (size_t done = 0; done < body.len;) {
        size_t size = body.len - done < FRAME_MAX - FRAME_EXTRA ? body.len - done : FRAME_MAX - FRAME_EXTRA;
        memcpy(room(end, size + FRAME_EXTRA) + FRAME_HEAD, (char *)body.bytes + done, size);
        finish_frame(end, AMQP_FRAME_BODY, size);
        done += size;
    }
}

static void acknowledge(struct end *end)
{
    amqp_basic_ack_t ack = {.delivery_tag = end->unacked, .multiple = 1};

    if (end->unacked)
        put_method(end, AMQP_BASIC_ACK_METHOD, &ack);
    end->unacked = 0;
}

static void flush(struct end *end)
{
    for (size_t sent = 0; sent < end->out_length;) {
        ssize_t written = send(amqp_get_sockfd(end->state), end->out + sent, end->out_length - sent, MSG_NOSIGNAL);
        struct pollfd writable = {.fd = amqp_get_sockfd(end->state), .events = POLLOUT};
        if (written < 0 && errno == EAGAIN)
            poll(&writable, 1, -1);
        else if (written < 0)
            fail("send");
        else
            sent += (size_t)written;
    }
    end->out_length = 0;
}

static void publish(struct end *end, const char *id, amqp_bytes_t body)
{
    amqp_basic_properties_t properties = {._flags = AMQP_BASIC_CORRELATION_ID_FLAG,
                                          .correlation_id = amqp_cstring_bytes(id)};
    amqp_basic_publish_t method = {.routing_key = amqp_cstring_bytes(end->to), .mandatory = end->mode == CONFIRMED};

    if (end->mode != NAIVE)
        put_message(end, &method, &properties, body);
    else if (amqp_basic_publish(end->state, 1, amqp_empty_bytes, method.routing_key, 0, 0, &properties, body) !=
             AMQP_STATUS_OK)
        fail("basic.publish");
}

/* --- In ------------------------------------------------------------------------------------------------------------ */

static void copy_id(struct message *message, const amqp_basic_properties_t *properties)
{
    const amqp_bytes_t *text = &properties->correlation_id;

    snprintf(message->id, sizeof message->id, "%.*s", (int)(text->len < 31 ? text->len : 31), (char *)text->bytes);
}

static void begin_body(struct message *message, size_t size)
{
    message->length = 0;
    if (size <= message->capacity)
        return;
    message->capacity = size;
    message->body = realloc(message->body, size);
    if (!message->body)
        exit(1);
}

/* The next frame, if need be (and `wait`) after sleeping; false if there is none. */
static bool next_frame(struct end *end, amqp_frame_t *frame, bool wait)
{
    struct timeval at_once = {0, 0};

    amqp_maybe_release_buffers(end->state);
    if (!wait && !amqp_frames_enqueued(end->state) && !amqp_data_in_buffer(end->state))
        return false;
    int result = amqp_simple_wait_frame_noblock(end->state, frame, wait ? NULL : &at_once);
    if (result == AMQP_STATUS_TIMEOUT && !wait)
        return false;
    if (result != AMQP_STATUS_OK)
        fail("reading");
    return true;
}

/* A whole message of several frames, once its first has come: false if none has. Confirms are read over. */
static bool receive_frames(struct end *end, struct message *message, bool wait)
{
    amqp_frame_t frame;
    size_t size = 0;

    for (;;) {
        if (!next_frame(end, &frame, wait))
            return false;
        if (frame.frame_type == AMQP_FRAME_METHOD) {
            if (frame.payload.method.id == AMQP_BASIC_DELIVER_METHOD) {
                message->tag = ((amqp_basic_deliver_t *)frame.payload.method.decoded)->delivery_tag;
                wait = true;
            } else if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
                fail("consuming");
            }
            continue;
        }
        if (frame.frame_type == AMQP_FRAME_HEADER) {
            copy_id(message, frame.payload.properties.decoded);
            size = frame.payload.properties.body_size;
            begin_body(message, size);
        } else if (frame.frame_type == AMQP_FRAME_BODY) {
            memcpy(message->body + message->length, frame.payload.body_fragment.bytes, frame.payload.body_fragment.len);
            message->length += frame.payload.body_fragment.len;
        } else {
            continue;
        }
        if (message->length == size)
            return true;
    }
}

static void receive_naive(struct end *end, struct message *message)
{
    amqp_envelope_t envelope;

    amqp_maybe_release_buffers(end->state);
    check(amqp_consume_message(end->state, &envelope, NULL, 0), "consuming");
    copy_id(message, &envelope.message.properties);
    begin_body(message, envelope.message.body.len);
    memcpy(message->body, envelope.message.body.bytes, envelope.message.body.len);
    message->length = envelope.message.body.len;
    amqp_destroy_envelope(&envelope);
}

/* The next message. What waits to be sent leaves when there is nothing more to read. */
static void receive(struct end *end, struct message *message)
{
    if (end->mode == NAIVE) {
        receive_naive(end, message);
        return;
    }
    if (!receive_frames(end, message, false)) {
        acknowledge(end);
        flush(end);
        receive_frames(end, message, true);
    }
    if (end->mode == CONFIRMED)
        end->unacked = message->tag;
}

/* --- The two ends ---------------------------------------------------------------------------------------------------- */

static void serve(const struct options *options, const char *requests, const char *answers, int ready)
{
    struct end end;
    struct message message = {.body = NULL};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    open_end(&end, options, requests, answers);
    if (write(ready, "r", 1) != 1)
        exit(1);
    for (;;) {
        receive(&end, &message);
        /* Before it is answered: alone in flight it leaves alone, else with the answers before it. */
        acknowledge(&end);
        if (end.mode == CONFIRMED && !amqp_data_in_buffer(end.state))
            flush(&end);
        publish(&end, message.id, (amqp_bytes_t){.len = message.length, .bytes = message.body});
    }
}

static bool is_done(const struct options *options, uint64_t sent, uint64_t until)
{
    return options->calls ? sent >= options->calls : now_ns() >= until;
}

static void send_one(struct end *end, amqp_bytes_t payload, uint32_t call, uint64_t *began)
{
    char id[32];

    snprintf(id, sizeof id, "%u", call);
    *began = now_ns();
    publish(end, id, payload);
}

static void run_calls(const struct options *options, struct end *end, struct result *result)
{
    static uint64_t began[MAX_IN_FLIGHT];
    uint64_t start = now_ns(), until = start + (uint64_t)(options->seconds * 1e9), sent = 0;
    amqp_bytes_t payload = {.len = options->payload, .bytes = calloc(1, options->payload + 1)};
    struct message message = {.body = NULL};

    for (; sent < options->in_flight && !is_done(options, sent, until); sent++)
        send_one(end, payload, (uint32_t)sent, &began[sent]);
    while (result->calls < sent) {
        receive(end, &message);
        uint32_t call = (uint32_t)strtoul(message.id, NULL, 10) % MAX_IN_FLIGHT;
        result->errors += message.length != options->payload;
        result->samples[result->calls++ % SAMPLES] = (uint32_t)(now_ns() - began[call]);
        if (is_done(options, sent, until))
            continue;
        send_one(end, payload, call, &began[call]);
        sent++;
    }
    result->seconds = (double)(now_ns() - start) / 1e9;
    free(payload.bytes);
    free(message.body);
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
    printf("{\"mode\": \"%s\", \"calls\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"rate\": %.1f, \"p50_us\": %.1f, "
           "\"p99_us\": %.1f, "
           "\"p999_us\": %.1f, \"max_us\": %.1f, \"in_flight\": %u, \"payload_bytes\": %zu}\n",
           mode_names[options->mode], (unsigned long long)result->calls, (unsigned long long)result->errors,
           result->seconds, (double)result->calls / result->seconds, us[0], us[1], us[2], us[3],
           (unsigned)options->in_flight, options->payload);
}

static void usage(void)
{
    fprintf(stderr, "usage: raw_rabbit [--host HOST] [--port PORT] [--payload BYTES] [--in-flight N] "
                    "[--mode fast|confirmed|naive] [--calls N | --duration SECONDS]\n");
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

static enum mode mode_of(const char *name)
{
    for (enum mode mode = FAST; mode <= NAIVE; mode++)
        if (strcmp(name, mode_names[mode]) == 0)
            return mode;
    usage();
    return FAST;
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"payload", required_argument, NULL, 'p'}, {"in-flight", required_argument, NULL, 'n'},
        {"calls", required_argument, NULL, 'c'},   {"duration", required_argument, NULL, 'd'},
        {"host", required_argument, NULL, 'h'},    {"port", required_argument, NULL, 'P'},
        {"mode", required_argument, NULL, 'm'},    {NULL, 0, NULL, 0}};
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
        else if (option == 'm')
            options.mode = mode_of(optarg);
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
        struct end end;
        open_end(&end, &options, answers, requests);
        run_calls(&options, &end, &result);
        amqp_destroy_connection(end.state);
        free(end.out);
        print(&options, &result);
    }
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    free(result.samples);
    return good ? 0 : 1;
}
