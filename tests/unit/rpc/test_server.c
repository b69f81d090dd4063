/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static atomic_uint running;
static atomic_bool gate;
static _Atomic(ostler_request *) kept;

static bool gate_is_open(void *user)
{
    (void)user;
    return atomic_load(&gate);
}

static enum ostler_status echo(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_get(ostler_request_arg(request, "arg")));
}

static enum ostler_status block(ostler_request *request, void *state)
{
    (void)state;
    atomic_fetch_add(&running, 1);
    scripted_until(gate_is_open, NULL);
    return ostler_request_return(request, NULL);
}

static enum ostler_status keep(ostler_request *request, void *state)
{
    (void)state;
    atomic_store(&kept, ostler_request_keep(request));
    return OSTLER_OK;
}

static const struct ostler_method methods[] = {
    {"echo", echo, "arg", 0, ""},
    {"block", block, "", 0, ""},
    {"keep", keep, "", 0, ""},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_endpoint endpoint = {.version = "1.3", .methods = methods};
static const struct ostler_endpoint *const endpoints[] = {&endpoint, NULL};
static const struct ostler_endpoint_ops operations = {.rpc = endpoints};
static const struct ostler_server_endpoint served[] = {{.name = "test", .ops = &operations}};
static const struct ostler_target target = {.topic = "topic", .server = "node"};

static ostler_transport *transport;
static ostler_server *server;

static void make(const char *executor)
{
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;

    options.executor = executor;
    options.threads = 8;
    transport = scripted_transport();
    cr_assert_eq(ostler_server_new(transport, &target, served, 1, &options, &server, NULL), OSTLER_OK);
}

static void end(void)
{
    ostler_server_free(server);
    ostler_transport_unref(transport);
    cr_expect_eq(scripted_listeners(), 0);
    cr_expect_eq(scripted_incoming(), 0);
}

static bool is_running(void *user)
{
    return atomic_load(&running) == *(unsigned *)user;
}

static bool is_kept(void *user)
{
    (void)user;
    return atomic_load(&kept) != NULL;
}

Test(server, serves, .timeout = 60)
{
    make(NULL);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    cr_expect(scripted_result_is("echo", "{\"arg\": [1, \"x\"]}", "[1,\"x\"]"));
    ostler_server_stop(server);
    cr_assert_eq(ostler_server_wait(server, -1.0, NULL), OSTLER_OK);
    end();
}

Test(server, serves_with_one_thread, .timeout = 60)
{
    make("blocking");
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    cr_expect(scripted_result_is("echo", "{\"arg\": 7}", "7"));
    end();
}

Test(server, repetition_is_harmless, .timeout = 60)
{
    make(NULL);
    ostler_server_stop(server);
    cr_assert_eq(ostler_server_wait(server, -1.0, NULL), OSTLER_OK);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    cr_expect_eq(scripted_listens(), 1);
    ostler_server_stop(server);
    ostler_server_stop(server);
    cr_assert_eq(ostler_server_wait(server, -1.0, NULL), OSTLER_OK);
    cr_assert_eq(ostler_server_wait(server, -1.0, NULL), OSTLER_OK);
    end();
}

Test(server, starts_again, .timeout = 60)
{
    make(NULL);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
        cr_expect(scripted_result_is("echo", "{\"arg\": 7}", "7"));
        ostler_server_stop(server);
    }
    /* The listeners before were closed: each start waited for the old cycle. */
    cr_expect_eq(scripted_listens(), 3);
    cr_expect_eq(scripted_listeners(), 1);
    end();
}

Test(server, a_failed_start_can_be_repeated, .timeout = 60)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    make(NULL);
    scripted_knobs.listen_status = OSTLER_E_LISTEN;
    cr_assert_eq(ostler_server_start(server, &error), OSTLER_E_LISTEN);
    cr_expect_str_eq(error.message, "the script says no");
    ostler_error_clear(&error);
    scripted_knobs.listen_status = OSTLER_OK;
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    cr_expect(scripted_result_is("echo", "{\"arg\": 7}", "7"));
    end();
}

/* What the driver held when the server stopped is served all the same. */
static void stop_with_a_backlog(const char *executor)
{
    struct scripted_call *calls[40];

    make(executor);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    scripted_hold(true);
    for (int i = 0; i < 40; i++)
        calls[i] = scripted_call("echo", "{\"arg\": 1}");
    scripted_hold(false);
    ostler_server_stop(server);
    cr_assert_eq(ostler_server_wait(server, -1.0, NULL), OSTLER_OK);
    for (int i = 0; i < 40; i++) {
        cr_expect(calls[i]->answered);
        scripted_call_free(calls[i]);
    }
    end();
}

Test(server, what_was_taken_is_served_after_stop, .timeout = 60)
{
    stop_with_a_backlog("threading");
}

Test(server, what_was_taken_is_served_after_stop_with_one_thread, .timeout = 60)
{
    stop_with_a_backlog("blocking");
}

Test(server, wait_tells_how_many_are_left, .timeout = 60)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    unsigned wanted = 2;

    make(NULL);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    cr_assert_eq(ostler_server_wait(server, 0.01, &error), OSTLER_E_TASK_TIMEOUT);
    cr_expect_str_eq(error.message, "server topic.node was not stopped within 0.01 s");
    struct scripted_call *a = scripted_call("block", NULL);
    struct scripted_call *b = scripted_call("block", NULL);
    cr_assert(scripted_until(is_running, &wanted));
    ostler_server_stop(server);
    cr_assert_eq(ostler_server_wait(server, 0.01, &error), OSTLER_E_TASK_TIMEOUT);
    cr_expect_str_eq(error.message, "server topic.node: requests still unanswered after 0.01 s: 2");
    ostler_error_clear(&error);
    atomic_store(&gate, true);
    cr_assert_eq(ostler_server_wait(server, -1.0, NULL), OSTLER_OK);
    cr_expect(a->answered && b->answered);
    scripted_call_free(a);
    scripted_call_free(b);
    end();
}

Test(server, wait_waits_for_kept_requests, .timeout = 60)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    make("blocking");
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    struct scripted_call *call = scripted_call("keep", NULL);
    cr_assert(scripted_until(is_kept, NULL));
    cr_expect(scripted_result_is("echo", "{\"arg\": 7}", "7"));
    ostler_server_stop(server);
    cr_assert_eq(ostler_server_wait(server, 0.01, &error), OSTLER_E_TASK_TIMEOUT);
    cr_expect_str_eq(error.message, "server topic.node: requests still unanswered after 0.01 s: 1");
    ostler_error_clear(&error);
    cr_expect_not(call->answered);
    cr_expect_eq(scripted_listeners(), 1);
    cr_assert_eq(ostler_request_return(atomic_load(&kept), json_object_new_int(5)), OSTLER_OK);
    cr_assert_eq(ostler_server_wait(server, -1.0, NULL), OSTLER_OK);
    cr_expect_eq(json_object_get_int(call->value), 5);
    scripted_call_free(call);
    end();
}

static void *start_and_stop(void *argument)
{
    (void)argument;
    for (int i = 0; i < 20; i++) {
        if (ostler_server_start(server, NULL) != OSTLER_OK)
            return argument;
        ostler_server_stop(server);
        if (i % 3 == 0 && ostler_server_wait(server, 0.5, NULL) != OSTLER_OK)
            continue;
    }
    return NULL;
}

Test(server, any_thread_may_start_and_stop, .timeout = 120)
{
    pthread_t threads[4];
    void *result;

    make(NULL);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, start_and_stop, (void *)&server);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        cr_expect_null(result);
    }
    end();
}

static void *answer_kept(void *argument)
{
    ostler_request_return(argument, json_object_new_string("later"));
    return NULL;
}

Test(server, another_thread_may_answer, .timeout = 60)
{
    pthread_t thread;

    make(NULL);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    struct scripted_call *call = scripted_call("keep", NULL);
    cr_assert(scripted_until(is_kept, NULL));
    pthread_create(&thread, NULL, answer_kept, atomic_load(&kept));
    cr_assert(scripted_answered(call));
    cr_expect_str_eq(json_object_get_string(call->value), "later");
    pthread_join(thread, NULL);
    scripted_call_free(call);
    end();
}

Test(server, a_target_needs_topic_and_server)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char name[300];

    transport = scripted_transport();
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_expect_eq(ostler_server_new(transport, &(struct ostler_target){.server = "s"}, served, 1, NULL, &server, &error),
                 OSTLER_E_TARGET);
    cr_expect_str_eq(error.message, "a server's target must have a topic");
    cr_expect_eq(ostler_server_new(transport, &(struct ostler_target){.topic = "t"}, served, 1, NULL, &server, &error),
                 OSTLER_E_TARGET);
    cr_expect_eq(ostler_server_new(transport, &(struct ostler_target){.topic = name, .server = "s"}, served, 1, NULL,
                                   &server, &error),
                 OSTLER_E_TARGET);
    ostler_error_clear(&error);
    cr_expect_null(server);
    ostler_transport_unref(transport);
}

Test(server, an_unknown_executor_is_refused)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;

    options.executor = "eventlet";
    transport = scripted_transport();
    cr_expect_eq(ostler_server_new(transport, &target, served, 1, &options, &server, &error), OSTLER_E_EXECUTOR);
    cr_expect_not_null(strstr(error.message, "eventlet"));
    ostler_error_clear(&error);
    ostler_transport_unref(transport);
}
