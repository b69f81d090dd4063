/* SPDX-License-Identifier: Apache-2.0 */
/* Many clients, each with a transport of its own: crowd TOPIC FIRST TIMEOUT URL... Each calls once, and once more for each
 * line of standard input; of each call it is said how it ended: "NUMBER STATUS MILLISECONDS MESSAGE" a line. The numbers of a
 * round follow those of the round before. */
#include <ostler/ostler.h>

#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long rounds = 1;
static bool ended;

static const char *topic;
static long first;
static long count;
static double timeout;

struct member {
    long number;
    const char *url;
    pthread_t thread;
    ostler_conf *conf;
    ostler_transport *transport;
    ostler_client *client;
};

static void say(long number, enum ostler_status status, ostler_time begun, const struct ostler_error *error)
{
    pthread_mutex_lock(&lock);
    printf("%ld %s %lld %s\n", number, status == OSTLER_OK ? "OK" : ostler_status_text(status),
           (long long)((ostler_now() - begun) / 1000000), error->message ? error->message : "");
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}

static void call_once(struct member *member, long number)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *args = json_object_new_object(), *result = NULL;
    ostler_time begun = ostler_now();

    json_object_object_add(args, "number", json_object_new_int64(number));
    enum ostler_status status = ostler_client_call(member->client, NULL, "run", args, &result, &error);
    if (status == OSTLER_OK && json_object_get_int64(result) != number)
        abort();
    say(number, status, begun, &error);
    json_object_put(args);
    json_object_put(result);
    ostler_error_clear(&error);
}

/* The number of the round that is to be run, or 0 at the end. */
static long await_round(long done)
{
    pthread_mutex_lock(&lock);
    while (rounds == done && !ended)
        pthread_cond_wait(&changed, &lock);
    long next = rounds > done ? done + 1 : 0;
    pthread_mutex_unlock(&lock);
    return next;
}

static enum ostler_status join_crowd(struct member *member, struct ostler_error *error)
{
    struct ostler_transport_options transport_options = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_client_options options = OSTLER_CLIENT_OPTIONS_INIT;
    struct ostler_target target = {.topic = topic};
    enum ostler_status status = ostler_conf_new(&member->conf, error);

    transport_options.url = member->url;
    options.timeout = timeout;
    if (status == OSTLER_OK)
        status = ostler_transport_open(member->conf, &transport_options, &member->transport, error);
    if (status == OSTLER_OK)
        status = ostler_client_new(member->transport, &target, &options, &member->client, error);
    return status;
}

static void *run(void *argument)
{
    struct member *member = argument;
    struct ostler_error error = OSTLER_ERROR_INIT;

    if (join_crowd(member, &error) == OSTLER_OK)
        for (long round = 0; (round = await_round(round)) > 0;)
            call_once(member, first + (round - 1) * count + member->number);
    else
        fprintf(stderr, "crowd: %s\n", error.message);
    ostler_error_clear(&error);
    ostler_client_free(member->client);
    ostler_transport_unref(member->transport);
    ostler_conf_unref(member->conf);
    return NULL;
}

static void change(bool last)
{
    pthread_mutex_lock(&lock);
    if (last)
        ended = true;
    else
        rounds++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

int main(int argc, char *argv[])
{
    static struct member members[MOST];
    int byte;

    if (argc < 5 || argc - 4 > MOST)
        return 2;
    topic = argv[1];
    first = atol(argv[2]);
    timeout = atof(argv[3]);
    count = argc - 4;
    for (long i = 0; i < count; i++) {
        members[i] = (struct member){.number = i, .url = argv[i + 4]};
        if (pthread_create(&members[i].thread, NULL, run, &members[i]) != 0)
            return 1;
    }
    while ((byte = getchar()) != EOF)
        if (byte == '\n')
            change(false);
    change(true);
    for (long i = 0; i < count; i++)
        pthread_join(members[i].thread, NULL);
    return 0;
}
