/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose answer comes to a callback. */
#include "client_parts.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a callback needs when the client may be gone already. */
struct async_call {
    struct ostler_call base;
    ostler_call_done_fn done;
    void *user;
    /* The transport's, which ends all its calls before it closes. */
    const struct ostler_driver_ops *ops;
    ostler_driver_transport *driver;
    uint64_t call_id; /* as it was sent */
    const struct ostler_serializer *serializer;
    struct json_object *context; /* for the serializer; a copy, for it belongs to another thread */
    double timeout;
    double monitor_timeout;
    const char *topic;
    char method[]; /* the topic behind it */
};

static enum ostler_status describe_end(const struct async_call *async, const struct call_end *end,
                                       struct ostler_error *error)
{
    const struct call *call = &async->base.call;

    if (end->status == OSTLER_E_REMOTE)
        return ostler_error_set_remote(error, end->value);
    if (end->status == OSTLER_E_TIMEOUT && !end->reason) {
        char where[TARGET_TEXT_SIZE];
        snprintf(where, sizeof where, "topic %s", async->topic);
        struct timed_out what = {.ops = async->ops,
                                 .driver = async->driver,
                                 .call = call,
                                 .call_id = async->call_id,
                                 .method = async->method,
                                 .where = where,
                                 .timeout = async->timeout,
                                 .monitor_timeout = async->monitor_timeout};
        return client_explain_timeout(&what, error);
    }
    return ostler_error_set(error, end->status, "%s: %s", async->method,
                            end->reason ? end->reason : ostler_status_text(end->status));
}

static void complete(struct ostler_call *call, struct call_end *end)
{
    struct async_call *async = (struct async_call *)call;
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *result = NULL;
    enum ostler_status status = end->status;

    if (status == OSTLER_OK) {
        status = client_take_result(async->serializer, async->context, end->value, &result, &error);
        end->value = NULL;
    } else {
        describe_end(async, end, &error);
    }
    async->done(async->user, status, result, status == OSTLER_OK ? NULL : &error);
    json_object_put(result);
    call_end_clear(end);
    ostler_error_clear(&error);
    json_object_put(async->context);
    async->context = NULL;
}

static struct async_call *new_call(const ostler_client *client, const char *method, ostler_call_done_fn done,
                                   void *user)
{
    const struct ostler_client_options *options = &client->options;
    size_t size = strlen(method) + 1, topic_size = strlen(client->target.topic) + 1;
    /* Memory that this thread has freed lately: calloc() does not look there. */
    struct async_call *async = malloc(sizeof *async + size + topic_size);

    if (!async)
        return NULL;
    memset(async, 0, sizeof *async);
    async_call_init(&async->base, client->replies, complete);
    async->base.call.monitor_span = (ostler_time)(options->call_monitor_timeout * 1e9);
    async->done = done;
    async->user = user;
    async->serializer = options->serializer;
    async->ops = client->ops;
    async->driver = client->driver;
    async->timeout = options->timeout;
    async->monitor_timeout = options->call_monitor_timeout;
    memcpy(async->method, method, size);
    async->topic = memcpy(async->method + size, client->target.topic, topic_size);
    return async;
}

/* Gives up a call whose callback will not come. */
static void abandon(struct async_call *async)
{
    json_object_put(async->context);
    async_call_unref(&async->base);
    async_call_unref(&async->base);
}

static bool keep_context(struct async_call *async, struct json_object *context)
{
    if (!async->serializer || !async->serializer->deserialize_entity || !context)
        return true;
    return json_object_deep_copy(context, &async->context, NULL) == 0;
}

static enum ostler_status start(const ostler_client *client, struct async_call *async, struct outgoing *outgoing,
                                bool *owed, struct ostler_error *error)
{
    ostler_time deadline = outgoing->message.deadline, monitor_deadline = OSTLER_NEVER;

    *owed = false;
    enum ostler_status status = replies_add(client->replies, &async->base.call, &outgoing->message.call_id, error);
    if (status != OSTLER_OK)
        return status;

    async->call_id = outgoing->message.call_id;
    outgoing->message.more = replies_will_flush(client->replies);
    if (replies_have_event_loop(client->replies))
        outgoing->message.deadline = OSTLER_AT_ONCE;
    status = client->ops->send(client->driver, &outgoing->message, NULL, error);
    if (client->options.call_monitor_timeout > 0.0)
        monitor_deadline = ostler_deadline(client->options.call_monitor_timeout);
    if (status == OSTLER_OK)
        replies_await(client->replies, &async->base.call, deadline, monitor_deadline);
    /* It may have ended meanwhile: then the callback comes, and says how. */
    *owed = status == OSTLER_OK || !replies_drop(client->replies, &async->base.call);
    return *owed ? OSTLER_OK : status;
}

enum ostler_status ostler_client_call_async(const ostler_client *client, struct json_object *context,
                                            const char *method, struct json_object *args, ostler_call_done_fn done,
                                            void *user, ostler_call **call, struct ostler_error *error)
{
    struct outgoing outgoing;
    bool owed;
    enum ostler_status status = outgoing_prepare(client, context, method, args, true, false, &outgoing, error);

    if (status != OSTLER_OK)
        return status;
    status = replies_need_completer(client->replies, error);
    if (status != OSTLER_OK)
        goto out;
    struct async_call *async = new_call(client, method, done, user);
    if (!async || !keep_context(async, outgoing.message.message.context)) {
        if (async)
            abandon(async);
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
        goto out;
    }
    status = start(client, async, &outgoing, &owed, error);
    if (!owed)
        abandon(async);
    else if (call)
        *call = &async->base;
    else
        async_call_unref(&async->base);
out:
    outgoing_clear(&outgoing);
    return status;
}

void ostler_call_cancel(ostler_call *call)
{
    if (!atomic_load(&call->done))
        replies_cancel(call->replies, call);
}

bool ostler_call_is_done(const ostler_call *call)
{
    return atomic_load(&call->done);
}

void ostler_call_unref(ostler_call *call)
{
    async_call_unref(call);
}
