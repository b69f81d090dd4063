/* SPDX-License-Identifier: Apache-2.0 */
/* ostler describe: what the servers of a topic say of themselves, through the endpoint `control`. */
#include "output.h"
#include "session.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTROL_NAMESPACE "control"
#define CONTROL_VERSION   "2.0"
#define CONTROL_METHOD    "describe"
/* Who asks all servers waits for the slowest: not for a whole rpc_response_timeout. */
#define DEFAULT_SECONDS 2.0

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

/* A member that is a text; "" for anything else. */
static const char *text_of(struct json_object *object, const char *name)
{
    struct json_object *value = member(object, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

/* How many items a member has; 0 if it is no array. */
static size_t items_of(struct json_object *object, const char *name, struct json_object **array)
{
    *array = member(object, name);
    return json_object_is_type(*array, json_type_array) ? json_object_array_length(*array) : 0;
}

static int compare_servers(const void *left, const void *right)
{
    struct json_object *a = *(struct json_object *const *)left, *b = *(struct json_object *const *)right;

    return strcmp(text_of(member(a, "target"), "server"), text_of(member(b, "target"), "server"));
}

/* A table's cell: a text, padded to @p width. What comes from a server is not trusted with the terminal. */
static void print_cell(const char *text, size_t width)
{
    output_text(stdout, text);
    for (size_t used = strlen(text); used < width; used++)
        putchar(' ');
}

static size_t signature_width(struct json_object *method)
{
    return strlen(text_of(method, "name")) + strlen(text_of(method, "params")) + 2;
}

static void print_method(struct json_object *method, size_t width)
{
    size_t own = signature_width(method);

    fputs("    ", stdout);
    output_text(stdout, text_of(method, "name"));
    putchar('(');
    output_text(stdout, text_of(method, "params"));
    print_cell(")", width >= own ? width - own + 1 : 1);
    fputs("  ", stdout);
    output_text(stdout, text_of(method, "summary"));
    putchar('\n');
}

static void print_endpoint(struct json_object *endpoint)
{
    struct json_object *methods;
    const char *namespace = text_of(endpoint, "namespace");
    size_t count = items_of(endpoint, "methods", &methods), width = 0;

    fputs("  ", stdout);
    output_text(stdout, text_of(endpoint, "endpoint"));
    fputs(": ", stdout);
    output_text(stdout, *namespace ? namespace : "null namespace");
    fputs(", version ", stdout);
    output_text(stdout, text_of(endpoint, "version"));
    putchar('\n');
    for (size_t i = 0; i < count; i++) {
        size_t own = signature_width(json_object_array_get_idx(methods, i));
        if (own > width && own < 48)
            width = own;
    }
    for (size_t i = 0; i < count; i++)
        print_method(json_object_array_get_idx(methods, i), width);
}

/* The texts of a member that is an array, separated by commas. */
static void print_texts(const char *before, struct json_object *object, const char *name)
{
    struct json_object *array;
    size_t count = items_of(object, name, &array);

    fputs(before, stdout);
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(array, i);
        if (i > 0)
            fputs(", ", stdout);
        if (json_object_is_type(item, json_type_string))
            output_text(stdout, json_object_get_string(item));
    }
}

static void print_listener(struct json_object *listener)
{
    const char *pool = text_of(listener, "pool");

    fputs("  [", stdout);
    output_text(stdout, text_of(listener, "section"));
    print_texts("] listens to ", listener, "topics");
    print_texts(": ", listener, "priorities");
    if (*pool) {
        fputs(", in the pool ", stdout);
        output_text(stdout, pool);
    }
    print_texts("; endpoints ", listener, "endpoints");
    putchar('\n');
}

static int print_table(struct json_object *servers)
{
    for (size_t i = 0; i < json_object_array_length(servers); i++) {
        struct json_object *server = json_object_array_get_idx(servers, i), *target = member(server, "target");
        struct json_object *endpoints, *listeners;
        size_t count = items_of(server, "endpoints", &endpoints);
        size_t listener_count = items_of(server, "listeners", &listeners);

        output_text(stdout, text_of(target, "topic"));
        fputs(" on ", stdout);
        output_text(stdout, text_of(target, "server"));
        fputs(" (exchange ", stdout);
        output_text(stdout, text_of(target, "exchange"));
        fputs(")\n", stdout);
        for (size_t j = 0; j < count; j++)
            print_endpoint(json_object_array_get_idx(endpoints, j));
        for (size_t j = 0; j < listener_count; j++)
            print_listener(json_object_array_get_idx(listeners, j));
    }
    return output_flush();
}

/* One answer is a server's description. */
static enum ostler_status take_answer(struct json_object *servers, struct json_object *answer,
                                      struct ostler_error *error)
{
    if (json_object_array_add(servers, json_object_get(answer)) != 0) {
        json_object_put(answer);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    return OSTLER_OK;
}

static enum ostler_status ask_one(struct session *session, const struct options *options, struct json_object *servers,
                                  struct ostler_error *error)
{
    struct json_object *answer = NULL;
    enum ostler_status status =
        ostler_client_call(session->client, options->context, CONTROL_METHOD, NULL, &answer, error);

    if (status == OSTLER_OK)
        status = take_answer(servers, answer, error);
    json_object_put(answer);
    return status;
}

/* Failures are only told, unless nothing but failures came. */
static enum ostler_status ask_all(struct session *session, const struct options *options, struct json_object *servers,
                                  struct ostler_error *error)
{
    struct ostler_gathered *answers = NULL;
    size_t count = 0, described = 0;
    enum ostler_status status =
        ostler_client_gather(session->client, options->context, CONTROL_METHOD, NULL, 0, &answers, &count, error);

    for (size_t i = 0; status == OSTLER_OK && i < count; i++) {
        if (answers[i].status == OSTLER_OK) {
            status = take_answer(servers, answers[i].result, error);
            described++;
        } else {
            output_failure(&answers[i].error, options->verbose);
        }
    }
    if (status == OSTLER_OK && count == 0)
        status = ostler_error_set(error, OSTLER_E_TIMEOUT, "no server of topic '%s' answered within %g s",
                                  options->operands[0], options->timeout >= 0.0 ? options->timeout : DEFAULT_SECONDS);
    else if (status == OSTLER_OK && described == 0)
        status = ostler_error_set(error, OSTLER_E_REMOTE,
                                  "no server of topic '%s' could describe itself: %zu answered "
                                  "with a failure (is the endpoint 'control' among theirs?)",
                                  options->operands[0], count);
    ostler_gathered_free(answers, count);
    return status;
}

static int print_servers(const struct options *options, struct json_object *servers)
{
    json_object_array_sort(servers, compare_servers);
    if (isatty(STDOUT_FILENO) && !options->json)
        return print_table(servers);
    return output_json(servers);
}

int cmd_describe(const struct options *options)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct options own = *options;
    struct ostler_target target = session_target(options);
    struct json_object *servers = json_object_new_array();
    struct session session = {.conf = NULL};
    enum ostler_status status = OSTLER_OK;
    int exit_code;

    target.namespace_ = CONTROL_NAMESPACE;
    target.version = CONTROL_VERSION;
    if (own.timeout < 0.0)
        own.timeout = DEFAULT_SECONDS;
    if (!servers)
        status = ostler_error_set(&error, OSTLER_E_NOMEM, "out of memory");
    if (status == OSTLER_OK)
        status = session_open(&session, &own, &target, &error);
    if (status == OSTLER_OK)
        status = options->target.server ? ask_one(&session, &own, servers, &error)
                                        : ask_all(&session, &own, servers, &error);
    exit_code = status == OSTLER_OK ? print_servers(options, servers) : output_failure(&error, options->verbose);
    json_object_put(servers);
    session_close(&session);
    ostler_error_clear(&error);
    return exit_code;
}
