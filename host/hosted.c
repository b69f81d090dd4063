/* SPDX-License-Identifier: Apache-2.0 */
#include "hosted.h"

#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool hosted_same_target(const struct ostler_target *a, const struct ostler_target *b)
{
    return same_text(a->topic, b->topic) && same_text(a->server, b->server) && same_text(a->exchange, b->exchange);
}

bool hosted_continues(const struct hosted *before, const struct hosted *after)
{
    return before->kind == after->kind && before->transport && before->transport == after->transport &&
           same_text(before->executor, after->executor) && before->kind->continues(before, after);
}

static enum ostler_status about(const struct hosted *hosted, enum ostler_status status, struct ostler_error *error)
{
    if (status != OSTLER_OK)
        ostler_error_prefix(error, "[%s]", hosted->section);
    return status;
}

enum ostler_status hosted_open(struct hosted *hosted, const struct hosted_means *means, struct ostler_error *error)
{
    return about(hosted, hosted->kind->open(hosted, means, &hosted->running, error), error);
}

enum ostler_status hosted_start(struct hosted *hosted, struct ostler_error *error)
{
    return about(hosted, hosted->kind->start(hosted->running, error), error);
}

enum ostler_status hosted_replace(struct hosted *hosted, const struct hosted *like, const struct hosted_means *means,
                                  struct ostler_error *error)
{
    return about(like, hosted->kind->replace(hosted->running, like, means, error), error);
}

void hosted_close(struct hosted *hosted)
{
    if (hosted->running)
        hosted->kind->free(hosted->running);
    hosted->running = NULL;
}

void hosted_clear(struct hosted *hosted)
{
    hosted_close(hosted);
    for (size_t i = 0; i < hosted->endpoint_count; i++)
        ostler_module_unref(hosted->endpoints[i].module);
    free(hosted->endpoints);
    free(hosted->targets);
}

static unsigned priorities_of(const struct ostler_notification_endpoint *endpoint)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < OSTLER_PRIORITIES; i++)
        if (endpoint->method[i] || endpoint->batch_method[i])
            bits |= 1u << i;
    return bits;
}

unsigned hosted_priorities(const struct hosted *hosted)
{
    unsigned bits = 0;

    for (size_t i = 0; i < hosted->endpoint_count; i++) {
        const struct ostler_notification_endpoint *const *endpoint = hosted->endpoints[i].ops->notification;
        for (; endpoint && *endpoint; endpoint++)
            bits |= priorities_of(*endpoint);
    }
    return bits;
}
