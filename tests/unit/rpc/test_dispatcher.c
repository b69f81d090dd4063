/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* --- Endpoints that answer with their own names ------------------------------------------------------------------ */

#define ANSWERS(name_)                                                                                                 \
    static enum ostler_status name_(ostler_request *request, void *state)                                              \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        return ostler_request_return(request, json_object_new_string(#name_));                                         \
    }
ANSWERS(first)
ANSWERS(second)
ANSWERS(third)
ANSWERS(fourth)

static atomic_uint calls;

static enum ostler_status count(ostler_request *request, void *state)
{
    (void)request;
    (void)state;
    atomic_fetch_add(&calls, 1);
    return OSTLER_OK;
}

static enum ostler_status tell(ostler_request *request, void *state)
{
    (void)state;
    struct json_object *told = json_object_new_object();
    json_object_object_add(told, "context", json_object_get(ostler_request_context(request)));
    json_object_object_add(told, "args", json_object_get(ostler_request_args(request)));
    json_object_object_add(told, "version", json_object_new_string(ostler_request_version(request)));
    return ostler_request_return(request, told);
}

static const struct ostler_method a_methods[] = {
    {"m", first, NULL, 0, ""},
    {"_private", first, NULL, OSTLER_METHOD_EXPOSED, ""},
    {"only_a", first, NULL, 0, ""},
    {"_both", first, NULL, 0, ""},
    {"count", count, "", 0, ""},
    {"tell", tell, NULL, 0, ""},
    {"greet", first, "name: string", 0, ""},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_method b_methods[] = {
    {"m", second, NULL, 0, ""}, {"only_b", second, NULL, 0, ""}, {NULL, NULL, NULL, 0, NULL}};
static const struct ostler_method c_methods[] = {{"m", third, NULL, 0, ""}, {NULL, NULL, NULL, 0, NULL}};
static const struct ostler_method d_methods[] = {{"m", fourth, NULL, 0, ""}, {NULL, NULL, NULL, 0, NULL}};
static const char *const c_legacy[] = {"old", NULL};
static const char *const d_legacy[] = {"", NULL};
static const struct ostler_endpoint a = {.version = "1.2", .methods = a_methods};
static const struct ostler_endpoint b = {.version = "1.4", .methods = b_methods};
static const struct ostler_endpoint c = {
    .namespace_ = "new", .version = "2.0", .legacy_namespaces = c_legacy, .methods = c_methods};
static const struct ostler_endpoint d = {
    .namespace_ = "d", .version = "3.0.1", .legacy_namespaces = d_legacy, .methods = d_methods};
static const struct ostler_endpoint *const abc[] = {&a, &b, &c, NULL};
static const struct ostler_endpoint *const only_d[] = {&d, NULL};
static const struct ostler_endpoint_ops abc_operations = {.rpc = abc};
static const struct ostler_endpoint_ops d_operations = {.rpc = only_d};
static const struct ostler_server_endpoint served[] = {{.name = "abc", .ops = &abc_operations},
                                                       {.name = "d", .ops = &d_operations}};
static const struct ostler_target target = {.topic = "topic", .server = "node"};

static ostler_transport *transport;
static ostler_server *server;
static struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;
static bool ping_enabled;

static void begin(void)
{
    transport = scripted_transport();
    if (ping_enabled)
        cr_assert_eq(ostler_conf_set(ostler_transport_conf(transport), "DEFAULT", "rpc_ping_enabled", "true", NULL),
                     OSTLER_OK);
    cr_assert_eq(ostler_server_new(transport, &target, served, 2, &options, &server, NULL), OSTLER_OK);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
}

static void end(void)
{
    ostler_server_free(server);
    ostler_transport_unref(transport);
}

/* Who answers, or the failure's text. */
static const char *answer(const char *method, const char *namespace_, const char *version)
{
    static char text[2048];
    struct scripted_request request = {.method = method, .namespace_ = namespace_, .version = version};
    struct scripted_call *call = scripted_send(&request);

    cr_assert(scripted_answered(call));
    if (call->failed)
        scripted_failure_text(call, text, sizeof text);
    else
        snprintf(text, sizeof text, "%s", json_object_get_string(call->value));
    scripted_call_free(call);
    return text;
}

#define NO_METHOD(method) "NoSuchMethod oslo_messaging.rpc.dispatcher Endpoint does not support RPC method " method
#define NO_VERSION(version, method)                                                                                    \
    "UnsupportedVersion oslo_messaging.rpc.dispatcher Endpoint does not support RPC version " version                  \
    ". Attempted method: " method

Test(dispatcher, the_first_that_matches_serves, .timeout = 60)
{
    begin();
    cr_expect_str_eq(answer("m", NULL, NULL), "first");
    cr_expect_str_eq(answer("m", NULL, "1.2"), "first");
    cr_expect_str_eq(answer("m", NULL, "1.3"), "second");
    cr_expect_str_eq(answer("only_b", NULL, "1.0"), "second");
    cr_expect_str_eq(answer("m", NULL, "3.0.1"), "fourth");
    end();
}

Test(dispatcher, namespaces_separate, .timeout = 60)
{
    begin();
    cr_expect_str_eq(answer("m", "new", "2.0"), "third");
    cr_expect_str_eq(answer("m", "old", "2.0"), "third");
    cr_expect_str_eq(answer("m", "d", "3.0"), "fourth");
    cr_expect_str_eq(answer("m", "other", "2.0"), NO_VERSION("2.0", "m"));
    cr_expect_str_eq(answer("m", "", "3.0"), NO_VERSION("3.0", "m"));
    end();
}

Test(dispatcher, what_does_not_match_is_told_apart, .timeout = 60)
{
    begin();
    cr_expect_str_eq(answer("x", NULL, "1.0"), NO_METHOD("x"));
    cr_expect_str_eq(answer("m", NULL, "1.5"), NO_VERSION("1.5", "m"));
    cr_expect_str_eq(answer("m", NULL, "2.0"), NO_VERSION("2.0", "m"));
    cr_expect_str_eq(answer("m", NULL, "1"), NO_VERSION("1", "m"));
    /* Compatible by version with b only, which does not have it. */
    cr_expect_str_eq(answer("only_a", NULL, "1.4"), NO_METHOD("only_a"));
    cr_expect_str_eq(answer(NULL, NULL, NULL), "TypeError builtins attribute name must be string, not 'NoneType'");
    end();
}

Test(dispatcher, a_name_of_any_length_is_bounded, .timeout = 60)
{
    char name[5000], expected[400];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    begin();
    snprintf(expected, sizeof expected, NO_METHOD("%.255s"), name);
    cr_expect_str_eq(answer(name, NULL, NULL), expected);
    end();
}

Test(dispatcher, the_policy_hides_methods, .timeout = 60)
{
    begin();
    cr_expect_str_eq(answer("_private", NULL, NULL), NO_METHOD("_private"));
    end();
    options.access_policy = "explicit";
    begin();
    cr_expect_str_eq(answer("_private", NULL, NULL), "first");
    cr_expect_str_eq(answer("m", NULL, NULL), NO_METHOD("m"));
    end();
    options.access_policy = "LegacyRPCAccessPolicy";
    begin();
    cr_expect_str_eq(answer("_private", NULL, NULL), "first");
    cr_expect_str_eq(answer("m", NULL, NULL), "first");
    end();
}

Test(dispatcher, parameters_are_checked, .timeout = 60)
{
    begin();
    cr_expect(scripted_result_is("greet", "{\"name\": \"x\"}", "\"first\""));
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "greet"},
                                  "TypeError builtins greet() missing 1 required positional argument: 'name'"));
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "greet", .args = "{\"name\": 1}"},
                                  "TypeError builtins greet() argument 'name' must be string, not integer"));
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "greet", .args = "[1]"},
                                  "TypeError builtins the arguments of a method must be an object"));
    end();
}

Test(dispatcher, absent_values_are_empty_objects, .timeout = 60)
{
    begin();
    cr_expect(scripted_result_is("tell", NULL, "{\"context\":{},\"args\":{},\"version\":\"1.0\"}"));
    struct scripted_call *call = scripted_send(
        &(struct scripted_request){.method = "tell", .version = "1.1", .context = "{\"u\":1}", .args = "{\"a\":null}"});
    cr_assert(scripted_answered(call));
    cr_expect_str_eq(json_object_to_json_string_ext(call->value, JSON_C_TO_STRING_PLAIN),
                     "{\"context\":{\"u\":1},\"args\":{\"a\":null},\"version\":\"1.1\"}");
    scripted_call_free(call);
    end();
}

Test(dispatcher, what_is_broken_is_answered, .timeout = 60)
{
    begin();
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "m", .broken = true},
                                  "ValueError builtins not JSON at byte 7"));
    end();
}

Test(dispatcher, what_comes_too_late_is_left, .timeout = 60)
{
    begin();
    struct scripted_call *call =
        scripted_send(&(struct scripted_request){.method = "count", .deadline = ostler_now() - 1});
    cr_assert(scripted_freed(call));
    cr_expect_not(call->answered);
    scripted_call_free(call);
    struct scripted_request in_time = {.method = "count", .deadline = ostler_deadline(60.0)};
    call = scripted_send(&in_time);
    cr_assert(scripted_answered(call));
    scripted_call_free(call);
    cr_expect_eq(atomic_load(&calls), 1);
    struct json_object *stats = ostler_server_stats(server);
    cr_expect_eq(json_object_get_int(json_object_object_get(stats, "expired")), 1);
    json_object_put(stats);
    end();
}

Test(dispatcher, a_cast_is_run_and_not_answered, .timeout = 60)
{
    begin();
    struct scripted_call *cast = scripted_send(&(struct scripted_request){.method = "count", .is_cast = true});
    struct scripted_call *wrong = scripted_send(&(struct scripted_request){.method = "x", .is_cast = true});
    cr_assert(scripted_freed(cast) && scripted_freed(wrong));
    cr_expect_eq(atomic_load(&calls), 1);
    cr_expect_not(cast->answered || wrong->answered);
    scripted_call_free(cast);
    scripted_call_free(wrong);
    end();
}

Test(dispatcher, pings_are_answered_if_wanted, .timeout = 60)
{
    begin();
    cr_expect_str_eq(answer("oslo_rpc_server_ping", NULL, NULL), NO_METHOD("oslo_rpc_server_ping"));
    end();
    ping_enabled = true;
    begin();
    cr_expect(scripted_result_is("oslo_rpc_server_ping", "{\"any\": 1}", "\"pong\""));
    end();
    options.access_policy = "explicit";
    begin();
    cr_expect_str_eq(answer("oslo_rpc_server_ping", NULL, NULL), NO_METHOD("oslo_rpc_server_ping"));
    end();
}

/* --- Serializer -------------------------------------------------------------------------------------------------- */

static bool fail_context, fail_args, fail_result;

static enum ostler_status wrap(const char *how, struct json_object *value, struct json_object **out)
{
    *out = json_object_new_object();
    json_object_object_add(*out, how, json_object_get(value));
    return OSTLER_OK;
}

static enum ostler_status serialize_entity(void *user, struct json_object *context, struct json_object *entity,
                                           struct json_object **out, struct ostler_error *error)
{
    (void)user;
    (void)context;
    if (fail_result)
        return ostler_error_set(error, OSTLER_E_INVALID, "no such result");
    return wrap("result", entity, out);
}

static enum ostler_status deserialize_entity(void *user, struct json_object *context, struct json_object *entity,
                                             struct json_object **out, struct ostler_error *error)
{
    (void)user;
    if (fail_args)
        return ostler_error_set(error, OSTLER_E_INVALID, "no such argument");
    cr_expect_not_null(json_object_object_get(context, "context"));
    return wrap("arg", entity, out);
}

static enum ostler_status deserialize_context(void *user, struct json_object *context, struct json_object **out,
                                              struct ostler_error *error)
{
    (void)user;
    if (fail_context)
        return ostler_error_set(error, OSTLER_E_INVALID, "no such context");
    return wrap("context", context, out);
}

static const struct ostler_serializer serializer = {.serialize_entity = serialize_entity,
                                                    .deserialize_entity = deserialize_entity,
                                                    .deserialize_context = deserialize_context};

Test(dispatcher, the_serializer_sees_everything, .timeout = 60)
{
    options.serializer = &serializer;
    begin();
    cr_expect(scripted_result_is("tell", "{\"a\":1,\"b\":null}",
                                 "{\"result\":{\"context\":{\"context\":{}},\"args\":{\"a\":{\"arg\":1},\"b\":{"
                                 "\"arg\":null}},\"version\":\"1.0\"}}"));
    end();
}

Test(dispatcher, a_failing_hook_fails_the_request, .timeout = 60)
{
    struct scripted_request request = {.method = "tell", .args = "{\"a\": 1}"};

    options.serializer = &serializer;
    begin();
    fail_result = true;
    cr_expect(scripted_failure_is(&request, "RuntimeError builtins no such result"));
    fail_args = true;
    cr_expect(scripted_failure_is(&request, "RuntimeError builtins no such argument"));
    fail_context = true;
    cr_expect(scripted_failure_is(&request, "RuntimeError builtins no such context"));
    end();
}
