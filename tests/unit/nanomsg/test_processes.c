/* SPDX-License-Identifier: Apache-2.0 */
/* Servers in processes of their own, which can be killed. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct ostler_driver_ops *driver;
static struct ostler_error error = OSTLER_ERROR_INIT;

static void end(void)
{
    ostler_error_clear(&error);
    fixture_end();
}

struct process {
    pid_t pid;
    int input, output;
};

/* Starts tests/unit/nanomsg/serve and waits until it serves. */
static struct process start(const char *server, const char *how)
{
    const char *build = getenv("OSTLER_BUILDDIR");
    char program[1024], byte = 0;
    int input[2], output[2];
    struct process process;

    snprintf(program, sizeof program, "%s/tests/unit/nanomsg/serve", build ? build : ".");
    cr_assert(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0);
    const char *url = fixture_url();
    process.pid = fork();
    if (process.pid == 0) {
        dup2(input[0], STDIN_FILENO);
        dup2(output[1], STDOUT_FILENO);
        execl(program, program, url, server, how, (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    process.input = input[1];
    process.output = output[0];
    cr_assert_eq(read(process.output, &byte, 1), 1, "cannot run %s", program);
    return process;
}

static void finish(struct process *process, int signal)
{
    int status;

    if (signal)
        kill(process->pid, signal);
    close(process->input);
    waitpid(process->pid, &status, 0);
    close(process->output);
    if (!signal)
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

static void expect_answer(ostler_driver_transport *client, uint64_t id, const char *server)
{
    struct ostler_outgoing message = fixture_message(id);

    message.message.method = "which";
    struct ostler_reply reply = fixture_call(client, message);
    cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
    if (server)
        cr_expect_str_eq(json_object_get_string(reply.value), server);
    fixture_reply_clear(&reply);
}

Test(processes, a_killed_server_is_not_called_again, .fini = end, .timeout = 60)
{
    driver = fixture_driver();
    ostler_driver_transport *client = fixture_open(NULL, NULL);
    struct process a = start("a", NULL), b = start("b", NULL);

    for (uint64_t id = 1; id <= 4; id++)
        expect_answer(client, id, id % 2 ? "a" : "b");
    finish(&a, SIGKILL);
    /* One request may be on its way into the connection before its end is noticed; that is told at once. */
    struct ostler_outgoing first = fixture_message(5);
    struct ostler_reply lost = {.call_id = 0};
    for (; first.call_id < 7; first.call_id++) {
        lost = fixture_call(client, first);
        cr_expect(lost.kind == OSTLER_REPLY_RESULT ||
                      (lost.kind == OSTLER_REPLY_LOST && lost.status == OSTLER_E_DELIVERY),
                  "%s", lost.reason);
        fixture_reply_clear(&lost);
    }
    for (uint64_t id = 7; id <= 26; id++)
        expect_answer(client, id, "b");
    struct process again = start("a", NULL);
    ostler_time deadline = ostler_deadline(10.0);
    bool used = false;
    for (uint64_t id = 100; !used && ostler_now() < deadline; id++) {
        struct ostler_outgoing message = fixture_message(id);
        message.message.method = "which";
        struct ostler_reply reply = fixture_call(client, message);
        cr_assert_eq(reply.kind, OSTLER_REPLY_RESULT, "%s", reply.reason);
        used = strcmp(json_object_get_string(reply.value), "a") == 0;
        fixture_reply_clear(&reply);
    }
    cr_expect(used);
    finish(&again, 0);
    finish(&b, 0);
    driver->close(client);
}

Test(processes, calls_under_way_on_a_killed_server_are_lost_at_once, .fini = end, .timeout = 60)
{
    driver = fixture_driver();
    ostler_driver_transport *client = fixture_open(NULL, NULL);
    struct process silent = start("s", "silent");
    struct ostler_outgoing message = fixture_message(0);
    char byte;

    message.deadline = message.expiry = ostler_deadline(1000.0);
    for (uint64_t id = 1; id <= 5; id++) {
        message.call_id = id;
        cr_assert_eq(driver->send(client, &message, NULL, &error), OSTLER_OK, "%s", error.message);
    }
    cr_assert_eq(read(silent.output, &byte, 1), 1);
    finish(&silent, SIGKILL);
    for (int i = 0; i < 5; i++) {
        struct ostler_reply reply = fixture_reply(client);
        cr_assert_eq(reply.kind, OSTLER_REPLY_LOST);
        cr_expect_eq(reply.status, OSTLER_E_DELIVERY);
        cr_expect_not_null(strstr(reply.reason, "before it answered"), "%s", reply.reason);
        fixture_reply_clear(&reply);
    }
    driver->close(client);
}

Test(processes, a_server_that_comes_later_is_used, .fini = end, .timeout = 60)
{
    driver = fixture_driver();
    ostler_driver_transport *client = fixture_open(NULL, NULL);
    struct ostler_outgoing message = fixture_message(1);

    message.deadline = ostler_deadline(0.1);
    cr_expect_eq(driver->send(client, &message, NULL, &error), OSTLER_E_TIMEOUT);
    struct process server = start("s", NULL);
    expect_answer(client, 2, "s");
    finish(&server, 0);
    driver->close(client);
}
