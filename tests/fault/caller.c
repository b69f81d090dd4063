/* SPDX-License-Identifier: Apache-2.0 */
/* Calls numbers, in several threads, and says of each how it ended: "NUMBER STATUS MILLISECONDS MESSAGE{DETAILS}" a line.
 * caller URL TOPIC FIRST COUNT THREADS TIMEOUT METHOD SECONDS PAUSE, where METHOD is call, cast, or async for casts that are
 * not waited for, SECONDS is how long each
 * is to run, and PAUSE how long a thread waits between two. SIGTERM: no further ones. */
#include <ostler/ostler.h>

#include <json-c/json.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static ostler_client *client;
static atomic_long next;
static long end;
static bool casts, unwaited;
static double seconds;
static struct timespec pause_time;
static atomic_bool enough;

static void stop(int signal)
{
    (void)signal;
    atomic_store(&enough, true);
}

static struct json_object *args_of(long number)
{
    struct json_object *args = json_object_new_object();

    json_object_object_add(args, "number", json_object_new_int64(number));
    if (seconds > 0.0)
        json_object_object_add(args, "seconds", json_object_new_double(seconds));
    return args;
}

static void say(long number, const char *status, ostler_time begun, const struct ostler_error *error)
{
    const char *details = error && error->details ? json_object_to_json_string(error->details) : "";

    printf("%ld %s %lld %s%s\n", number, status, (long long)((ostler_now() - begun) / 1000000),
           error && error->message ? error->message : "", details);
    fflush(stdout);
}

static const char *text_of(enum ostler_status status)
{
    return status == OSTLER_OK ? "OK" : ostler_status_text(status);
}

/* --- Casts that are not waited for -------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended_one = PTHREAD_COND_INITIALIZER;
static unsigned under_way;

struct unwaited_cast {
    long number;
    ostler_time begun;
};

static void told(void *user, enum ostler_status status, const struct ostler_error *error)
{
    struct unwaited_cast *cast = user;

    say(cast->number, text_of(status), cast->begun, error);
    free(cast);
    pthread_mutex_lock(&lock);
    under_way--;
    pthread_cond_signal(&ended_one);
    pthread_mutex_unlock(&lock);
}

static void await_told(void)
{
    pthread_mutex_lock(&lock);
    while (under_way > 0)
        pthread_cond_wait(&ended_one, &lock);
    pthread_mutex_unlock(&lock);
}

static void cast_one(long number)
{
    struct json_object *args = args_of(number);
    struct unwaited_cast *cast = malloc(sizeof *cast);
    struct ostler_error error = OSTLER_ERROR_INIT;

    *cast = (struct unwaited_cast){.number = number, .begun = ostler_now()};
    pthread_mutex_lock(&lock);
    under_way++;
    pthread_mutex_unlock(&lock);
    enum ostler_status status = ostler_client_cast_async(client, NULL, "run", args, told, cast, &error);
    if (status != OSTLER_OK)
        told(cast, status, &error);
    ostler_error_clear(&error);
    json_object_put(args);
}

/* --- What is waited for ------------------------------------------------------------------------------------------- */

static void call_one(long number)
{
    struct json_object *args = args_of(number), *result = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_time begun = ostler_now();
    enum ostler_status status = casts ? ostler_client_cast(client, NULL, "run", args, &error)
                                      : ostler_client_call(client, NULL, "run", args, &result, &error);
    bool wrong = !casts && status == OSTLER_OK && json_object_get_int64(result) != number;

    say(number, wrong ? "WRONG" : text_of(status), begun, &error);
    json_object_put(args);
    json_object_put(result);
    ostler_error_clear(&error);
}

static void *call_many(void *unused)
{
    (void)unused;
    for (long number; !atomic_load(&enough) && (number = atomic_fetch_add(&next, 1)) < end;) {
        if (unwaited)
            cast_one(number);
        else
            call_one(number);
        nanosleep(&pause_time, NULL);
    }
    return NULL;
}

static enum ostler_status open_client(char *argv[], ostler_conf **conf, ostler_transport **transport,
                                      struct ostler_error *error)
{
    struct ostler_transport_options transport_options = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_client_options options = OSTLER_CLIENT_OPTIONS_INIT;
    struct ostler_target target = {.topic = argv[2]};
    enum ostler_status status = ostler_conf_new(conf, error);

    transport_options.url = argv[1];
    options.timeout = atof(argv[6]);
    if (status == OSTLER_OK)
        status = ostler_transport_open(*conf, &transport_options, transport, error);
    if (status == OSTLER_OK)
        status = ostler_client_new(*transport, &target, &options, &client, error);
    return status;
}

int main(int argc, char *argv[])
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = NULL;
    ostler_transport *transport = NULL;
    pthread_t threads[256];

    if (argc != 10 || open_client(argv, &conf, &transport, &error) != OSTLER_OK) {
        fprintf(stderr, "caller: %s\n", error.message ? error.message : "wrong arguments");
        return 1;
    }
    signal(SIGTERM, stop);
    atomic_init(&next, atol(argv[3]));
    end = atol(argv[3]) + atol(argv[4]);
    int count = atoi(argv[5]) < 256 ? atoi(argv[5]) : 256;
    casts = strcmp(argv[7], "cast") == 0;
    unwaited = strcmp(argv[7], "async") == 0;
    seconds = atof(argv[8]);
    pause_time = (struct timespec){.tv_nsec = (long)(atof(argv[9]) * 1e9)};
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, call_many, NULL);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    await_told();
    ostler_client_free(client);
    ostler_transport_unref(transport);
    ostler_conf_unref(conf);
    return 0;
}
