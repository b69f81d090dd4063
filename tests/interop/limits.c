/* SPDX-License-Identifier: Apache-2.0 */
/* limits URL TOPIC: echoes the numbers that no command line carries, and says of each what came back, as JSON text, and what
 * type it had on the other side. */
#include <ostler/ostler.h>

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>

static struct json_object *value_of(int number)
{
    switch (number) {
    case 0:
        return json_object_new_double(NAN);
    case 1:
        return json_object_new_double(INFINITY);
    case 2:
        return json_object_new_double(-INFINITY);
    case 3:
        return json_object_new_int64(INT64_MAX);
    case 4:
        return json_object_new_int64(INT64_MIN);
    case 5:
        return json_object_new_uint64(UINT64_MAX);
    case 6:
        return json_object_new_double(-0.0);
    case 7:
        return json_object_new_double(5e-324);
    case 8:
        return json_object_new_double(1.7976931348623157e308);
    case 9:
        return json_object_new_double(9007199254740993.0);
    default:
        return NULL;
    }
}

static enum ostler_status call(ostler_client *client, const char *method, int number, struct json_object **result,
                               struct ostler_error *error)
{
    struct json_object *args = json_object_new_object();

    json_object_object_add(args, "arg", value_of(number));
    enum ostler_status status = ostler_client_call(client, NULL, method, args, result, error);
    json_object_put(args);
    return status;
}

/* Whether it is the same value again, type and all; NaN is. */
static bool is_same(struct json_object *sent, struct json_object *got)
{
    double mine = json_object_get_double(sent), his = json_object_get_double(got);

    if (json_object_get_type(sent) != json_object_get_type(got))
        return false;
    if (!json_object_is_type(sent, json_type_double))
        return json_object_equal(sent, got);
    return (isnan(mine) && isnan(his)) || (mine == his && signbit(mine) == signbit(his)); /* NOLINT */
}

static bool echo(ostler_client *client, int number, struct ostler_error *error)
{
    struct json_object *sent = value_of(number), *got = NULL, *kind = NULL;
    bool called = call(client, "echo", number, &got, error) == OSTLER_OK &&
                  call(client, "kind", number, &kind, error) == OSTLER_OK;

    if (called)
        printf("%s %s %s\n", json_object_to_json_string(sent), is_same(sent, got) ? "same" : "other",
               json_object_get_string(kind));
    else
        printf("%s failed %s\n", json_object_to_json_string(sent), error->message);
    json_object_put(sent);
    json_object_put(got);
    json_object_put(kind);
    return called;
}

int main(int argc, char *argv[])
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_transport_options options = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_target target = {.topic = argc == 3 ? argv[2] : NULL};
    ostler_conf *conf = NULL;
    ostler_transport *transport = NULL;
    ostler_client *client = NULL;
    int number = 0;

    options.url = argc == 3 ? argv[1] : NULL;
    bool good = argc == 3 && ostler_conf_new(&conf, &error) == OSTLER_OK &&
                ostler_transport_open(conf, &options, &transport, &error) == OSTLER_OK &&
                ostler_client_new(transport, &target, NULL, &client, &error) == OSTLER_OK;
    while (good && number < 10)
        good = echo(client, number++, &error);
    if (!good)
        fprintf(stderr, "limits: %s\n", error.message ? error.message : "URL and TOPIC were expected");
    ostler_error_clear(&error);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    ostler_conf_unref(conf);
    return good ? 0 : 1;
}
