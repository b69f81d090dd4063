/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/notifier.h>

#include "drivers.h"
#include "emitting.h"
#include "message.h"

#include <json-c/json.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What a notifier and those prepared from it share. */
struct shared {
    atomic_uint references;
    ostler_transport *transport; /* NULL: none */
    struct drivers *drivers;
    char **topics; /* ended by NULL */
    const struct ostler_serializer *serializer;
};

struct ostler_notifier {
    struct shared *shared;
    char *publisher_id;
    int retry;
    double timeout;
};

/* --- Making ------------------------------------------------------------------------------------------------------- */

static void shared_unref(struct shared *shared)
{
    if (!shared || atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) > 1)
        return;
    drivers_close(shared->drivers);
    for (size_t i = 0; shared->topics && shared->topics[i]; i++)
        free(shared->topics[i]);
    free(shared->topics);
    ostler_transport_unref(shared->transport);
    free(shared);
}

static enum ostler_status copy_topics(struct shared *shared, const char *const *topics, size_t count,
                                      struct ostler_error *error)
{
    shared->topics = calloc(count + 1, sizeof(char *));
    for (size_t i = 0; shared->topics && i < count; i++) {
        if (!topics[i][0] || strlen(topics[i]) > OSTLER_NAME_MAX)
            return ostler_error_set(error, OSTLER_E_TARGET, "the topic \"%.32s\" is empty or longer than %d bytes",
                                    topics[i], OSTLER_NAME_MAX);
        shared->topics[i] = strdup(topics[i]);
        if (!shared->topics[i])
            return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notifier");
    }
    return shared->topics ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notifier");
}

/* A list of the program's, or else the option's. The array ends with NULL. */
static const char *const *list_of(const char *const *given, const ostler_conf *conf, const char *option, size_t *count)
{
    static const char *const none[] = {NULL};

    *count = 0;
    if (!given)
        given = ostler_conf_list(conf, "oslo_messaging_notifications", option, count);
    if (!given)
        return none;
    for (*count = 0; given[*count]; ++*count)
        continue;
    return given;
}

static enum ostler_status share(struct ostler_notifier *notifier, ostler_transport *transport, ostler_conf *conf,
                                const struct ostler_notifier_options *options, struct ostler_error *error)
{
    struct shared *shared = notifier->shared = calloc(1, sizeof *shared);
    size_t count;

    if (!shared)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notifier");
    atomic_init(&shared->references, 1);
    shared->transport = transport ? ostler_transport_ref(transport) : NULL;
    shared->serializer = options->serializer;
    const char *const *topics = list_of(options->topics, conf, "topics", &count);
    enum ostler_status status = copy_topics(shared, topics, count, error);
    if (status != OSTLER_OK)
        return status;
    return drivers_open(conf, transport, (const char *const *)shared->topics,
                        list_of(options->drivers, conf, "driver", &count), &shared->drivers, error);
}

static enum ostler_status set_publisher(struct ostler_notifier *notifier, const char *publisher_id,
                                        struct ostler_error *error)
{
    notifier->publisher_id = publisher_id ? strdup(publisher_id) : NULL;
    if (publisher_id && !notifier->publisher_id)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notifier");
    return OSTLER_OK;
}

static int configured_retry(const ostler_conf *conf)
{
    int64_t retry = ostler_conf_integer(conf, "oslo_messaging_notifications", "retry", -1);

    return retry < 0 ? -1 : retry > 1000000 ? 1000000 : (int)retry;
}

enum ostler_status ostler_notifier_new(ostler_transport *transport, ostler_conf *conf,
                                       const struct ostler_notifier_options *options, ostler_notifier **notifier,
                                       struct ostler_error *error)
{
    static const struct ostler_notifier_options defaults = OSTLER_NOTIFIER_OPTIONS_INIT;

    if (!options)
        options = &defaults;
    if (!conf && !transport)
        return ostler_error_set(error, OSTLER_E_INVALID, "a notifier needs a configuration or a transport");
    if (!conf)
        conf = ostler_transport_conf(transport);
    ostler_notifier *made = calloc(1, sizeof *made);
    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notifier");
    made->retry = options->retry == OSTLER_RETRY_CONFIGURED ? configured_retry(conf) : options->retry;
    made->timeout = options->timeout;
    enum ostler_status status = set_publisher(made, options->publisher_id, error);
    if (status == OSTLER_OK)
        status = share(made, transport, conf, options, error);
    if (status == OSTLER_OK)
        *notifier = made;
    else
        ostler_notifier_free(made);
    return status;
}

enum ostler_status ostler_notifier_prepare(const ostler_notifier *notifier, unsigned fields,
                                           const struct ostler_notifier_options *changes, ostler_notifier **prepared,
                                           struct ostler_error *error)
{
    ostler_notifier *made = calloc(1, sizeof *made);

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notifier");
    made->retry = notifier->retry;
    /* Unset, as an explicit None: without end. */
    if (fields & OSTLER_NOTIFIER_RETRY)
        made->retry = changes->retry < 0 ? -1 : changes->retry;
    made->timeout = fields & OSTLER_NOTIFIER_TIMEOUT ? changes->timeout : notifier->timeout;
    enum ostler_status status = set_publisher(
        made, fields & OSTLER_NOTIFIER_PUBLISHER_ID ? changes->publisher_id : notifier->publisher_id, error);
    if (status != OSTLER_OK) {
        free(made);
        return status;
    }
    made->shared = notifier->shared;
    atomic_fetch_add_explicit(&made->shared->references, 1, memory_order_relaxed);
    *prepared = made;
    return OSTLER_OK;
}

void ostler_notifier_free(ostler_notifier *notifier)
{
    if (!notifier)
        return;
    shared_unref(notifier->shared);
    free(notifier->publisher_id);
    free(notifier);
}

bool ostler_notifier_is_enabled(const ostler_notifier *notifier)
{
    const struct drivers *drivers = notifier->shared->drivers;

    return drivers->count != 1 || drivers->each[0].ops != notifier_noop.ops;
}

/* --- Emitting ----------------------------------------------------------------------------------------------------- */

/* Payload first, with the context as it came, then the context: oslo.messaging's order. */
static enum ostler_status serialize(const struct ostler_serializer *serializer, struct json_object *given,
                                    struct json_object *payload, struct json_object **context,
                                    struct json_object **entity, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    if (serializer && serializer->serialize_entity)
        status = serializer->serialize_entity(serializer->user, given, payload, entity, error);
    else
        *entity = json_object_get(payload);
    if (status != OSTLER_OK || !serializer || !serializer->serialize_context)
        return status;
    struct json_object *out = NULL;
    status = serializer->serialize_context(serializer->user, *context, &out, error);
    if (status != OSTLER_OK)
        return status;
    json_object_put(*context);
    *context = out;
    if (!json_object_is_type(out, json_type_object))
        return ostler_error_set(error, OSTLER_E_INVALID, "the serializer made a context that is no object");
    return OSTLER_OK;
}

static enum ostler_status emit(const ostler_notifier *notifier, const struct ostler_emission *emission,
                               struct ostler_error *error)
{
    const struct drivers *drivers = notifier->shared->drivers;
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < drivers->count; i++) {
        struct ostler_error failure = OSTLER_ERROR_INIT;
        enum ostler_status outcome = drivers_notify(&drivers->each[i], emission, &failure);
        drivers_collect(outcome, &failure, &status, error);
    }
    return status;
}

/* Makes the message and hands it to the drivers; @p core as struct ostler_emission has it. */
static enum ostler_status notify(ostler_notifier *notifier, struct json_object *context, enum ostler_priority priority,
                                 const char *event_type, struct json_object *payload, struct emitting *core,
                                 struct ostler_error *error)
{
    struct json_object *kept = NULL, *entity = NULL, *message = NULL;
    enum ostler_status status;

    if ((unsigned)priority >= OSTLER_PRIORITIES || !event_type)
        return ostler_error_set(error, OSTLER_E_INVALID,
                                "a notification needs an event type and a priority that is one");
    if (context && !json_object_is_type(context, json_type_object))
        return ostler_error_set(error, OSTLER_E_INVALID, "the context of a notification must be an object");
    /* Read only, so that one without secrets is as good as a copy, unless a serializer is to have it. */
    const struct ostler_serializer *serializer = notifier->shared->serializer;
    bool as_it_is = context && !(serializer && serializer->serialize_context) && message_is_public(context);
    kept = as_it_is ? NULL : message_context(context);
    if (!as_it_is && !kept) {
        status = ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notification");
        goto out;
    }
    status = serialize(serializer, context ? context : kept, payload, &kept, &entity, error);
    if (status != OSTLER_OK)
        goto out;
    message = message_new(notifier->publisher_id, event_type, priority, entity);
    if (!message) {
        status = ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notification");
        goto out;
    }
    const struct ostler_emission emission = {.message = message,
                                             .context = as_it_is ? context : kept,
                                             .priority = priority,
                                             .event_type = event_type,
                                             .retry = notifier->retry,
                                             .deadline = ostler_deadline(notifier->timeout),
                                             .core = core};
    status = emit(notifier, &emission, error);
out:
    json_object_put(message);
    json_object_put(entity);
    json_object_put(kept);
    return status;
}

enum ostler_status ostler_notify(ostler_notifier *notifier, struct json_object *context, enum ostler_priority priority,
                                 const char *event_type, struct json_object *payload, struct ostler_error *error)
{
    return notify(notifier, context, priority, event_type, payload, NULL, error);
}

enum ostler_status ostler_notify_async(ostler_notifier *notifier, struct json_object *context,
                                       enum ostler_priority priority, const char *event_type,
                                       struct json_object *payload, ostler_accepted_fn done, void *user,
                                       struct ostler_error *error)
{
    struct emitting *emitting = emitting_new(done, user);
    struct ostler_error failure = OSTLER_ERROR_INIT;

    if (!emitting)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a notification");
    enum ostler_status status = notify(notifier, context, priority, event_type, payload, emitting, &failure);
    if (status != OSTLER_OK && emitting_give_up(emitting))
        return ostler_error_move(error, &failure);
    emitting_end(emitting, status, &failure);
    return OSTLER_OK;
}

enum ostler_status ostler_notifier_reset(ostler_notifier *notifier, ostler_conf *conf, struct ostler_error *error)
{
    const struct drivers *drivers = notifier->shared->drivers;
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; i < drivers->count; i++) {
        const struct open_driver *driver = &drivers->each[i];
        struct ostler_error failure = OSTLER_ERROR_INIT;
        if (!driver->ops->reset)
            continue;
        enum ostler_status outcome = driver->ops->reset(driver->driver, conf, &failure);
        if (outcome != OSTLER_OK)
            ostler_error_prefix(&failure, "notifier driver \"%s\"", drivers_name(driver));
        drivers_collect(outcome, &failure, &status, error);
    }
    return status;
}
