/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"
#include "check.h"
#include "fixture.h"
#include "probe.h"
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- Inside the other process ------------------------------------------------------------------------------------- */

static void say_ready(void)
{
    puts("ready");
    fflush(stdout);
}

static void await_end_of_input(void)
{
    char ignored[64];

    while (read(STDIN_FILENO, ignored, sizeof ignored) > 0)
        continue;
}

/* Splits "TOPIC/NAME" and makes the topic that of the fixture. */
static const char *take_address(const char *address)
{
    static char topic[OSTLER_NAME_MAX + 1];
    const char *slash = strrchr(address, '/');

    if (!slash || slash - address > OSTLER_NAME_MAX) {
        fprintf(stderr, "ostler-conformance: %s is not TOPIC/NAME\n", address);
        exit(2);
    }
    memcpy(topic, address, (size_t)(slash - address));
    fixture_set_topic(topic);
    return slash + 1;
}

int peer_serve(const char *address)
{
    struct served served = fixture_serve(take_address(address));

    say_ready();
    await_end_of_input();
    probe_release();
    fixture_end(&served);
    return check_has_failed() ? EXIT_FAILURE : EXIT_SUCCESS;
}

struct worker {
    ostler_client *client;
    const char *method;
    pthread_t thread;
};

static void *call_for_ever(void *argument)
{
    struct worker *worker = argument;

    for (int64_t id = 0;; id = (id + 1) % PROBE_IDS)
        fixture_call(worker->client, worker->method, strcmp(worker->method, "mark") == 0 ? fixture_id(id) : NULL, NULL,
                     NULL);
    return NULL;
}

int peer_call(const char *address)
{
    struct worker workers[4] = {{.method = take_address(address)}};
    ostler_transport *transport = fixture_transport();

    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        workers[i].method = workers[0].method;
        workers[i].client = fixture_client(transport, PATIENCE);
        if (pthread_create(&workers[i].thread, NULL, call_for_ever, &workers[i]) != 0)
            return EXIT_FAILURE;
    }
    say_ready();
    await_end_of_input();
    /* The calls go on to the end: this client is made to disappear. */
    _exit(EXIT_SUCCESS);
}

int peer_listen(const char *address)
{
    if (strcmp(take_address(address), "hold") == 0)
        watch_hold();
    struct watched watched = watch_start("peer", NULL, NULL, NULL);

    say_ready();
    await_end_of_input();
    watch_release();
    watch_end(&watched);
    return check_has_failed() ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* --- Outside ------------------------------------------------------------------------------------------------------ */

enum { MAX_ARGUMENTS = 64, READ = 0, WRITE = 1 };

static void fill_arguments(const char *option, const char *address, const char *arguments[MAX_ARGUMENTS])
{
    size_t count = 0;

    arguments[count++] = "ostler-conformance";
    for (size_t i = 0; check_config_files[i]; i++) {
        arguments[count++] = "--config-file";
        arguments[count++] = check_config_files[i];
    }
    arguments[count++] = option;
    arguments[count++] = address;
    arguments[count++] = check_url;
    arguments[count] = NULL;
}

static void await_ready(int output, const char *address)
{
    char line[16] = "";
    struct pollfd watched = {.fd = output, .events = POLLIN};

    REQUIRE(poll(&watched, 1, (int)(PATIENCE * 1000)) == 1 && read(output, line, sizeof line - 1) > 0 &&
                strncmp(line, "ready", 5) == 0,
            "%s says %s", address, line);
}

static struct peer start(const char *option, const char *name)
{
    char address[2 * OSTLER_NAME_MAX];
    const char *arguments[MAX_ARGUMENTS];
    int input[2], output[2];
    posix_spawn_file_actions_t actions;
    struct peer peer;

    snprintf(address, sizeof address, "%s/%s", fixture_topic(), name);
    fill_arguments(option, address, arguments);
    REQUIRE(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0, "pipe: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[READ], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[WRITE], STDOUT_FILENO);
    /* The texts are not changed; posix_spawn()'s declaration is older than const. */
    int failure =
        posix_spawn(&peer.pid, "/proc/self/exe", &actions, NULL, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    REQUIRE(failure == 0, "cannot start a process: %s", strerror(failure));
    close(input[READ]);
    close(output[WRITE]);
    await_ready(output[READ], address);
    close(output[READ]);
    peer.input = input[WRITE];
    return peer;
}

struct peer peer_start_server(const char *server)
{
    return start("--serve", server);
}

struct peer peer_start_client(const char *method)
{
    return start("--call", method);
}

struct peer peer_start_listener(const char *work)
{
    return start("--listen", work);
}

void peer_kill(struct peer *peer)
{
    kill(peer->pid, SIGKILL);
    waitpid(peer->pid, NULL, 0);
    close(peer->input);
}

void peer_pause(struct peer *peer)
{
    kill(peer->pid, SIGSTOP);
    waitpid(peer->pid, NULL, WUNTRACED);
}

void peer_resume(struct peer *peer)
{
    kill(peer->pid, SIGCONT);
}

void peer_end(struct peer *peer)
{
    int status = 0;

    close(peer->input);
    waitpid(peer->pid, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a peer ended with %#x", (unsigned)status);
}

void peer_require(void)
{
    struct peer peer = peer_start_server("elsewhere");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client_to(transport, "elsewhere", false, 1.0);
    bool reached = false;

    for (int i = 0; i < 5 && !reached; i++)
        reached = fixture_call(client, "whoami", NULL, NULL, NULL) == OSTLER_OK;
    ostler_client_free(client);
    ostler_transport_unref(transport);
    peer_end(&peer);
    if (!reached)
        check_skip("a server in another process cannot be reached over this transport");
}
