/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted.h"

#include <ostler/log.h>

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* --- What was logged --------------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last[4096];
static unsigned lines;

static void sink(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)user;
    /* Of the requests only. */
    if (strcmp(module, "server") != 0 || !strstr(text, "method"))
        return;
    pthread_mutex_lock(&lock);
    lines++;
    snprintf(last, sizeof last, "%s %s %s", ostler_log_level_name(level), module, text);
    pthread_mutex_unlock(&lock);
}

static void expect_logged(const char *text)
{
    pthread_mutex_lock(&lock);
    cr_expect_eq(lines, 1);
    cr_expect_str_eq(last, text);
    lines = 0;
    pthread_mutex_unlock(&lock);
}

/* --- Methods ------------------------------------------------------------------------------------------------------ */

static atomic_uint second_answers;
static atomic_bool release;

static bool is_released(void *user)
{
    (void)user;
    return atomic_load(&release);
}

static enum ostler_status fails(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_fail(request, "acme.errors", "TooHot", "%d degrees", 90);
}

static enum ostler_status refuses(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_refuse(request, "builtins", "KeyError", "'%s'", "x");
}

static enum ostler_status raises(ostler_request *request, void *state)
{
    (void)state;
    struct json_object *args = json_tokener_parse("[1, \"two\"]");
    struct json_object *kwargs = json_tokener_parse("{\"k\": 3}");
    enum ostler_status status = ostler_request_raise(request, "m", "C", "(1, 'two')", args, kwargs, false);
    json_object_put(args);
    json_object_put(kwargs);
    return status;
}

static enum ostler_status twice(ostler_request *request, void *state)
{
    (void)state;
    ostler_request_keep(request);
    if (ostler_request_return(request, json_object_new_int(1)) != OSTLER_OK)
        return OSTLER_E_SYSTEM;
    second_answers += ostler_request_return(request, json_object_new_int(2)) == OSTLER_E_INVALID;
    second_answers += ostler_request_fail(request, "m", "C", "late") == OSTLER_E_INVALID;
    second_answers += ostler_request_refuse(request, "m", "C", "late") == OSTLER_E_INVALID;
    second_answers += ostler_request_raise(request, "m", "C", "late", NULL, NULL, false) == OSTLER_E_INVALID;
    return OSTLER_OK;
}

static enum ostler_status silent(ostler_request *request, void *state)
{
    (void)request;
    (void)state;
    return OSTLER_OK;
}

static enum ostler_status gives_up(ostler_request *request, void *state)
{
    (void)request;
    (void)state;
    return OSTLER_E_BUSY;
}

static enum ostler_status slow(ostler_request *request, void *state)
{
    (void)state;
    scripted_until(is_released, NULL);
    return ostler_request_return(request, NULL);
}

static enum ostler_status reads(ostler_request *request, void *state)
{
    (void)state;
    char text[1024];
    snprintf(text, sizeof text, "%s %s %s %s %s %s %s %s %ld %ld %g %g %d %d %d %d", ostler_request_method(request),
             ostler_request_namespace(request), ostler_request_version(request), ostler_request_exchange(request),
             ostler_request_topic(request), ostler_request_server(request),
             ostler_request_arg_string(request, "s", "-"), ostler_request_arg_string(request, "i", "-"),
             (long)ostler_request_arg_integer(request, "i", -1), (long)ostler_request_arg_integer(request, "s", -1),
             ostler_request_arg_number(request, "i", -1), ostler_request_arg_number(request, "s", -1),
             ostler_request_arg_bool(request, "b", false), ostler_request_arg_bool(request, "nothing", true),
             ostler_request_wants_reply(request), ostler_request_deadline(request) == OSTLER_NEVER);
    return ostler_request_return(request, json_object_new_string(text));
}

static const struct ostler_method methods[] = {
    {"fails", fails, NULL, 0, ""}, {"refuses", refuses, NULL, 0, ""}, {"raises", raises, NULL, 0, ""},
    {"twice", twice, NULL, 0, ""}, {"silent", silent, NULL, 0, ""},   {"gives_up", gives_up, NULL, 0, ""},
    {"slow", slow, NULL, 0, ""},   {"reads", reads, NULL, 0, ""},     {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_endpoint endpoint = {.namespace_ = "ns", .version = "1.0", .methods = methods};
static const struct ostler_endpoint *const endpoints[] = {&endpoint, NULL};
static const struct ostler_endpoint_ops operations = {.rpc = endpoints};
static const struct ostler_server_endpoint served[] = {{.name = "ep", .ops = &operations}};
static const struct ostler_target target = {.topic = "topic", .server = "node"};

static ostler_transport *transport;
static ostler_server *server;

static void begin(void)
{
    ostler_log_set_level(OSTLER_LOG_DEBUG);
    ostler_log_set_sink(sink, NULL);
    transport = scripted_transport();
    cr_assert_eq(ostler_server_new(transport, &target, served, 1, NULL, &server, NULL), OSTLER_OK);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
}

static void end(void)
{
    ostler_server_free(server);
    ostler_transport_unref(transport);
    cr_expect_eq(scripted_incoming(), 0);
}

static struct scripted_call *call(const char *method)
{
    struct scripted_call *made = scripted_send(&(struct scripted_request){.method = method, .namespace_ = "ns"});

    cr_assert(scripted_answered(made));
    return made;
}

static void expect_value(struct scripted_call *made, const char *json)
{
    cr_expect_str_eq(
        json_object_to_json_string_ext(made->value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), json);
    scripted_call_free(made);
}

static int count_of(const char *name)
{
    struct json_object *stats = ostler_server_stats(server);
    int count = json_object_get_int(json_object_object_get(stats, name));

    json_object_put(stats);
    return count;
}

Test(request, a_failure_travels_whole, .timeout = 60)
{
    begin();
    expect_value(call("fails"), "{\"class\":\"TooHot\",\"module\":\"acme.errors\",\"message\":\"90 degrees\",\"tb\":["
                                "\"  Endpoint \\\"ep\\\" version 1.0 on server topic.node, in fails\\n\","
                                "\"acme.errors.TooHot: 90 degrees\\n\"],\"args\":[\"90 degrees\"],\"kwargs\":{}}");
    expect_logged("ERROR server topic.node: method fails of endpoint ep failed: acme.errors.TooHot: 90 degrees");
    end();
}

Test(request, a_refusal_is_logged_for_debugging_only, .timeout = 60)
{
    begin();
    expect_value(call("refuses"), "{\"class\":\"KeyError\",\"module\":\"builtins\",\"message\":\"'x'\",\"tb\":["
                                  "\"  Endpoint \\\"ep\\\" version 1.0 on server topic.node, in refuses\\n\","
                                  "\"KeyError: 'x'\\n\"],\"args\":[\"'x'\"],\"kwargs\":{}}");
    expect_logged("DEBUG server topic.node: method refuses of endpoint ep refused: builtins.KeyError: 'x'");
    end();
}

Test(request, a_failure_may_have_arguments, .timeout = 60)
{
    begin();
    struct scripted_call *made = call("raises");
    cr_expect_str_eq(json_object_to_json_string_ext(json_object_object_get(made->value, "args"), 0), "[1,\"two\"]");
    cr_expect_str_eq(json_object_to_json_string_ext(json_object_object_get(made->value, "kwargs"), 0), "{\"k\":3}");
    scripted_call_free(made);
    end();
}

Test(request, only_the_first_answer_counts, .timeout = 60)
{
    begin();
    struct scripted_call *made = call("twice");
    cr_assert(scripted_freed(made));
    cr_expect_eq(made->answers, 1);
    expect_value(made, "1");
    cr_expect_eq(atomic_load(&second_answers), 4);
    end();
}

Test(request, a_method_without_an_answer_has_one, .timeout = 60)
{
    begin();
    struct scripted_call *made = call("silent");
    cr_expect_not(made->failed);
    cr_expect_null(made->value);
    scripted_call_free(made);
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "gives_up", .namespace_ = "ns"},
                                  "RuntimeError builtins a bounded queue is full; try again later"));
    end();
}

Test(request, is_read, .timeout = 60)
{
    begin();
    struct scripted_call *made = scripted_send(&(struct scripted_request){
        .method = "reads", .namespace_ = "ns", .args = "{\"s\": \"text\", \"i\": 5, \"b\": true, \"nothing\": null}"});
    cr_assert(scripted_answered(made));
    cr_expect_str_eq(json_object_get_string(made->value), "reads ns 1.0 openstack topic node text - 5 -1 5 -1 1 1 1 1");
    scripted_call_free(made);
    end();
}

Test(request, what_cannot_be_sent_is_told, .timeout = 60)
{
    begin();
    scripted_knobs.reply_status = OSTLER_E_INVALID;
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "reads", .namespace_ = "ns"},
                                  "RuntimeError builtins the answer cannot be sent: the script says no"));
    expect_logged(
        "ERROR server topic.node: method reads of endpoint ep failed: builtins.RuntimeError: the answer cannot "
        "be sent: the script says no");
    cr_expect_eq(count_of("failures"), 1);
    end();
}

Test(request, what_was_not_delivered_is_logged, .timeout = 60)
{
    begin();
    scripted_knobs.reply_status = OSTLER_E_DELIVERY;
    struct scripted_call *made = scripted_send(&(struct scripted_request){.method = "reads", .namespace_ = "ns"});
    cr_assert(scripted_freed(made));
    expect_logged("INFO server topic.node: the answer to method reads was not delivered: the script says no");
    cr_expect_not(made->answered);
    scripted_call_free(made);
    end();
}

Test(request, missing_methods_that_ignore_errors_are_quiet, .timeout = 60)
{
    begin();
    scripted_call_free(call("x_ignore_errors"));
    expect_logged("DEBUG server topic.node: method x_ignore_errors failed: oslo_messaging.rpc.dispatcher.NoSuchMethod: "
                  "Endpoint does not support RPC method x_ignore_errors");
    scripted_call_free(call("x"));
    expect_logged("ERROR server topic.node: method x failed: oslo_messaging.rpc.dispatcher.NoSuchMethod: "
                  "Endpoint does not support RPC method x");
    end();
}

Test(request, a_caller_who_asks_gets_signs_of_life, .timeout = 60)
{
    begin();
    struct scripted_call *made =
        scripted_send(&(struct scripted_request){.method = "slow", .namespace_ = "ns", .monitor_timeout = 0.02});
    cr_expect(scripted_heartbeats(made, 3));
    atomic_store(&release, true);
    cr_assert(scripted_freed(made));
    cr_expect(made->answered);
    cr_expect_eq(made->late_heartbeats, 0);
    scripted_call_free(made);
    end();
}

Test(request, counts, .timeout = 60)
{
    begin();
    scripted_call_free(call("reads"));
    scripted_call_free(call("fails"));
    scripted_call_free(call("x"));
    cr_expect_eq(count_of("requests"), 3);
    cr_expect_eq(count_of("failures"), 2);
    cr_expect_eq(count_of("unmatched"), 1);
    cr_expect_eq(count_of("in_flight"), 0);
    end();
}
