/* SPDX-License-Identifier: Apache-2.0 */
/* Sections [listener] and [listener:NAME]. */
#include "hosted.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool same_pool(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool has_target(const struct hosted *hosted, const struct ostler_target *target)
{
    for (size_t i = 0; i < hosted->target_count; i++)
        if (hosted_same_target(&hosted->targets[i], target))
            return true;
    return false;
}

static bool has_targets(const struct hosted *hosted, const struct hosted *other)
{
    for (size_t i = 0; i < other->target_count; i++)
        if (!has_target(hosted, &other->targets[i]))
            return false;
    return true;
}

/* A listener keeps what it was made with, and what it listens to is settled when it starts: that includes the priorities
 * of its endpoints. */
static bool listener_continues(const struct hosted *before, const struct hosted *after)
{
    return has_targets(before, after) && has_targets(after, before) && same_pool(before->pool, after->pool) &&
           before->allow_requeue == after->allow_requeue && before->batch_size == after->batch_size &&
           before->batch_timeout == after->batch_timeout && hosted_priorities(before) == hosted_priorities(after);
}

static struct ostler_listener_options listener_options(const struct hosted *hosted, const struct hosted_means *means)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    options.pool = hosted->pool;
    options.allow_requeue = hosted->allow_requeue;
    options.batch_size = hosted->batch_size;
    options.batch_timeout = hosted->batch_timeout;
    options.executor = hosted->executor;
    options.threads = hosted->threads;
    options.conf = means->conf;
    options.on_reset = means->hooks.on_reset;
    options.on_stop = means->hooks.on_stop;
    options.user = means->hooks.user;
    return options;
}

static enum ostler_status listener_open(const struct hosted *hosted, const struct hosted_means *means, void **running,
                                        struct ostler_error *error)
{
    const struct ostler_listener_options options = listener_options(hosted, means);
    ostler_listener *listener = NULL;
    enum ostler_status status =
        ostler_listener_new(hosted->transport, hosted->targets, hosted->target_count, hosted->endpoints,
                            hosted->endpoint_count, &options, &listener, error);

    if (status == OSTLER_OK)
        *running = listener;
    return status;
}

static enum ostler_status listener_replace(void *running, const struct hosted *hosted, const struct hosted_means *means,
                                           struct ostler_error *error)
{
    const struct ostler_listener_options options = listener_options(hosted, means);

    return ostler_listener_replace(running, means->conf, hosted->endpoints, hosted->endpoint_count, &options, error);
}

static enum ostler_status listener_start(void *running, struct ostler_error *error)
{
    return ostler_listener_start(running, error);
}

static void listener_stop(void *running)
{
    ostler_listener_stop(running);
}

static enum ostler_status listener_wait(void *running, double seconds, struct ostler_error *error)
{
    return ostler_listener_wait(running, seconds, error);
}

static void listener_free(void *running)
{
    ostler_listener_free(running);
}

static struct json_object *listener_stats(void *running)
{
    return ostler_listener_stats(running);
}

static void append(char *text, size_t size, const char *format, ...) OSTLER_PRINTF(3, 4);

/* Cuts what is too long. */
static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static void listener_tell(const struct hosted *hosted, char *text, size_t size)
{
    text[0] = '\0';
    append(text, size, "listens to ");
    for (size_t i = 0; i < hosted->target_count; i++)
        append(text, size, "%s\"%s\"", i == 0 ? "" : ", ", hosted->targets[i].topic);
    if (hosted->pool)
        append(text, size, " in the pool \"%s\"", hosted->pool);
}

static void listener_report(const struct hosted *hosted, char *text, size_t size)
{
    const char *exchange = hosted->targets[0].exchange;

    text[0] = '\0';
    append(text, size, "exchange=%s topics=", exchange ? exchange : ostler_transport_exchange(hosted->transport));
    for (size_t i = 0; i < hosted->target_count; i++)
        append(text, size, "%s%s", i == 0 ? "" : ",", hosted->targets[i].topic);
    append(text, size, " priorities=");
    for (unsigned i = 0, count = 0; i < OSTLER_PRIORITIES; i++)
        if (hosted_priorities(hosted) & (1u << i))
            append(text, size, "%s%s", count++ == 0 ? "" : ",", ostler_priority_name((enum ostler_priority)i));
    append(text, size, " pool=%s", hosted->pool ? hosted->pool : "");
}

const struct hosted_kind hosted_listener = {
    .word = "listener",
    .continues = listener_continues,
    .open = listener_open,
    .replace = listener_replace,
    .start = listener_start,
    .stop = listener_stop,
    .wait = listener_wait,
    .free = listener_free,
    .stats = listener_stats,
    .tell = listener_tell,
    .report = listener_report,
};
