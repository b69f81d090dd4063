/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Endpoints that note what happens to them --------------------------------------------------------------------- */

struct state {
    const char *who;
    char *value; /* of the option, or ""; guarded by the lock */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint opened, finished, blocked;
static atomic_bool gate;
static const char *refuse_value; /* an endpoint refuses options with this value */
static pthread_t finished_by;
static _Atomic(ostler_request *) kept;
static const struct ostler_endpoint_host *_Atomic host_of_a;

static const char *option_of(const ostler_conf *conf, const char *section)
{
    const char *value = ostler_conf_string(conf, section, "unit");

    return value ? value : "";
}

static enum ostler_status take(struct state *state, const ostler_conf *conf, const char *section,
                               struct ostler_error *error)
{
    const char *value = option_of(conf, section);

    if (refuse_value && strcmp(value, refuse_value) == 0 && strcmp(state->who, "b") == 0)
        return ostler_error_set(error, OSTLER_E_CONFIG, "unit %s is not known", value);
    pthread_mutex_lock(&lock);
    free(state->value);
    state->value = strdup(value);
    pthread_mutex_unlock(&lock);
    return OSTLER_OK;
}

static enum ostler_status open_state(const char *who, const ostler_conf *conf, const char *section, void **state,
                                     struct ostler_error *error)
{
    struct state *made = calloc(1, sizeof *made);

    made->who = who;
    enum ostler_status status = take(made, conf, section, error);
    if (status != OSTLER_OK) {
        free(made);
        return status;
    }
    atomic_fetch_add(&opened, 1);
    *state = made;
    return OSTLER_OK;
}

static enum ostler_status open_a(const struct ostler_endpoint_host *host, const ostler_conf *conf, const char *section,
                                 void **state, struct ostler_error *error)
{
    cr_expect_str_eq(host->target->topic, "topic");
    atomic_store(&host_of_a, host);
    return open_state("a", conf, section, state, error);
}

static enum ostler_status open_b(const struct ostler_endpoint_host *host, const ostler_conf *conf, const char *section,
                                 void **state, struct ostler_error *error)
{
    (void)host;
    return open_state("b", conf, section, state, error);
}

static enum ostler_status reset(void *state, const ostler_conf *conf, const char *section, struct ostler_error *error)
{
    return take(state, conf, section, error);
}

static void fini(void *state)
{
    free(((struct state *)state)->value);
    free(state);
    pthread_mutex_lock(&lock);
    finished_by = pthread_self();
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&finished, 1);
}

static enum ostler_status show(ostler_request *request, void *state)
{
    pthread_mutex_lock(&lock);
    struct json_object *value = json_object_new_string(((struct state *)state)->value);
    pthread_mutex_unlock(&lock);
    return ostler_request_return(request, value);
}

static bool gate_is_open(void *user)
{
    (void)user;
    return atomic_load(&gate);
}

static enum ostler_status block(ostler_request *request, void *state)
{
    atomic_fetch_add(&blocked, 1);
    scripted_until(gate_is_open, NULL);
    return ostler_request_return(request, json_object_new_string(((struct state *)state)->who));
}

static enum ostler_status keep(ostler_request *request, void *state)
{
    (void)state;
    atomic_store(&kept, ostler_request_keep(request));
    return OSTLER_OK;
}

/* What the endpoint `control` does. */
static enum ostler_status control(ostler_request *request, void *state)
{
    const struct ostler_endpoint_host *host = atomic_load(&host_of_a);
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *told = json_object_new_array();

    (void)state;
    json_object_array_add(told, json_object_new_int((int)host->reset(host->self, &error)));
    json_object_array_add(told, json_object_new_int((int)host->stop(host->self, &error)));
    struct json_object *stats = host->stats(host->self), *description = host->describe(host->self);
    json_object_array_add(told, json_object_get(json_object_object_get(stats, "in_flight")));
    json_object_array_add(told, json_object_get(json_object_object_get(description, "target")));
    json_object_put(stats);
    json_object_put(description);
    ostler_error_clear(&error);
    return ostler_request_return(request, told);
}

static const struct ostler_method a_methods[] = {{"show_a", show, "", OSTLER_METHOD_EXPOSED, "returns the unit"},
                                                 {NULL, NULL, NULL, 0, NULL}};
static const struct ostler_method b_methods[] = {
    {"show_b", show, "", 0, ""},     {"block", block, "", 0, ""}, {"keep", keep, "", 0, ""},
    {"control", control, "", 0, ""}, {NULL, NULL, NULL, 0, NULL},
};
static const char *const legacy[] = {"old", "", NULL};
static const struct ostler_option unit[] = {{.name = "unit", .type = OSTLER_OPTION_STRING, .help = "a unit"},
                                            {.name = NULL}};
static const struct ostler_endpoint a = {.version = "1.0", .methods = a_methods};
static const struct ostler_endpoint old_a = {
    .namespace_ = "ns", .version = "1.7", .legacy_namespaces = legacy, .methods = a_methods};
static const struct ostler_endpoint b = {.methods = b_methods};
static const struct ostler_endpoint *const a_list[] = {&a, &old_a, NULL};
static const struct ostler_endpoint *const b_list[] = {&b, NULL};
static const struct ostler_endpoint_ops a_operations = {
    .open = open_a, .reset = reset, .fini = fini, .rpc = a_list, .options = unit};
static const struct ostler_endpoint_ops b_operations = {
    .open = open_b, .reset = reset, .fini = fini, .rpc = b_list, .options = unit};
static const struct ostler_server_endpoint both[] = {{.name = "a", .ops = &a_operations},
                                                     {.name = "b", .ops = &b_operations}};
static const struct ostler_target target = {.topic = "topic", .server = "node"};

static ostler_transport *transport;
static ostler_server *server;

static ostler_conf *conf_with(const char *a_unit, const char *b_unit)
{
    ostler_conf *conf = NULL;

    cr_assert_eq(ostler_conf_new(&conf, NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_set(conf, "endpoint:a", "unit", a_unit, NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_set(conf, "endpoint:b", "unit", b_unit, NULL), OSTLER_OK);
    return conf;
}

static void begin(void)
{
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;

    transport = scripted_transport();
    options.conf = conf_with("kelvin", "metre");
    cr_assert_eq(ostler_server_new(transport, &target, both, 2, &options, &server, NULL), OSTLER_OK);
    ostler_conf_unref(options.conf);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
}

static void end(void)
{
    ostler_server_free(server);
    ostler_transport_unref(transport);
    cr_expect_eq(atomic_load(&opened), atomic_load(&finished));
}

static enum ostler_status reset_to(const char *a_unit, const char *b_unit, struct ostler_error *error)
{
    ostler_conf *conf = conf_with(a_unit, b_unit);
    enum ostler_status status = ostler_server_reset(server, conf, NULL, error);

    ostler_conf_unref(conf);
    return status;
}

static enum ostler_status replace_by(const struct ostler_server_endpoint *endpoints, size_t count,
                                     struct ostler_error *error)
{
    ostler_conf *conf = conf_with("celsius", "mile");
    enum ostler_status status = ostler_server_replace(server, conf, endpoints, count, NULL, error);

    ostler_conf_unref(conf);
    return status;
}

static bool is_blocked(void *user)
{
    (void)user;
    return atomic_load(&blocked) > 0;
}

static bool is_kept(void *user)
{
    (void)user;
    return atomic_load(&kept) != NULL;
}

static bool is_finished(void *user)
{
    return atomic_load(&finished) >= *(unsigned *)user;
}

#define NO_METHOD(method) "NoSuchMethod oslo_messaging.rpc.dispatcher Endpoint does not support RPC method " method

/* --- Reset -------------------------------------------------------------------------------------------------------- */

Test(server_endpoints, a_reset_hands_over_new_options, .timeout = 60)
{
    begin();
    cr_expect(scripted_result_is("show_a", NULL, "\"kelvin\""));
    cr_expect(scripted_result_is("show_b", NULL, "\"metre\""));
    cr_assert_eq(reset_to("celsius", "mile", NULL), OSTLER_OK);
    cr_expect(scripted_result_is("show_a", NULL, "\"celsius\""));
    cr_expect(scripted_result_is("show_b", NULL, "\"mile\""));
    cr_expect_eq(atomic_load(&opened), 2);
    cr_expect_eq(atomic_load(&finished), 0);
    end();
}

Test(server_endpoints, a_refused_reset_leaves_everything, .timeout = 60)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    begin();
    refuse_value = "parsec";
    cr_assert_eq(reset_to("celsius", "parsec", &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "endpoint \"b\": unit parsec is not known");
    ostler_error_clear(&error);
    cr_expect(scripted_result_is("show_a", NULL, "\"kelvin\""));
    cr_expect(scripted_result_is("show_b", NULL, "\"metre\""));
    end();
}

Test(server_endpoints, a_reset_may_change_the_policy, .timeout = 60)
{
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = conf_with("kelvin", "metre");

    begin();
    options.access_policy = "explicit";
    cr_assert_eq(ostler_server_reset(server, conf, &options, NULL), OSTLER_OK);
    cr_expect(scripted_result_is("show_a", NULL, "\"kelvin\""));
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "show_b"}, NO_METHOD("show_b")));
    cr_assert_eq(ostler_server_reset(server, conf, NULL, NULL), OSTLER_OK);
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "show_b"}, NO_METHOD("show_b")));
    options.access_policy = "lax";
    cr_expect_eq(ostler_server_reset(server, conf, &options, &error), OSTLER_E_MODULE);
    cr_expect_not_null(strstr(error.message, "lax"));
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
    end();
}

/* --- Replace ------------------------------------------------------------------------------------------------------ */

Test(server_endpoints, what_is_no_longer_there_is_closed, .timeout = 60)
{
    begin();
    cr_assert_eq(replace_by(both, 1, NULL), OSTLER_OK);
    cr_expect(scripted_until(is_finished, &(unsigned){1}));
    cr_expect(scripted_result_is("show_a", NULL, "\"celsius\""));
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "show_b"}, NO_METHOD("show_b")));
    cr_assert_eq(replace_by(both, 2, NULL), OSTLER_OK);
    cr_expect(scripted_result_is("show_b", NULL, "\"mile\""));
    cr_expect_eq(atomic_load(&opened), 3);
    end();
}

Test(server_endpoints, requests_finish_where_they_began, .timeout = 60)
{
    begin();
    struct scripted_call *call = scripted_call("block", NULL);
    cr_assert(scripted_until(is_blocked, NULL));
    cr_assert_eq(replace_by(both, 1, NULL), OSTLER_OK);
    cr_expect(scripted_failure_is(&(struct scripted_request){.method = "block"}, NO_METHOD("block")));
    cr_expect_eq(atomic_load(&finished), 0);
    atomic_store(&gate, true);
    cr_assert(scripted_answered(call));
    cr_expect_str_eq(json_object_get_string(call->value), "b");
    cr_expect(scripted_until(is_finished, &(unsigned){1}));
    scripted_call_free(call);
    end();
}

/* The thread that answers a kept request may be the endpoint's own: its state must not end under it. */
Test(server_endpoints, who_answers_does_not_close, .timeout = 60)
{
    begin();
    struct scripted_call *call = scripted_call("keep", NULL);
    cr_assert(scripted_until(is_kept, NULL));
    cr_assert_eq(replace_by(both, 1, NULL), OSTLER_OK);
    cr_expect_eq(atomic_load(&finished), 0);
    cr_assert_eq(ostler_request_return(atomic_load(&kept), NULL), OSTLER_OK);
    cr_expect(scripted_until(is_finished, &(unsigned){1}));
    cr_expect_not(pthread_equal(finished_by, pthread_self()));
    scripted_call_free(call);
    end();
}

Test(server_endpoints, a_refused_replacement_leaves_everything, .timeout = 60)
{
    static const struct ostler_server_endpoint renamed[] = {{.name = "a", .ops = &a_operations},
                                                            {.name = "other", .ops = &a_operations},
                                                            {.name = "b", .ops = &b_operations}};
    struct ostler_error error = OSTLER_ERROR_INIT;

    begin();
    refuse_value = "mile";
    cr_assert_eq(replace_by(renamed, 3, &error), OSTLER_E_CONFIG);
    ostler_error_clear(&error);
    /* "other" was open already. */
    cr_expect_eq(atomic_load(&opened), 3);
    cr_expect_eq(atomic_load(&finished), 1);
    cr_expect(scripted_result_is("show_a", NULL, "\"kelvin\""));
    cr_expect(scripted_result_is("show_b", NULL, "\"metre\""));
    end();
}

static void *call_often(void *failures)
{
    for (int i = 0; i < 300; i++)
        if (!scripted_result_is("show_a", NULL, "\"celsius\""))
            ++*(unsigned *)failures;
    return NULL;
}

Test(server_endpoints, nothing_is_lost_while_they_are_exchanged, .timeout = 120)
{
    unsigned failures = 0;
    pthread_t thread;

    begin();
    cr_assert_eq(replace_by(both, 2, NULL), OSTLER_OK);
    pthread_create(&thread, NULL, call_often, &failures);
    for (size_t i = 0; i < 50; i++)
        cr_expect_eq(replace_by(both, i % 2 + 1, NULL), OSTLER_OK);
    pthread_join(thread, NULL);
    cr_expect_eq(failures, 0);
    end();
}

Test(server_endpoints, a_server_that_does_not_serve_can_be_changed, .timeout = 60)
{
    begin();
    ostler_server_stop(server);
    cr_assert_eq(ostler_server_wait(server, -1.0, NULL), OSTLER_OK);
    cr_assert_eq(replace_by(both, 1, NULL), OSTLER_OK);
    cr_expect_eq(atomic_load(&finished), 1);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    cr_expect(scripted_result_is("show_a", NULL, "\"celsius\""));
    end();
}

/* --- Tables that are wrong ---------------------------------------------------------------------------------------- */

static void expect_refused(const struct ostler_endpoint_ops *ops, const char *message)
{
    const struct ostler_server_endpoint wrong[] = {{.name = "a", .ops = &a_operations}, {.name = "bad", .ops = ops}};
    struct ostler_error error = OSTLER_ERROR_INIT;

    transport = scripted_transport();
    cr_expect_eq(ostler_server_new(transport, &target, wrong, 2, NULL, &server, &error), OSTLER_E_MODULE);
    cr_expect_str_eq(error.message, message);
    ostler_error_clear(&error);
    ostler_transport_unref(transport);
    cr_expect_eq(atomic_load(&opened), 0);
}

Test(server_endpoints, wrong_tables_are_refused, .timeout = 60)
{
    static const struct ostler_method no_function[] = {{"m", NULL, NULL, 0, ""}, {NULL, NULL, NULL, 0, NULL}};
    static const struct ostler_method no_type[] = {{"m", show, "a: text", 0, ""}, {NULL, NULL, NULL, 0, NULL}};
    static const struct ostler_endpoint no_version = {.version = "1", .methods = a_methods};
    static const struct ostler_endpoint no_methods = {.version = "1.0"};
    static const struct ostler_endpoint with_no_function = {.methods = no_function};
    static const struct ostler_endpoint with_no_type = {.methods = no_type};
    const struct ostler_endpoint *list[2] = {NULL, NULL};
    struct ostler_endpoint_ops ops = {.rpc = NULL};

    expect_refused(&ops, "endpoint \"bad\": it offers no RPC interface");
    ops.rpc = list;
    expect_refused(&ops, "endpoint \"bad\": it offers no RPC interface");
    list[0] = &no_version;
    expect_refused(&ops, "endpoint \"bad\": \"1\" is no version: a major and a minor number are needed");
    list[0] = &no_methods;
    expect_refused(&ops, "endpoint \"bad\": an interface has no method table");
    list[0] = &with_no_function;
    expect_refused(&ops, "endpoint \"bad\": method m has no function");
    list[0] = &with_no_type;
    expect_refused(&ops, "endpoint \"bad\": method m: parameter \"a\" has the unknown type \"text\"; known are any, "
                         "string, integer, number, boolean, object and array");
}

Test(server_endpoints, a_name_is_served_once)
{
    static const struct ostler_server_endpoint twice[] = {{.name = "a", .ops = &a_operations},
                                                          {.name = "a", .ops = &b_operations}};
    struct ostler_error error = OSTLER_ERROR_INIT;

    transport = scripted_transport();
    cr_expect_eq(ostler_server_new(transport, &target, twice, 2, NULL, &server, &error), OSTLER_E_INVALID);
    cr_expect_str_eq(error.message, "endpoint \"a\" is listed twice");
    ostler_error_clear(&error);
    ostler_transport_unref(transport);
}

Test(server_endpoints, an_endpoint_that_does_not_open_stops_the_server)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    refuse_value = "";
    transport = scripted_transport();
    cr_expect_eq(ostler_server_new(transport, &target, both, 2, NULL, &server, &error), OSTLER_E_CONFIG);
    cr_expect_str_eq(error.message, "endpoint \"b\": unit  is not known");
    ostler_error_clear(&error);
    ostler_transport_unref(transport);
    cr_expect_eq(atomic_load(&opened), 1);
    cr_expect_eq(atomic_load(&finished), 1);
}

/* --- Reports ------------------------------------------------------------------------------------------------------ */

Test(server_endpoints, a_server_describes_itself, .timeout = 60)
{
    begin();
    cr_assert_eq(replace_by(both, 1, NULL), OSTLER_OK);
    struct json_object *description = ostler_server_describe(server);
    cr_expect_str_eq(
        json_object_to_json_string_ext(description, JSON_C_TO_STRING_PLAIN),
        "{\"target\":{\"exchange\":\"openstack\",\"topic\":\"topic\",\"server\":\"node\"},\"endpoints\":["
        "{\"endpoint\":\"a\",\"file\":null,\"namespace\":null,\"legacy_namespaces\":[],\"version\":\"1.0\","
        "\"methods\":[{\"name\":\"show_a\",\"params\":\"\",\"summary\":\"returns the unit\"}]},"
        "{\"endpoint\":\"a\",\"file\":null,\"namespace\":\"ns\",\"legacy_namespaces\":[\"old\",null],"
        "\"version\":\"1.7\",\"methods\":[{\"name\":\"show_a\",\"params\":\"\",\"summary\":\"returns the unit\"}]}]}");
    json_object_put(description);
    end();
}

static atomic_uint asked;

static void on_asked(void *user)
{
    atomic_fetch_add((atomic_uint *)user, 1);
}

#define TARGET "{\"exchange\":\"openstack\",\"topic\":\"topic\",\"server\":\"node\"}"

Test(server_endpoints, an_endpoint_asks_the_server_and_the_program, .timeout = 60)
{
    struct ostler_server_options options = OSTLER_SERVER_OPTIONS_INIT;
    char expected[200];

    begin();
    snprintf(expected, sizeof expected, "[%d,%d,1," TARGET "]", OSTLER_E_INVALID, OSTLER_E_INVALID);
    cr_expect(scripted_result_is("control", NULL, expected));
    end();

    transport = scripted_transport();
    options.on_reset = options.on_stop = on_asked;
    options.user = &asked;
    cr_assert_eq(ostler_server_new(transport, &target, both, 2, &options, &server, NULL), OSTLER_OK);
    cr_assert_eq(ostler_server_start(server, NULL), OSTLER_OK);
    cr_expect(scripted_result_is("control", NULL, "[0,0,1," TARGET "]"));
    cr_expect_eq(atomic_load(&asked), 2);
    end();
}
