/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted.h"

#include "transport_parts.h"

#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

struct incoming {
    struct ostler_incoming base; /* first */
    struct scripted_call *call;
    char *method, *namespace_, *version;
    bool broken;
    STAILQ_ENTRY(incoming) link;
};

struct ostler_driver_listener {
    bool stopped;
};

struct ostler_transport {
    atomic_int references;
    ostler_conf *conf;
};

struct scripted_knobs scripted_knobs;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static STAILQ_HEAD(, incoming) queue = STAILQ_HEAD_INITIALIZER(queue);
static unsigned queued, held, listens, listeners;
static bool woken, holding;

/* --- The driver ------------------------------------------------------------------------------------------------- */

static bool wait_until(ostler_time deadline)
{
    struct timespec now, until;

    if (deadline == OSTLER_NEVER)
        return pthread_cond_wait(&changed, &lock) == 0;
    double left = ostler_time_left(deadline);
    clock_gettime(CLOCK_REALTIME, &now);
    until.tv_sec = now.tv_sec + (time_t)left;
    until.tv_nsec = now.tv_nsec + (long)((left - (double)(time_t)left) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    return pthread_cond_timedwait(&changed, &lock, &until) == 0;
}

static enum ostler_status scripted_listen(ostler_driver_transport *transport, const struct ostler_target *target,
                                          ostler_driver_listener **listener, struct ostler_error *error)
{
    (void)transport;
    (void)target;
    if (scripted_knobs.listen_status != OSTLER_OK)
        return ostler_error_set(error, scripted_knobs.listen_status, "the script says no");
    *listener = calloc(1, sizeof **listener);
    pthread_mutex_lock(&lock);
    listens++;
    listeners++;
    pthread_mutex_unlock(&lock);
    return OSTLER_OK;
}

static size_t scripted_poll(ostler_driver_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                            size_t max)
{
    size_t count = 0;

    (void)listener;
    pthread_mutex_lock(&lock);
    while ((STAILQ_EMPTY(&queue) || holding) && !woken && ostler_time_left(deadline) > 0.0)
        wait_until(deadline);
    woken = false;
    while (!holding && count < max && !STAILQ_EMPTY(&queue)) {
        struct incoming *first = STAILQ_FIRST(&queue);
        STAILQ_REMOVE_HEAD(&queue, link);
        queued--;
        held++;
        incoming[count++] = &first->base;
    }
    pthread_mutex_unlock(&lock);
    return count;
}

static void scripted_wake(ostler_driver_listener *listener)
{
    (void)listener;
    pthread_mutex_lock(&lock);
    woken = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void scripted_stop(ostler_driver_listener *listener)
{
    listener->stopped = true;
}

static void scripted_close(ostler_driver_listener *listener)
{
    pthread_mutex_lock(&lock);
    listeners--;
    pthread_mutex_unlock(&lock);
    free(listener);
}

static enum ostler_status scripted_open(struct ostler_incoming *incoming, struct ostler_error *error)
{
    if (((struct incoming *)(void *)incoming)->broken)
        return ostler_error_set(error, OSTLER_E_INVALID, "not JSON at byte 7");
    return OSTLER_OK;
}

static enum ostler_status scripted_reply(struct ostler_incoming *incoming, const struct ostler_answer *answer,
                                         struct ostler_error *error)
{
    struct scripted_call *call = ((struct incoming *)(void *)incoming)->call;
    enum ostler_status status = answer->failed ? scripted_knobs.failure_status : scripted_knobs.reply_status;

    if (status != OSTLER_OK)
        return ostler_error_set(error, status, "the script says no");
    struct json_object *copy = NULL;
    if (answer->value)
        json_object_deep_copy(answer->value, &copy, NULL);
    pthread_mutex_lock(&lock);
    call->answers++;
    call->answered = true;
    call->failed = answer->failed;
    json_object_put(call->value);
    call->value = copy;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return OSTLER_OK;
}

static void scripted_heartbeat(struct ostler_incoming *incoming)
{
    struct scripted_call *call = ((struct incoming *)(void *)incoming)->call;

    pthread_mutex_lock(&lock);
    call->heartbeats++;
    call->late_heartbeats += call->answered;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void scripted_free(struct ostler_incoming *incoming)
{
    struct incoming *self = (struct incoming *)(void *)incoming;

    json_object_put(self->base.message.args);
    json_object_put(self->base.message.context);
    free(self->method);
    free(self->namespace_);
    free(self->version);
    pthread_mutex_lock(&lock);
    held--;
    self->call->freed = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    free(self);
}

static const struct ostler_driver_ops operations = {
    .listen = scripted_listen,
    .listener_poll = scripted_poll,
    .listener_wake = scripted_wake,
    .listener_stop = scripted_stop,
    .listener_close = scripted_close,
    .incoming_open = scripted_open,
    .incoming_reply = scripted_reply,
    .incoming_heartbeat = scripted_heartbeat,
    .incoming_free = scripted_free,
};

/* --- The transport ---------------------------------------------------------------------------------------------- */

ostler_transport *scripted_transport(void)
{
    ostler_transport *transport = calloc(1, sizeof *transport);

    atomic_init(&transport->references, 1);
    if (ostler_conf_new(&transport->conf, NULL) != OSTLER_OK)
        abort();
    return transport;
}

ostler_transport *ostler_transport_ref(ostler_transport *transport)
{
    atomic_fetch_add(&transport->references, 1);
    return transport;
}

void ostler_transport_unref(ostler_transport *transport)
{
    if (!transport || atomic_fetch_sub(&transport->references, 1) > 1)
        return;
    ostler_conf_unref(transport->conf);
    free(transport);
}

ostler_conf *ostler_transport_conf(const ostler_transport *transport)
{
    return transport->conf;
}

const char *ostler_transport_exchange(const ostler_transport *transport)
{
    (void)transport;
    return "openstack";
}

const struct ostler_driver_ops *transport_ops(const ostler_transport *transport)
{
    (void)transport;
    return &operations;
}

ostler_driver_transport *transport_driver(const ostler_transport *transport)
{
    (void)transport;
    return NULL;
}

/* --- The caller's side ------------------------------------------------------------------------------------------ */

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

struct scripted_call *scripted_send(const struct scripted_request *request)
{
    struct scripted_call *call = calloc(1, sizeof *call);
    struct incoming *incoming = calloc(1, sizeof *incoming);

    incoming->call = call;
    incoming->method = copy(request->method);
    incoming->namespace_ = copy(request->namespace_);
    incoming->version = copy(request->version);
    incoming->broken = request->broken;
    incoming->base =
        (struct ostler_incoming){.message = {.method = incoming->method,
                                             .namespace_ = incoming->namespace_,
                                             .version = incoming->version,
                                             .context = request->context ? json_tokener_parse(request->context) : NULL,
                                             .args = request->args ? json_tokener_parse(request->args) : NULL},
                                 .wants_reply = !request->is_cast,
                                 .monitor_timeout = request->monitor_timeout,
                                 .deadline = request->deadline ? request->deadline : OSTLER_NEVER};
    pthread_mutex_lock(&lock);
    STAILQ_INSERT_TAIL(&queue, incoming, link);
    queued++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return call;
}

struct scripted_call *scripted_call(const char *method, const char *args)
{
    return scripted_send(&(struct scripted_request){.method = method, .args = args});
}

static bool wait_for(const bool *flag)
{
    ostler_time deadline = ostler_deadline(SCRIPTED_PATIENCE);

    pthread_mutex_lock(&lock);
    while (!*flag && ostler_time_left(deadline) > 0.0)
        wait_until(deadline);
    bool is_set = *flag;
    pthread_mutex_unlock(&lock);
    return is_set;
}

bool scripted_answered(struct scripted_call *call)
{
    return wait_for(&call->answered);
}

bool scripted_freed(struct scripted_call *call)
{
    return wait_for(&call->freed);
}

bool scripted_heartbeats(struct scripted_call *call, unsigned count)
{
    ostler_time deadline = ostler_deadline(SCRIPTED_PATIENCE);

    pthread_mutex_lock(&lock);
    while (call->heartbeats < count && ostler_time_left(deadline) > 0.0)
        wait_until(deadline);
    bool enough = call->heartbeats >= count;
    pthread_mutex_unlock(&lock);
    return enough;
}

void scripted_call_free(struct scripted_call *call)
{
    if (!scripted_freed(call))
        abort();
    json_object_put(call->value);
    free(call);
}

bool scripted_result_is(const char *method, const char *args, const char *result)
{
    struct scripted_call *call = scripted_call(method, args);
    const char *text = "no answer";

    if (scripted_answered(call))
        text = call->failed ? "a failure" : json_object_to_json_string_ext(call->value, JSON_C_TO_STRING_PLAIN);
    bool same = strcmp(text, result) == 0;
    if (!same)
        fprintf(stderr, "# %s(%s) is %s, not %s\n", method, args, text, result);
    scripted_call_free(call);
    return same;
}

void scripted_failure_text(const struct scripted_call *call, char *text, size_t size)
{
    if (!call->failed || !json_object_is_type(call->value, json_type_object))
        snprintf(text, size, "no failure");
    else
        snprintf(text, size, "%s %s %s", json_object_get_string(json_object_object_get(call->value, "class")),
                 json_object_get_string(json_object_object_get(call->value, "module")),
                 json_object_get_string(json_object_object_get(call->value, "message")));
}

bool scripted_failure_is(const struct scripted_request *request, const char *text)
{
    struct scripted_call *call = scripted_send(request);
    char seen[2048] = "no answer";

    if (scripted_answered(call))
        scripted_failure_text(call, seen, sizeof seen);
    bool same = strcmp(text, seen) == 0;
    if (!same)
        fprintf(stderr, "# %s: \"%s\", not \"%s\"\n", request->method, seen, text);
    scripted_call_free(call);
    return same;
}

static unsigned read_count(const unsigned *count)
{
    pthread_mutex_lock(&lock);
    unsigned value = *count;
    pthread_mutex_unlock(&lock);
    return value;
}

unsigned scripted_listens(void)
{
    return read_count(&listens);
}

unsigned scripted_listeners(void)
{
    return read_count(&listeners);
}

unsigned scripted_incoming(void)
{
    return read_count(&held);
}

unsigned scripted_queued(void)
{
    return read_count(&queued);
}

void scripted_hold(bool hold)
{
    pthread_mutex_lock(&lock);
    holding = hold;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

bool scripted_until(bool (*condition)(void *user), void *user)
{
    ostler_time deadline = ostler_deadline(SCRIPTED_PATIENCE);

    while (!condition(user)) {
        if (ostler_time_left(deadline) <= 0.0)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}
