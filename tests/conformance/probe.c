/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <ostler/thread.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SERVERS = 16, MAX_KEPT = 4096, HOLD_AT_MOST = 90 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static pthread_cond_t changed;
static bool released;
static unsigned holding;
static unsigned char runs_of[PROBE_IDS];
static size_t runs;
static struct {
    char name[OSTLER_NAME_MAX + 1];
    unsigned runs;
} servers[MAX_SERVERS];
static ostler_request *kept[MAX_KEPT];
static unsigned kept_count;
static enum ostler_status second_answer;

__attribute__((constructor)) static void init(void)
{
    ostler_cond_init(&changed);
}

/* With the lock held; false at the deadline. */
static bool wait_until(ostler_time deadline)
{
    return ostler_cond_wait(&changed, &lock, deadline) || ostler_now() < deadline;
}

/* --- Methods ------------------------------------------------------------------------------------------------------ */

static struct json_object *text(const char *string)
{
    return json_object_new_string(string);
}

static enum ostler_status echo(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_get(ostler_request_arg(request, "arg")));
}

static enum ostler_status whoami(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, text(ostler_request_server(request)));
}

static enum ostler_status context(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_get(ostler_request_context(request)));
}

static enum ostler_status greet(ostler_request *request, void *state)
{
    struct json_object *words = json_object_new_array();

    (void)state;
    json_object_array_add(words, text(ostler_request_arg_string(request, "title", "no title")));
    json_object_array_add(words, text(ostler_request_arg_string(request, "name", "")));
    return ostler_request_return(request, words);
}

static void count_run(const char *server)
{
    for (size_t i = 0; i < MAX_SERVERS; i++) {
        if (!servers[i].name[0])
            strncpy(servers[i].name, server, OSTLER_NAME_MAX);
        if (strcmp(servers[i].name, server) == 0) {
            servers[i].runs++;
            return;
        }
    }
}

static enum ostler_status mark(ostler_request *request, void *state)
{
    int64_t id = ostler_request_arg_integer(request, "id", -1);

    (void)state;
    if (id < 0 || id >= PROBE_IDS)
        return OSTLER_E_INVALID;
    pthread_mutex_lock(&lock);
    if (runs_of[id] < UINT8_MAX)
        runs_of[id]++;
    runs++;
    count_run(ostler_request_server(request));
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return ostler_request_return(request, json_object_new_int64(id));
}

static enum ostler_status hold(ostler_request *request, void *state)
{
    ostler_time until = ostler_deadline(ostler_request_arg_number(request, "seconds", HOLD_AT_MOST));

    (void)state;
    pthread_mutex_lock(&lock);
    holding++;
    pthread_cond_broadcast(&changed);
    while (!released && wait_until(until))
        continue;
    holding--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return ostler_request_return(request, text(ostler_request_server(request)));
}

static enum ostler_status keep(ostler_request *request, void *state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    bool room = kept_count < MAX_KEPT;
    if (room)
        kept[kept_count++] = ostler_request_keep(request);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return room ? OSTLER_OK : OSTLER_E_BUSY;
}

static enum ostler_status fail(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_fail(request, "builtins", "ValueError", "%s is not %d", "this", 42);
}

static enum ostler_status refuse(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_refuse(request, "acme.errors", "NotToday", "closed");
}

static enum ostler_status raise_(ostler_request *request, void *state)
{
    struct json_object *args = json_object_new_array(), *kwargs = json_object_new_object();

    (void)state;
    json_object_array_add(args, text("first"));
    json_object_array_add(args, json_object_new_int(2));
    json_object_object_add(kwargs, "key", json_object_new_boolean(1));
    enum ostler_status status =
        ostler_request_raise(request, "acme.errors", "Detailed", "first and 2", args, kwargs, true);
    json_object_put(args);
    json_object_put(kwargs);
    return status;
}

static enum ostler_status mute(ostler_request *request, void *state)
{
    (void)request;
    (void)state;
    return OSTLER_E_SYSTEM;
}

static enum ostler_status nothing(ostler_request *request, void *state)
{
    (void)request;
    (void)state;
    return OSTLER_OK;
}

static enum ostler_status twice(ostler_request *request, void *state)
{
    (void)state;
    enum ostler_status first = ostler_request_return(request, text("first"));
    enum ostler_status second = ostler_request_return(request, text("second"));

    pthread_mutex_lock(&lock);
    second_answer = second;
    pthread_mutex_unlock(&lock);
    return first;
}

static enum ostler_status fail_on(ostler_request *request, void *state)
{
    (void)state;
    if (strcmp(ostler_request_arg_string(request, "server", ""), ostler_request_server(request)) == 0)
        return ostler_request_refuse(request, "acme.errors", "NotHere", "asked to");
    return ostler_request_return(request, text(ostler_request_server(request)));
}

static enum ostler_status make(ostler_request *request, void *state)
{
    int64_t bytes = ostler_request_arg_integer(request, "bytes", 0);
    char *filled = bytes > 0 && bytes < INT32_MAX ? malloc((size_t)bytes) : NULL;

    (void)state;
    if (!filled)
        return OSTLER_E_NOMEM;
    memset(filled, 'm', (size_t)bytes);
    struct json_object *result = json_object_new_string_len(filled, (int)bytes);
    free(filled);
    return ostler_request_return(request, result);
}

static enum ostler_status where_null(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, text("null 1.4"));
}

static enum ostler_status where_null2(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, text("null 2.0"));
}

static enum ostler_status where_space(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, text("space 2.3"));
}

static const struct ostler_method null_methods[] = {
    {"echo", echo, "arg: any", OSTLER_METHOD_EXPOSED, "returns ARG"},
    {"whoami", whoami, "", OSTLER_METHOD_EXPOSED, "returns the server's name"},
    {"context", context, "", OSTLER_METHOD_EXPOSED, "returns the context"},
    {"greet", greet, "name: string, title?: string", OSTLER_METHOD_EXPOSED, "returns title and name"},
    {"mark", mark, "id: integer", OSTLER_METHOD_EXPOSED, "counts a run of ID and returns it"},
    {"hold", hold, "seconds?: number", OSTLER_METHOD_EXPOSED, "returns when it is told to"},
    {"keep", keep, "id: integer", OSTLER_METHOD_EXPOSED, "returns ID later"},
    {"fail", fail, "", OSTLER_METHOD_EXPOSED, "fails"},
    {"refuse", refuse, "", OSTLER_METHOD_EXPOSED, "fails as expected"},
    {"raise", raise_, "", OSTLER_METHOD_EXPOSED, "fails with arguments"},
    {"mute", mute, "", OSTLER_METHOD_EXPOSED, "fails without a word"},
    {"nothing", nothing, "", OSTLER_METHOD_EXPOSED, "returns null"},
    {"twice", twice, "", OSTLER_METHOD_EXPOSED, "answers twice"},
    {"fail_on", fail_on, "server: string", OSTLER_METHOD_EXPOSED, "fails on SERVER"},
    {"make", make, "bytes: integer", OSTLER_METHOD_EXPOSED, "returns a string of BYTES"},
    {"where", where_null, "", OSTLER_METHOD_EXPOSED, "returns the interface"},
    {"_hidden", nothing, "", OSTLER_METHOD_EXPOSED, "is not to be called"},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_method null2_methods[] = {
    {"where", where_null2, "", OSTLER_METHOD_EXPOSED, "returns the interface"},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_method space_methods[] = {
    {"where", where_space, "", OSTLER_METHOD_EXPOSED, "returns the interface"},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_endpoint null_interface = {.version = "1.4", .methods = null_methods};
static const struct ostler_endpoint null2_interface = {.version = "2.0", .methods = null2_methods};
static const struct ostler_endpoint space_interface = {
    .namespace_ = "space", .version = "2.3", .methods = space_methods};
static const struct ostler_endpoint *const interfaces[] = {&null_interface, &null2_interface, &space_interface, NULL};

const struct ostler_endpoint_ops probe_endpoint = {.rpc = interfaces};

/* --- Looking and steering ----------------------------------------------------------------------------------------- */

bool probe_await_holding(unsigned count, double seconds)
{
    ostler_time deadline = ostler_deadline(seconds);

    pthread_mutex_lock(&lock);
    while (holding != count && wait_until(deadline))
        continue;
    bool reached = holding == count;
    pthread_mutex_unlock(&lock);
    return reached;
}

bool probe_await_kept(unsigned count, double seconds)
{
    ostler_time deadline = ostler_deadline(seconds);

    pthread_mutex_lock(&lock);
    while (kept_count < count && wait_until(deadline))
        continue;
    bool reached = kept_count >= count;
    pthread_mutex_unlock(&lock);
    return reached;
}

bool probe_await_runs(size_t count, double seconds)
{
    ostler_time deadline = ostler_deadline(seconds);

    pthread_mutex_lock(&lock);
    while (runs < count && wait_until(deadline))
        continue;
    bool reached = runs >= count;
    pthread_mutex_unlock(&lock);
    return reached;
}

static void set_released(bool value)
{
    pthread_mutex_lock(&lock);
    released = value;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void probe_release(void)
{
    set_released(true);
}

void probe_hold_again(void)
{
    set_released(false);
}

unsigned probe_runs_of(size_t id)
{
    pthread_mutex_lock(&lock);
    unsigned count = runs_of[id];
    pthread_mutex_unlock(&lock);
    return count;
}

size_t probe_runs(void)
{
    pthread_mutex_lock(&lock);
    size_t count = runs;
    pthread_mutex_unlock(&lock);
    return count;
}

unsigned probe_most_runs(void)
{
    unsigned most = 0;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < PROBE_IDS; i++)
        if (runs_of[i] > most)
            most = runs_of[i];
    pthread_mutex_unlock(&lock);
    return most;
}

unsigned probe_runs_on(const char *server)
{
    unsigned count = 0;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAX_SERVERS; i++)
        if (strcmp(servers[i].name, server) == 0)
            count = servers[i].runs;
    pthread_mutex_unlock(&lock);
    return count;
}

void probe_answer_kept(void)
{
    pthread_mutex_lock(&lock);
    while (kept_count) {
        ostler_request *request = kept[--kept_count];
        int64_t id = ostler_request_arg_integer(request, "id", -1);
        pthread_mutex_unlock(&lock);
        ostler_request_return(request, json_object_new_int64(id));
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
}

enum ostler_status probe_second_answer(void)
{
    pthread_mutex_lock(&lock);
    enum ostler_status status = second_answer;
    pthread_mutex_unlock(&lock);
    return status;
}
