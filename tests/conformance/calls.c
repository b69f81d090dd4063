/* SPDX-License-Identifier: Apache-2.0 */
/* What a request means, and who gets it. */
#include "check.h"
#include "fixture.h"
#include "probe.h"

#include <string.h>

static const char *const three[] = {"one", "two", "three"};

/* Calls `method` and expects a text. */
static void expect_text(ostler_client *client, const char *method, const char *expected)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *result = NULL;
    enum ostler_status status = fixture_call(client, method, NULL, &result, &error);
    const char *text = result ? json_object_get_string(result) : "null";

    EXPECT(status == OSTLER_OK, "%s: %s", method, error.message);
    EXPECT(status != OSTLER_OK || strcmp(text, expected) == 0, "%s returned %s, not %s", method, text, expected);
    json_object_put(result);
    ostler_error_clear(&error);
}

/* Calls and expects a remote failure; the arguments are taken. */
static void expect_failure(ostler_client *client, const char *method, struct json_object *args, const char *module,
                           const char *class_name)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = fixture_call(client, method, args, NULL, &error);

    EXPECT(status == OSTLER_E_REMOTE, "%s ended with %s", method, ostler_status_name(status));
    if (status == OSTLER_E_REMOTE) {
        EXPECT(error.remote_class && strcmp(error.remote_class, class_name) == 0, "%s failed with %s", method,
               error.remote_class);
        EXPECT(error.remote_module && strcmp(error.remote_module, module) == 0, "%s failed with a class of %s", method,
               error.remote_module);
        EXPECT(error.traceback, "a failure has a traceback, be it empty");
        EXPECT(error.message && strstr(error.message, class_name), "the message names the class: %s", error.message);
    }
    ostler_error_clear(&error);
}

static void call_and_cast(void)
{
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct ostler_error error = OSTLER_ERROR_INIT;

    fixture_await_server(transport, "one");
    expect_text(client, "whoami", "one");
    expect_text(client, "where", "null 1.4");
    EXPECT(fixture_cast(client, "mark", fixture_id(1), &error) == OSTLER_OK, "%s", error.message);
    EXPECT(probe_await_runs(1, PATIENCE), "the cast was accepted and did not run");
    ostler_error_clear(&error);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void both_executors(void)
{
    static const char *const executors[] = {"blocking", "threading"};

    for (size_t i = 0; i < 2; i++) {
        struct served served = fixture_serve_with(executors[i], executors[i], NULL);
        ostler_transport *transport = fixture_transport();
        ostler_client *client = fixture_client_to(transport, executors[i], false, PATIENCE);
        fixture_await_server(transport, executors[i]);
        expect_text(client, "whoami", executors[i]);
        EXPECT(fixture_works(client), "under the executor %s", executors[i]);
        ostler_client_free(client);
        ostler_transport_unref(transport);
        fixture_end(&served);
    }
}

/* Three servers that the transport knows of. */
static ostler_transport *serve_three(struct served served[3])
{
    for (int i = 0; i < 3; i++)
        served[i] = fixture_serve(three[i]);
    ostler_transport *transport = fixture_transport();
    for (int i = 0; i < 3; i++)
        fixture_await_server(transport, three[i]);
    return transport;
}

static void end_three(ostler_transport *transport, struct served served[3])
{
    ostler_transport_unref(transport);
    for (int i = 0; i < 3; i++)
        fixture_end(&served[i]);
}

static void servers_take_turns(void)
{
    enum { CALLS = 60 };
    struct served served[3];
    ostler_transport *transport = serve_three(served);
    ostler_client *client = fixture_client(transport, PATIENCE);

    for (int i = 0; i < CALLS; i++)
        EXPECT(fixture_call(client, "mark", fixture_id(i), NULL, NULL) == OSTLER_OK, "call %d", i);
    for (int i = 0; i < 3; i++)
        EXPECT(probe_runs_on(three[i]) >= CALLS / 6, "server %s got %u of %d calls", three[i], probe_runs_on(three[i]),
               CALLS);
    ostler_client_free(client);
    end_three(transport, served);
}

static void a_named_server(void)
{
    struct served served[3];
    ostler_transport *transport = serve_three(served);

    for (int i = 0; i < 3; i++) {
        ostler_client *client = fixture_client_to(transport, three[i], false, PATIENCE);
        for (int n = 0; n < 10; n++)
            expect_text(client, "whoami", three[i]);
        ostler_client_free(client);
    }
    end_three(transport, served);
}

static void fanout_cast(void)
{
    struct served served[3];
    ostler_transport *transport = serve_three(served);
    ostler_client *client = fixture_client_to(transport, NULL, true, PATIENCE);

    for (int i = 0; i < 5; i++)
        EXPECT(fixture_cast(client, "mark", fixture_id(i), NULL) == OSTLER_OK, "cast %d", i);
    EXPECT(probe_await_runs(15, PATIENCE), "%zu of 15 ran", probe_runs());
    for (int i = 0; i < 3; i++)
        EXPECT(probe_runs_on(three[i]) == 5, "server %s got %u of 5", three[i], probe_runs_on(three[i]));
    EXPECT(probe_most_runs() == 3, "one cast ran %u times on three servers", probe_most_runs());
    ostler_client_free(client);
    end_three(transport, served);
}

static void exchanges_are_apart(void)
{
    struct served here = fixture_serve_with("here", NULL, "here"), there = fixture_serve_with("there", NULL, "there");
    ostler_transport *transport = fixture_transport();
    struct ostler_prepare changes = OSTLER_PREPARE_INIT;
    static const char *const exchanges[] = {"here", "there"};
    ostler_client *client = fixture_client(transport, PATIENCE);

    changes.fields = OSTLER_PREPARE_EXCHANGE;
    for (int i = 0; i < 20; i++) {
        ostler_client *prepared = NULL;
        changes.target.exchange = exchanges[i % 2];
        REQUIRE(ostler_client_prepare(client, &changes, &prepared, NULL) == OSTLER_OK, "prepare");
        expect_text(prepared, "whoami", exchanges[i % 2]);
        ostler_client_free(prepared);
    }
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&here);
    fixture_end(&there);
}

static void namespaces_and_versions(void)
{
    static const struct {
        const char *namespace_, *version, *where; /* where NULL: UnsupportedVersion */
    } rows[] = {
        {NULL, NULL, "null 1.4"},  {NULL, "1.0", "null 1.4"},     {NULL, "1.4", "null 1.4"},
        {NULL, "2.0", "null 2.0"}, {"space", "2.0", "space 2.3"}, {"space", "2.3", "space 2.3"},
        {NULL, "1.5", NULL},       {NULL, "3.0", NULL},           {"space", "2.4", NULL},
        {"space", NULL, NULL},     {"elsewhere", "1.0", NULL},
    };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);

    fixture_await_server(transport, "one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ostler_prepare changes = OSTLER_PREPARE_INIT;
        ostler_client *prepared = NULL;
        changes.fields = OSTLER_PREPARE_NAMESPACE | OSTLER_PREPARE_VERSION;
        changes.target.namespace_ = rows[i].namespace_;
        changes.target.version = rows[i].version;
        REQUIRE(ostler_client_prepare(client, &changes, &prepared, NULL) == OSTLER_OK, "row %zu", i);
        if (rows[i].where)
            expect_text(prepared, "where", rows[i].where);
        else
            expect_failure(prepared, "where", NULL, "oslo_messaging.rpc.dispatcher", "UnsupportedVersion");
        ostler_client_free(prepared);
    }
    expect_failure(client, "nowhere", NULL, "oslo_messaging.rpc.dispatcher", "NoSuchMethod");
    expect_failure(client, "_hidden", NULL, "oslo_messaging.rpc.dispatcher", "NoSuchMethod");
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void failures(void)
{
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    struct ostler_error error = OSTLER_ERROR_INIT;

    fixture_await_server(transport, "one");
    expect_failure(client, "fail", NULL, "builtins", "ValueError");
    expect_failure(client, "refuse", NULL, "acme.errors", "NotToday");
    expect_failure(client, "raise", NULL, "acme.errors", "Detailed");
    expect_failure(client, "mute", NULL, "builtins", "RuntimeError");

    EXPECT(fixture_call(client, "fail", NULL, NULL, &error) == OSTLER_E_REMOTE, "fail");
    EXPECT(error.remote_message && strcmp(error.remote_message, "this is not 42") == 0, "its text is %s",
           error.remote_message);
    EXPECT(fixture_call(client, "raise", NULL, NULL, &error) == OSTLER_E_REMOTE, "raise");
    struct json_object *args = json_tokener_parse("[\"first\", 2]"), *kwargs = json_tokener_parse("{\"key\": true}");
    EXPECT(json_object_equal(error.remote_args, args), "args are %s", json_object_to_json_string(error.remote_args));
    EXPECT(json_object_equal(error.remote_kwargs, kwargs), "kwargs are %s",
           json_object_to_json_string(error.remote_kwargs));
    json_object_put(args);
    json_object_put(kwargs);
    ostler_error_clear(&error);
    EXPECT(fixture_works(client), "after failures");
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void arguments(void)
{
    static const char *const bad[] = {
        "{}",
        "{\"name\": 5}",
        "{\"name\": null}",
        "{\"name\": \"a\", \"title\": []}",
        "{\"name\": \"a\", \"more\": 1}",
        "{\"title\": \"a\"}",
    };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);

    fixture_await_server(transport, "one");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_failure(client, "greet", json_tokener_parse(bad[i]), "builtins", "TypeError");
    expect_failure(client, "whoami", json_tokener_parse("{\"a\": 1}"), "builtins", "TypeError");
    EXPECT(fixture_call(client, "greet", json_tokener_parse("{\"name\": \"a\"}"), NULL, NULL) == OSTLER_OK, "one");
    EXPECT(fixture_call(client, "greet", json_tokener_parse("{\"name\": \"a\", \"title\": \"b\"}"), NULL, NULL) ==
               OSTLER_OK,
           "both");
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void contexts(void)
{
    static const char *const texts[] = {
        "{}",
        "{\"user\": \"me\", \"roles\": [\"a\", \"b\"], \"nested\": {\"a\": null, \"n\": 7}, \"\\u00fc\": \"\\u20ac\"}"};
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);

    fixture_await_server(transport, "one");
    for (size_t i = 0; i < 2; i++) {
        struct json_object *context = json_tokener_parse(texts[i]), *result = NULL;
        enum ostler_status status = ostler_client_call(client, context, "context", NULL, &result, NULL);
        EXPECT(status == OSTLER_OK, "%s", ostler_status_name(status));
        json_object_object_foreach(context, name, value)
        {
            EXPECT(json_object_equal(json_object_object_get(result, name), value), "%s of the context became %s", name,
                   json_object_to_json_string(json_object_object_get(result, name)));
        }
        json_object_put(context);
        json_object_put(result);
    }
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

static void what_is_not_sent(void)
{
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE), *prepared = NULL;
    ostler_client *to_all = fixture_client_to(transport, NULL, true, PATIENCE);
    struct ostler_prepare changes = OSTLER_PREPARE_INIT;

    fixture_await_server(transport, "one");
    EXPECT(fixture_call(to_all, "mark", fixture_id(1), NULL, NULL) == OSTLER_E_TARGET, "a call to all servers");
    changes.fields = OSTLER_PREPARE_TOPIC;
    REQUIRE(ostler_client_prepare(client, &changes, &prepared, NULL) == OSTLER_OK, "prepare");
    EXPECT(fixture_call(prepared, "mark", fixture_id(2), NULL, NULL) == OSTLER_E_TARGET, "a call without a topic");
    ostler_client_free(prepared);
    changes.fields = OSTLER_PREPARE_VERSION_CAP | OSTLER_PREPARE_VERSION;
    changes.options.version_cap = "1.2";
    changes.target.version = "1.3";
    REQUIRE(ostler_client_prepare(client, &changes, &prepared, NULL) == OSTLER_OK, "prepare");
    EXPECT(fixture_call(prepared, "mark", fixture_id(3), NULL, NULL) == OSTLER_E_VERSION_CAP, "a call above the cap");
    EXPECT(fixture_cast(prepared, "mark", fixture_id(4), NULL) == OSTLER_E_VERSION_CAP, "a cast above the cap");
    ostler_client_free(prepared);
    EXPECT(fixture_works(client), "after refusals");
    EXPECT(probe_runs() == 0, "%zu requests ran that were refused", probe_runs());
    ostler_client_free(to_all);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

const struct check check_calls[] = {
    {"calls/call-and-cast", "a call returns what the method returns, and a cast that returned success runs",
     call_and_cast, 0},
    {"calls/executors", "a server serves under the executors blocking and threading alike", both_executors, 0},
    {"calls/round-robin", "calls to a topic go to its servers in turn", servers_take_turns, 0},
    {"calls/named-server", "a call to one server reaches that server and no other", a_named_server, 0},
    {"calls/fanout", "a fanout cast reaches each server of the topic once", fanout_cast, 0},
    {"calls/exchanges", "a topic of one exchange is not that of another", exchanges_are_apart, 0},
    {"calls/dispatch",
     "namespace, version and method choose the endpoint as in oslo.messaging, and what fits none is "
     "UnsupportedVersion or NoSuchMethod",
     namespaces_and_versions, 0},
    {"calls/failures", "a failure arrives with its class, module, message and arguments", failures, 0},
    {"calls/arguments", "wrong or missing arguments are a TypeError", arguments, 0},
    {"calls/contexts", "a context arrives as it was sent", contexts, 0},
    {"calls/refused-here", "an invalid target and a version above the cap are refused before anything is sent",
     what_is_not_sent, 0},
    {.name = NULL},
};
