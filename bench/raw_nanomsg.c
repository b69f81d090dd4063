/* SPDX-License-Identifier: Apache-2.0 */
/* What nanomsg itself does: texts go there and come back, nobody looks at them. Synchronous calls are REQ and REP. With
 * more under way there is a raw PAIR, the thinnest socket nanomsg has, and the number of the call is in front of the text:
 * raw REP throws away replies that the kernel does not take at once. What wants no answer goes through PUSH and PULL, to
 * each server by a socket of its own: PUB and BUS throw away what a slow receiver does not take. --url is a nanomsg
 * address; a client of several servers has all of theirs, separated by commas. */
#include "contest.h"

#include <errno.h>
#include <nanomsg/nn.h>
#include <nanomsg/pair.h>
#include <nanomsg/pipeline.h>
#include <nanomsg/reqrep.h>
#include <nanomsg/tcp.h>
#include <stdlib.h>
#include <string.h>

/* How both sides talk. */
enum manner { PING_PONG, MANY_PEERS, FLOW, ONE_WAY };

enum { RESEND_NEVER_MS = 1 << 30, ADDRESS_MAX = 256 };

struct lane {
    const struct contest_options *options;
    const char *payload;
    unsigned socket_count;
    int sockets[];
};

static _Noreturn void die(const char *what)
{
    contest_die("%s: %s", what, nn_strerror(errno));
}

static enum manner manner_of(const struct contest_options *options)
{
    if (options->kind != CONTEST_CALL)
        return ONE_WAY;
    if (options->threads > 1)
        return MANY_PEERS;
    return options->in_flight > 1 ? FLOW : PING_PONG;
}

static int open_socket(int domain, int protocol)
{
    int socket = nn_socket(domain, protocol), unlimited = -1;

    if (socket < 0 || nn_setsockopt(socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &unlimited, sizeof unlimited) < 0)
        die("nn_socket");
    return socket;
}

/* One message at a time must leave at once; many are better off together. */
static void choose_delay(int socket, enum manner manner)
{
    int at_once = manner == PING_PONG || manner == MANY_PEERS;

    if (nn_setsockopt(socket, NN_TCP, NN_TCP_NODELAY, &at_once, sizeof at_once) < 0)
        die("NN_TCP_NODELAY");
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

static void echo(int socket)
{
    void *body;

    if (nn_recv(socket, &body, NN_MSG, 0) < 0)
        die("nn_recv");
    if (nn_send(socket, &body, NN_MSG, 0) < 0)
        die("nn_send");
}

static void swallow(int socket, struct counter *counter, unsigned number)
{
    void *body;

    if (nn_recv(socket, &body, NN_MSG, 0) < 0)
        die("nn_recv");
    nn_freemsg(body);
    counter_add(counter, number);
}

static void serve(const struct contest_options *options)
{
    static const struct {
        int domain, protocol;
    } sockets[] = {[PING_PONG] = {AF_SP, NN_REP},
                   [MANY_PEERS] = {AF_SP_RAW, NN_REP},
                   [FLOW] = {AF_SP_RAW, NN_PAIR},
                   [ONE_WAY] = {AF_SP, NN_PULL}};
    enum manner manner = manner_of(options);
    int socket = open_socket(sockets[manner].domain, sockets[manner].protocol);
    struct counter *counter = manner == ONE_WAY ? counter_open(options->counter) : NULL;

    if (manner == ONE_WAY && !counter)
        contest_die("%s: %s", options->counter, strerror(errno));
    choose_delay(socket, manner);
    if (nn_bind(socket, options->url) < 0)
        die(options->url);
    contest_ready();
    for (;;) {
        if (manner == MANY_PEERS)
            echo_raw(socket);
        else if (manner == ONE_WAY)
            swallow(socket, counter, options->number);
        else
            echo(socket);
    }
}

/* --- The client --------------------------------------------------------------------------------------------------- */

static int connect_to(const char *address, enum manner manner)
{
    int never = RESEND_NEVER_MS;
    int socket = open_socket(manner == FLOW ? AF_SP_RAW : AF_SP, manner == FLOW      ? NN_PAIR
                                                                 : manner == ONE_WAY ? NN_PUSH
                                                                                     : NN_REQ);

    if (manner != FLOW && manner != ONE_WAY &&
        nn_setsockopt(socket, NN_REQ, NN_REQ_RESEND_IVL, &never, sizeof never) < 0)
        die("NN_REQ_RESEND_IVL");
    choose_delay(socket, manner);
    if (nn_connect(socket, address) < 0)
        die(address);
    return socket;
}

static void *lane_open(const struct contest_options *options, void *shared, unsigned number)
{
    struct lane *lane = calloc(1, sizeof *lane + options->servers * sizeof lane->sockets[0]);
    const char *address = options->url;

    (void)shared;
    (void)number;
    if (!lane)
        contest_die("no memory");
    lane->options = options;
    lane->payload = contest_payload(options);
    while (lane->socket_count < options->servers && *address) {
        char one[ADDRESS_MAX];
        size_t length = strcspn(address, ",");
        if (length >= sizeof one)
            contest_die("address too long");
        memcpy(one, address, length);
        one[length] = '\0';
        lane->sockets[lane->socket_count++] = connect_to(one, manner_of(options));
        address += length + (address[length] == ',');
    }
    return lane;
}

static void lane_close(void *user)
{
    struct lane *lane = user;

    for (unsigned i = 0; i < lane->socket_count; i++)
        nn_close(lane->sockets[i]);
    free(lane);
}

static bool ask(int socket, const struct lane *lane)
{
    void *answer;

    if (nn_send(socket, lane->payload, lane->options->payload, 0) < 0)
        die("nn_send");
    int size = nn_recv(socket, &answer, NN_MSG, 0);
    if (size < 0)
        die("nn_recv");
    nn_freemsg(answer);
    return (size_t)size == lane->options->payload;
}

static bool once(void *user)
{
    struct lane *lane = user;

    if (lane->options->kind == CONTEST_CALL)
        return ask(lane->sockets[0], lane);
    for (unsigned i = 0; i < lane->socket_count; i++)
        if (nn_send(lane->sockets[i], lane->payload, lane->options->payload, 0) < 0)
            die("nn_send");
    return true;
}

/* --- Many calls under way --------------------------------------------------------------------------------------------- */

struct flow {
    const struct lane *lane;
    uint64_t *began;
    uint32_t *held; /* a ring of calls that the socket did not take yet */
    uint32_t held_first, held_count, under_way;
};

/* False: the socket takes none now. */
static bool send_call(struct flow *flow, uint32_t call, int flags)
{
    size_t size = flow->lane->options->payload;
    void *message = nn_allocmsg(sizeof call + size, 0);

    if (!message)
        die("nn_allocmsg");
    memcpy(message, &call, sizeof call);
    memcpy((char *)message + sizeof call, flow->lane->payload, size);
    if (nn_send(flow->lane->sockets[0], &message, NN_MSG, flags) >= 0)
        return true;
    if (errno != EAGAIN)
        die("nn_send");
    nn_freemsg(message);
    return false;
}

/* Never waits for the server, which may be waiting for this side to read. */
static void send_held(struct flow *flow)
{
    uint32_t in_flight = flow->lane->options->in_flight;

    while (flow->held_count > 0) {
        /* With nothing on its way that could be read the server is the one to wait for. */
        bool wait = flow->held_count == flow->under_way;
        if (!send_call(flow, flow->held[flow->held_first], wait ? 0 : NN_DONTWAIT))
            return;
        flow->held_first = (flow->held_first + 1) % in_flight;
        flow->held_count--;
    }
}

static void begin_call(struct flow *flow, uint32_t call)
{
    flow->began[call] = run_clock();
    flow->held[(flow->held_first + flow->held_count++) % flow->lane->options->in_flight] = call;
    flow->under_way++;
    send_held(flow);
}

/* Returns the number of the call that was answered. */
static uint32_t receive_call(struct flow *flow, bool *good)
{
    void *message;
    uint32_t call;
    int size = nn_recv(flow->lane->sockets[0], &message, NN_MSG, 0);

    if (size < (int)sizeof call)
        die("nn_recv");
    memcpy(&call, message, sizeof call);
    nn_freemsg(message);
    if (call >= flow->lane->options->in_flight)
        contest_die("an answer to nothing that was asked");
    *good = (size_t)size == sizeof call + flow->lane->options->payload;
    flow->under_way--;
    return call;
}

static void window(void *user, struct run *run, struct tally *tally)
{
    struct lane *lane = user;
    uint32_t in_flight = lane->options->in_flight;
    struct flow flow = {
        .lane = lane, .began = calloc(in_flight, sizeof(uint64_t)), .held = calloc(in_flight, sizeof(uint32_t))};

    if (!flow.began || !flow.held)
        contest_die("no memory");
    for (uint32_t call = 0; call < in_flight && run_goes_on(run); call++)
        begin_call(&flow, call);
    while (flow.under_way > 0) {
        bool good;
        uint32_t call = receive_call(&flow, &good);
        tally_add(tally, good, flow.began[call]);
        if (run_goes_on(run))
            begin_call(&flow, call);
        else
            send_held(&flow);
    }
    free(flow.began);
    free(flow.held);
}

int main(int argc, char **argv)
{
    static const struct contestant nanomsg = {.name = "raw_nanomsg",
                                              .serve = serve,
                                              .lane_open = lane_open,
                                              .lane_close = lane_close,
                                              .once = once,
                                              .window = window};

    return contest_main(argc, argv, &nanomsg);
}
