/* SPDX-License-Identifier: Apache-2.0 */
/* The matchmakers for TCP, and the driver over it. */
#include "fixture.h"

#include <ostler/log.h>

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct ostler_error error = OSTLER_ERROR_INIT;

static void end(void)
{
    ostler_error_clear(&error);
    fixture_end();
}

/* Whether nobody has the port, and no other test will while this one runs: see tests/support/ports.py. */
static bool reserve(int port)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int held = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), tried = socket(AF_INET, SOCK_STREAM, 0);

    int size = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "ostler-test-port-%d", port);
    bool ours = bind(held, (struct sockaddr *)&name,
                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size)) == 0 &&
                bind(tried, (struct sockaddr *)&address, sizeof address) == 0;
    close(tried);
    if (!ours)
        close(held);
    return ours;
}

/* Ports below those that the kernel gives to whoever connects. */
static void free_ports(int *ports, int count)
{
    unsigned seed = (unsigned)getpid();

    for (int i = 0; i < count; i++) {
        do
            ports[i] = 10000 + rand_r(&seed) % 20000;
        while (!reserve(ports[i]));
    }
}

static void write_ring(const char *text)
{
    char path[256], next[300];

    snprintf(path, sizeof path, "%s/ring.json", fixture_folder());
    snprintf(next, sizeof next, "%s.next", path);
    FILE *file = fopen(next, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    cr_assert_eq(rename(next, path), 0);
}

static const char *ring_url(void)
{
    static char url[512];

    snprintf(url, sizeof url, "nanomsg+tcp://");
    return url;
}

static const char *ring_options(void)
{
    static char options[512];

    snprintf(options, sizeof options, "matchmaker = ring\nringfile = %s/ring.json", fixture_folder());
    return options;
}

Test(hosts, two_transports_share_two_ports, .fini = end, .timeout = 60)
{
    int ports[2];
    char url[128];

    free_ports(ports, 2);
    snprintf(url, sizeof url, "nanomsg+tcp://127.0.0.1:%d,127.0.0.1:%d", ports[0], ports[1]);
    ostler_driver_transport *one = fixture_open(url, NULL), *two = fixture_open(url, NULL);
    ostler_driver_transport *three = fixture_open(url, NULL), *client = fixture_open(url, NULL);
    struct fixture_server *a = fixture_serve(one, "a"), *b = fixture_serve(two, "b");
    struct ostler_target third = {.exchange = "exchange", .topic = "topic", .server = "c"};
    ostler_driver_listener *listener = NULL;

    cr_expect_eq(fixture_driver()->listen(three, &third, &listener, &error), OSTLER_E_LISTEN);
    cr_expect_not_null(strstr(error.message, "free port"), "%s", error.message);

    for (int i = 0; i < 2; i++) {
        struct ostler_outgoing message = fixture_message((uint64_t)i + 1);
        message.message.method = "which";
        message.target.server = i ? "b" : "a";
        struct ostler_reply reply = fixture_call(client, message);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        cr_expect_str_eq(json_object_get_string(reply.value), i ? "b" : "a");
        fixture_reply_clear(&reply);
    }
    struct ostler_outgoing fanout = fixture_message(0);
    fanout.target.fanout = true;
    unsigned receivers = 0;
    cr_expect_eq(fixture_driver()->send(client, &fanout, &receivers, &error), OSTLER_OK);
    cr_expect_eq(receivers, 2);
    fixture_stop(a);
    fixture_stop(b);
    fixture_driver()->close(client);
    fixture_driver()->close(three);
    fixture_driver()->close(two);
    fixture_driver()->close(one);
}

static atomic_int namesakes;

static void count_namesakes(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)user;
    (void)module;
    if (level == OSTLER_LOG_WARNING && strstr(text, "have the name \"same\""))
        atomic_fetch_add(&namesakes, 1);
}

/* Two nodes cannot know of each other; a client that sees both says so, once. */
Test(hosts, two_servers_of_one_name_are_noticed_by_a_client, .fini = end, .timeout = 60)
{
    int ports[2];
    char url[128];

    free_ports(ports, 2);
    snprintf(url, sizeof url, "nanomsg+tcp://127.0.0.1:%d,127.0.0.1:%d", ports[0], ports[1]);
    ostler_driver_transport *one = fixture_open(url, NULL), *two = fixture_open(url, NULL);
    ostler_driver_transport *client = fixture_open(url, NULL);
    struct fixture_server *a = fixture_serve(one, "same"), *b = fixture_serve(two, "same");

    ostler_log_set_sink(count_namesakes, NULL);
    for (int i = 0; i < 2; i++) {
        struct ostler_outgoing fanout = fixture_message(0);
        fanout.target.fanout = true;
        unsigned receivers = 0;
        cr_expect_eq(fixture_driver()->send(client, &fanout, &receivers, &error), OSTLER_OK);
        cr_expect_eq(receivers, 2);
    }
    cr_expect_eq(atomic_load(&namesakes), 1);
    ostler_log_set_sink(NULL, NULL);
    fixture_stop(a);
    fixture_stop(b);
    fixture_driver()->close(client);
    fixture_driver()->close(two);
    fixture_driver()->close(one);
}

Test(hosts, a_server_that_comes_later_is_waited_for, .fini = end, .timeout = 60)
{
    int port;
    char url[128];

    free_ports(&port, 1);
    snprintf(url, sizeof url, "nanomsg+tcp://127.0.0.1:%d", port);
    ostler_driver_transport *client = fixture_open(url, NULL), *server = fixture_open(url, NULL);
    struct ostler_outgoing early = fixture_message(1);
    early.deadline = ostler_now();
    cr_expect_eq(fixture_driver()->send(client, &early, NULL, &error), OSTLER_E_TIMEOUT);
    struct fixture_server *serving = fixture_serve(server, "s");
    struct ostler_reply reply = fixture_call(client, fixture_message(2));
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    fixture_reply_clear(&reply);
    fixture_stop(serving);
    fixture_driver()->close(client);
    fixture_driver()->close(server);
}

Test(hosts, urls_without_hosts_or_ports_are_refused, .fini = end, .timeout = 30)
{
    static const char *const urls[] = {"nanomsg+tcp://", "nanomsg+tcp://host", "nanomsg+udp://host:1",
                                       "nanomsg://host/folder", "nanomsg://"};

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        ostler_driver_transport *transport = NULL;
        cr_expect_eq(fixture_driver()->open(fixture_conf(NULL), fixture_parse(urls[i]), &transport, &error),
                     OSTLER_E_URL, "%s", urls[i]);
    }
}

Test(ring, topics_are_found_at_their_hosts, .fini = end, .timeout = 60)
{
    char text[128];
    int port;

    free_ports(&port, 1);
    snprintf(text, sizeof text, "{\"topic\": [\"127.0.0.1:%d\"], \"other\": []}", port);
    write_ring(text);
    ostler_driver_transport *server = fixture_open(ring_url(), ring_options());
    ostler_driver_transport *client = fixture_open(ring_url(), ring_options());
    struct fixture_server *serving = fixture_serve(server, "s");
    struct ostler_reply reply = fixture_call(client, fixture_message(1));
    cr_expect_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    fixture_reply_clear(&reply);
    struct ostler_target other = {.exchange = "exchange", .topic = "other", .server = "s"};
    ostler_driver_listener *listener = NULL;
    cr_expect_eq(fixture_driver()->listen(server, &other, &listener, &error), OSTLER_E_LISTEN);
    fixture_stop(serving);
    fixture_driver()->close(client);
    fixture_driver()->close(server);
}

Test(ring, mistakes_are_named_with_their_place, .fini = end, .timeout = 30)
{
    static const struct {
        const char *text, *finding;
    } mistakes[] = {{"{\"a\": [\n\"h:1\" \"h:2\"]}", "ring.json:2:"},
                    {"[]", "expected an object"},
                    {"{\"a\": 5}", "topic \"a\""},
                    {"{\"a\": [\"host\"]}", "entry 1"},
                    {"{\"a\": [\"host:99999\"]}", "HOST:PORT"},
                    {"{\"a\": [", "too early"}};

    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        ostler_driver_transport *transport = NULL;
        write_ring(mistakes[i].text);
        cr_expect_eq(
            fixture_driver()->open(fixture_conf(ring_options()), fixture_parse(ring_url()), &transport, &error),
            OSTLER_E_CONFIG, "%s", mistakes[i].text);
        cr_expect_not_null(strstr(error.message, mistakes[i].finding), "%s", error.message);
    }
}

Test(ring, a_changed_file_counts_if_it_is_good, .fini = end, .timeout = 60)
{
    const struct ostler_matchmaker_ops *ring = fixture_matchmaker("ring");
    ostler_matchmaker *matchmaker = NULL;
    ostler_time deadline = ostler_deadline(30.0);
    struct ostler_peer *peers;
    size_t count = 0;

    write_ring("{\"t\": [\"h:1\"]}");
    cr_assert_eq(ring->open(fixture_conf(ring_options()), fixture_parse(ring_url()), &matchmaker, &error), OSTLER_OK);
    uint64_t before = ring->generation(matchmaker, "e", "t");
    write_ring("{\"t\": [\"h:1\", \"h:2\"]}");
    while (ring->generation(matchmaker, "e", "t") == before && ostler_now() < deadline)
        usleep(1000);
    write_ring("broken");
    ostler_time soon = ostler_deadline(0.3);
    while (ostler_now() < soon) {
        cr_assert_eq(ring->lookup(matchmaker, "e", "t", &peers, &count, &error), OSTLER_OK);
        cr_assert_eq(count, 2);
        for (size_t i = 0; i < count; i++)
            free(peers[i].address);
        free(peers);
        usleep(20000);
    }
    ring->close(matchmaker);
}
