/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from elsewhere: bytes that are no nanomsg, and messages that are none of ours. */
#include "fixture.h"
#include "wire.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <nanomsg/nn.h>
#include <nanomsg/pubsub.h>
#include <nanomsg/reqrep.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct ostler_driver_ops *driver;
static ostler_driver_transport *serving, *client;
static struct fixture_server *server;

static void begin(void)
{
    driver = fixture_driver();
    serving = fixture_open(NULL, "max_message_size = 1000000");
    client = fixture_open(NULL, NULL);
    server = fixture_serve(serving, "s");
}

/* Whatever came before, the server still serves. */
static void end(void)
{
    struct ostler_reply reply = fixture_call(client, fixture_message(77));

    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    fixture_reply_clear(&reply);
    fixture_stop(server);
    driver->close(client);
    driver->close(serving);
    fixture_end();
}

/* The same numbers on every run. */
static uint32_t next_number(uint32_t *state)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return *state >> 8;
}

static int connect_bytes(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *path = fixture_address(serving);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    free(path);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Sends what it can; the other side may hang up at any time. */
static void send_bytes(int fd, const void *bytes, size_t size)
{
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

    (void)sent;
}

static void await_hangup(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char bytes[256];

    while (poll(&wait, 1, 20000) == 1 && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    close(fd);
}

Test(garbage, bytes_that_are_no_nanomsg_are_survived, .init = begin, .fini = end, .timeout = 60)
{
    uint32_t state = 1;
    uint8_t bytes[512];

    for (int round = 0; round < 50; round++) {
        int fd = connect_bytes();
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)next_number(&state);
        bytes[0] = (uint8_t)(bytes[0] | 1);
        send_bytes(fd, bytes, sizeof bytes);
        await_hangup(fd);
    }
}

Test(garbage, a_message_larger_than_the_limit_ends_its_connection, .init = begin, .fini = end, .timeout = 60)
{
    /* nanomsg's greeting for REQ, then a message of 2^62 bytes. */
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, NN_REQ, 0, 0};
    static const uint8_t message[] = {1, 0x40, 0, 0, 0, 0, 0, 0, 0, 'x'};
    int fd = connect_bytes();

    send_bytes(fd, greeting, sizeof greeting);
    send_bytes(fd, message, sizeof message);
    await_hangup(fd);
}

static int connect_nanomsg(int domain, int protocol)
{
    char *path = fixture_address(serving), address[256];
    int socket = nn_socket(domain, protocol), timeout = 10000;

    cr_assert_geq(socket, 0);
    nn_setsockopt(socket, NN_SOL_SOCKET, NN_SNDTIMEO, &timeout, sizeof timeout);
    snprintf(address, sizeof address, "ipc://%s", path);
    cr_assert_geq(nn_connect(socket, address), 0);
    free(path);
    return socket;
}

static void expect_broken(int64_t least)
{
    ostler_time deadline = ostler_deadline(20.0);

    while (fixture_count(serving, "broken") < least && ostler_now() < deadline)
        usleep(1000);
    cr_expect(fixture_count(serving, "broken") >= least);
}

Test(garbage, messages_of_another_protocol_are_counted_and_dropped, .init = begin, .fini = end, .timeout = 60)
{
    int socket = connect_nanomsg(AF_SP, NN_REQ);
    int never = 1 << 30;

    nn_setsockopt(socket, NN_REQ, NN_REQ_RESEND_IVL, &never, sizeof never);
    for (int i = 0; i < 20; i++)
        cr_assert_geq(nn_send(socket, "no such protocol", 16, 0), 0);
    /* A cooked REQ socket forgets a request that is followed by another before it is sent: one is sure. */
    expect_broken(1);
    nn_close(socket);
}

Test(garbage, other_kinds_of_sockets_are_turned_away, .init = begin, .fini = end, .timeout = 60)
{
    int socket = connect_nanomsg(AF_SP, NN_PUB);

    nn_send(socket, "news", 4, NN_DONTWAIT);
    struct ostler_reply reply = fixture_call(client, fixture_message(1));
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    fixture_reply_clear(&reply);
    nn_close(socket);
}

/* A raw socket's message: the way back, our header, a request. */
static size_t request(uint8_t *out, uint64_t id)
{
    static const char body[] = "{}{}";
    struct wire_header header = {.flags = 0};
    struct wire_request wire = {.id = id,
                                .exchange = {"exchange", 8},
                                .topic = {"topic", 5},
                                .server = {"s", 1},
                                .namespace_ = {"", 0},
                                .version = {"", 0},
                                .method = {"echo", 4},
                                .context_length = 2,
                                .args_length = 2};
    size_t size = 4;

    memcpy(out, "\x80\0\0\0", 4);
    size += wire_put_header(out + size, &header);
    size += wire_put_request(out + size, &wire);
    memcpy(out + size, body, 4);
    return size + 4;
}

Test(garbage, mutated_requests_are_survived, .init = begin, .fini = end, .timeout = 120)
{
    int socket = connect_nanomsg(AF_SP_RAW, NN_REQ);
    uint8_t whole[512], copy[512];
    size_t size = request(whole, 1);
    uint32_t state = 1;

    for (int round = 0; round < 5000; round++) {
        size_t cut = round % 3 ? size : next_number(&state) % (size + 1);
        memcpy(copy, whole, cut);
        for (uint32_t flips = next_number(&state) % 4; flips > 0 && cut > 4; flips--)
            copy[4 + next_number(&state) % (cut - 4)] = (uint8_t)next_number(&state);
        cr_assert_geq(nn_send(socket, copy, cut, 0), 0);
        /* Replies are read, or the window closes and the test shows nothing. */
        void *reply;
        while (nn_recv(socket, &reply, NN_MSG, NN_DONTWAIT) >= 0)
            nn_freemsg(reply);
    }
    expect_broken(1000);
    nn_close(socket);
}

static struct ostler_reply call_raw(const char *args, size_t length)
{
    struct wire_header header = {.flags = 0};
    struct wire_request wire = {.id = 5,
                                .exchange = {"exchange", 8},
                                .topic = {"topic", 5},
                                .server = {"s", 1},
                                .namespace_ = {"", 0},
                                .version = {"", 0},
                                .method = {"echo", 4},
                                .args_length = length};
    int socket = connect_nanomsg(AF_SP_RAW, NN_REQ), timeout = 20000;
    uint8_t *message = malloc(1024 + length);
    struct ostler_reply reply = {.kind = OSTLER_REPLY_LOST};
    struct wire_reader records;
    struct wire_record record;
    const char *value;
    void *answer;

    cr_assert_not_null(message);
    memcpy(message, "\x80\0\0\0", 4);
    size_t size = 4 + wire_put_header(message + 4, &header);
    size += wire_put_request(message + size, &wire);
    memcpy(message + size, args, length);
    nn_setsockopt(socket, NN_SOL_SOCKET, NN_RCVTIMEO, &timeout, sizeof timeout);
    cr_assert_geq(nn_send(socket, message, size + length, 0), 0);
    int got = nn_recv(socket, &answer, NN_MSG, 0);
    cr_assert_geq(got, 0);
    cr_assert(wire_open(answer, (size_t)got, &header, &records) && wire_next(&records, &record));
    cr_assert(wire_get_reply(&record, &reply.call_id, &value, &length));
    reply.kind = record.kind == WIRE_FAILURE ? OSTLER_REPLY_FAILURE : OSTLER_REPLY_RESULT;
    reply.reason = strndup(value, length);
    nn_freemsg(answer);
    nn_close(socket);
    free(message);
    return reply;
}

static void expect_failure(const char *args, size_t length, const char *finding)
{
    struct ostler_reply reply = call_raw(args, length);

    cr_expect_eq(reply.kind, OSTLER_REPLY_FAILURE);
    cr_expect_eq(reply.call_id, 5);
    cr_expect_not_null(strstr(reply.reason, finding), "%s", reply.reason);
    fixture_reply_clear(&reply);
}

Test(garbage, broken_json_is_answered_with_its_fault, .init = begin, .fini = end, .timeout = 60)
{
    char nested[20000];

    expect_failure("{\"a\"", 4, "no JSON");
    expect_failure("[]", 2, "must be an object");
    expect_failure("{\"a\":\"\xff\"}", 9, "UTF-8");
    memcpy(nested, "{\"a\":", 5);
    memset(nested + 5, '[', 9000);
    memset(nested + 9005, ']', 9000);
    nested[18005] = '}';
    expect_failure(nested, 18006, "deeper than 1000");
}
