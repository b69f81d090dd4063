/* SPDX-License-Identifier: Apache-2.0 */
#include "notification_dispatcher.h"

#include "notification_table.h"

#include <ostler/log.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* One notification under way. */
struct work {
    struct ostler_listener *listener;
    struct ostler_incoming *incoming;
    struct ostler_notification notification;
    struct json_object *own_context; /* made here */
    struct json_object *own_payload;
    bool readable; /* its priority is one that there is */
    bool requeue;
};

/* --- Opening: from the message to what endpoints see -------------------------------------------------------------- */

static bool open_incoming(struct work *work)
{
    const struct ostler_driver_ops *ops = work->listener->server.ops;
    struct ostler_error error = OSTLER_ERROR_INIT;

    if (!ops->incoming_open || ops->incoming_open(work->incoming, &error) == OSTLER_OK)
        return true;
    /* It would be as broken the next time. */
    ostler_log(OSTLER_LOG_ERROR, "listener", "%s: a notification was dropped: %s", work->listener->server.label,
               error.message ? error.message : "no reason given");
    ostler_error_clear(&error);
    return false;
}

static const char *text_member(struct json_object *message, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(message, name, &value);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static bool read_priority(struct work *work)
{
    const char *name = text_member(work->incoming->notification, "priority");

    if (ostler_priority_parse(name, &work->notification.priority))
        return true;
    ostler_log(OSTLER_LOG_WARNING, "listener", "%s: Unknown priority \"%.64s\"", work->listener->server.label,
               name ? name : "");
    return false;
}

static enum ostler_status take_context(struct work *work, struct ostler_error *error)
{
    const struct ostler_serializer *serializer = work->listener->server.serializer;
    struct json_object *context = work->incoming->message.context;

    if (!json_object_is_type(context, json_type_object)) {
        context = work->own_context = json_object_new_object();
        if (!context)
            return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a context");
    }
    if (serializer && serializer->deserialize_context) {
        struct json_object *out = NULL;
        enum ostler_status status = serializer->deserialize_context(serializer->user, context, &out, error);
        if (status != OSTLER_OK)
            return status;
        json_object_put(work->own_context);
        work->own_context = context = out;
        if (!json_object_is_type(out, json_type_object))
            return ostler_error_set(error, OSTLER_E_INVALID, "the serializer made a context that is no object");
    }
    work->notification.context = context;
    return OSTLER_OK;
}

static enum ostler_status take_payload(struct work *work, struct ostler_error *error)
{
    const struct ostler_serializer *serializer = work->listener->server.serializer;
    struct json_object *payload = NULL;

    json_object_object_get_ex(work->incoming->notification, "payload", &payload);
    if (serializer && serializer->deserialize_entity) {
        enum ostler_status status = serializer->deserialize_entity(serializer->user, work->notification.context,
                                                                   payload, &work->own_payload, error);
        if (status != OSTLER_OK)
            return status;
        payload = work->own_payload;
    }
    work->notification.payload = payload;
    return OSTLER_OK;
}

static void open_work(struct work *work, struct ostler_listener *listener, struct ostler_incoming *incoming)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    *work = (struct work){.listener = listener, .incoming = incoming};
    if (!open_incoming(work) || !read_priority(work))
        return;
    struct json_object *message = incoming->notification;
    work->notification.publisher_id = text_member(message, "publisher_id");
    work->notification.event_type = text_member(message, "event_type");
    work->notification.message_id = text_member(message, "message_id");
    work->notification.timestamp = text_member(message, "timestamp");
    enum ostler_status status = take_context(work, &error);
    if (status == OSTLER_OK)
        status = take_payload(work, &error);
    work->readable = status == OSTLER_OK;
    work->requeue = status != OSTLER_OK;
    if (status != OSTLER_OK)
        ostler_log(OSTLER_LOG_ERROR, "listener", "%s: a notification could not be deserialized: %s",
                   listener->server.label, error.message ? error.message : ostler_status_text(status));
    ostler_error_clear(&error);
}

/* --- Settling ----------------------------------------------------------------------------------------------------- */

static void say_gone(const struct work *work)
{
    const char *event_type = work->notification.event_type;

    ostler_log(OSTLER_LOG_WARNING, "listener",
               "%s: a notification %.255s could not be handled and is gone: the listener has no allow_requeue",
               work->listener->server.label, event_type ? event_type : "without event type");
}

static void settle(struct work *work)
{
    struct ostler_server *server = &work->listener->server;
    struct ostler_error error = OSTLER_ERROR_INIT;

    json_object_put(work->own_payload);
    json_object_put(work->own_context);
    if (work->requeue && work->listener->allow_requeue) {
        pause_give_back(work->listener, work->incoming);
        return;
    }
    if (work->requeue)
        say_gone(work);
    else
        pause_handled(&work->listener->pause);
    if (server->ops->incoming_settle(work->incoming, OSTLER_SETTLE_HANDLED, &error) != OSTLER_OK)
        ostler_log(OSTLER_LOG_WARNING, "listener", "%s: a notification will come again: %s", server->label,
                   error.message ? error.message : "it could not be acknowledged");
    ostler_error_clear(&error);

    struct generation *generation = work->incoming->core;
    server->ops->incoming_free(work->incoming);
    generation_release(generation);
    server_request_ended(server);
}

/* --- Calling ------------------------------------------------------------------------------------------------------ */

/* Whether the endpoint wants it. False, too, if that cannot be told: then *requeue is set. */
static bool passes(const struct work *work, const struct taker *taker, bool *requeue)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    bool wanted = false;

    if (filter_match(taker->filter, &work->notification, &wanted, &error) != OSTLER_OK) {
        ostler_log(OSTLER_LOG_ERROR, "listener", "%s: endpoint \"%s\": %s", work->listener->server.label,
                   taker->instance->name, error.message);
        *requeue = true;
    }
    ostler_error_clear(&error);
    return wanted;
}

static bool call(const struct taker *taker, const struct ostler_notification *const *notifications, size_t count)
{
    enum ostler_priority priority = notifications[0]->priority;
    const struct ostler_notification_endpoint *endpoint = taker->endpoint;
    void *state = taker->instance->state;
    enum ostler_notification_result result = OSTLER_NOTIFICATION_HANDLED;
    bool whole = endpoint->batch_method[priority] && (count > 1 || !endpoint->method[priority]);
    ostler_time began = ostler_now();

    stats_begin(taker->stats[priority]);
    if (whole)
        result = endpoint->batch_method[priority](notifications, count, state);
    for (size_t i = 0; !whole && i < count && result == OSTLER_NOTIFICATION_HANDLED; i++)
        result = endpoint->method[priority](notifications[i], state);
    stats_end(taker->stats[priority], ostler_now() - began, result != OSTLER_NOTIFICATION_HANDLED);
    return result == OSTLER_NOTIFICATION_HANDLED;
}

/* Gives those of one priority to each endpoint in turn; ends with the first that does not handle them. False if they are
 * to be given back. @p chosen has room for all. */
static bool dispatch(struct work *const *works, size_t count, const struct generation *generation,
                     const struct ostler_notification **chosen)
{
    const struct notification_table *table = notification_table(generation);
    enum ostler_priority priority = works[0]->notification.priority;
    bool requeue = false;

    for (size_t i = 0; i < table->count && !requeue; i++) {
        const struct taker *taker = &table->takers[i];
        size_t wanted = 0;
        if (!taker->stats[priority])
            continue;
        for (size_t j = 0; j < count && !requeue; j++)
            if (passes(works[j], taker, &requeue))
                chosen[wanted++] = &works[j]->notification;
        if (!requeue && wanted > 0)
            requeue = !call(taker, chosen, wanted);
    }
    return !requeue;
}

void notification_dispatcher_run(struct ostler_listener *listener, struct ostler_incoming *incoming)
{
    const struct ostler_notification *chosen[1];
    struct work work, *works[1] = {&work};

    open_work(&work, listener, incoming);
    if (work.readable)
        work.requeue = !dispatch(works, 1, incoming->core, chosen);
    settle(&work);
}

/* --- Batches ------------------------------------------------------------------------------------------------------ */

/* Priorities in the order in which a batch is dispatched: that of their names. */
static const enum ostler_priority batch_order[OSTLER_PRIORITIES] = {
    OSTLER_PRIORITY_AUDIT, OSTLER_PRIORITY_CRITICAL, OSTLER_PRIORITY_DEBUG, OSTLER_PRIORITY_ERROR,
    OSTLER_PRIORITY_INFO,  OSTLER_PRIORITY_SAMPLE,   OSTLER_PRIORITY_WARN,
};

/* Those of one priority; all of them share its outcome. */
static void dispatch_group(struct work *works, size_t count, enum ostler_priority priority,
                           const struct generation *generation, struct work **group,
                           const struct ostler_notification **chosen)
{
    size_t members = 0;

    for (size_t i = 0; i < count; i++)
        if (works[i].readable && works[i].notification.priority == priority)
            group[members++] = &works[i];
    if (members == 0 || dispatch(group, members, generation, chosen))
        return;
    for (size_t i = 0; i < members; i++)
        group[i]->requeue = true;
}

/* One by one, where memory does not allow for more. */
static void run_singly(struct ostler_listener *listener, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        notification_dispatcher_run(listener, batch->incoming[i]);
}

void notification_dispatcher_run_batch(struct ostler_listener *listener, struct batch *batch)
{
    size_t count = batch->count;
    struct work *works = calloc(count, sizeof *works);
    struct work **group = calloc(count, sizeof(struct work *));
    const struct ostler_notification **chosen = calloc(count, sizeof(struct ostler_notification *));

    if (works && group && chosen) {
        /* A batch that was begun before the endpoints were exchanged goes to the new ones. Every incoming holds its own
         * generation until it is settled. */
        const struct generation *newest = batch->incoming[count - 1]->core;
        for (size_t i = 0; i < count; i++)
            open_work(&works[i], listener, batch->incoming[i]);
        for (size_t i = 0; i < OSTLER_PRIORITIES; i++)
            dispatch_group(works, count, batch_order[i], newest, group, chosen);
        for (size_t i = 0; i < count; i++)
            settle(&works[i]);
    } else {
        run_singly(listener, batch);
    }
    free(chosen);
    free(group);
    free(works);
    batch_free(batch);
}
