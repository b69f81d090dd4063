/* SPDX-License-Identifier: Apache-2.0 */
/* The exchanges that are published to, and for notifications the queues. Each is declared once on each connection, aside:
 * a declaration that the broker refuses closes its channel, and must take no message with it. */
#include "publisher_parts.h"

#include <stdlib.h>
#include <string.h>

static bool same_queue(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct exchange *find(struct publisher *publisher, const char *name, const char *queue)
{
    for (size_t i = 0; i < publisher->exchange_count; i++)
        if (strcmp(publisher->exchanges[i].name, name) == 0 && same_queue(publisher->exchanges[i].queue, queue))
            return &publisher->exchanges[i];
    return NULL;
}

/* NULL when there are too many: those are declared each time. */
static struct exchange *add(struct publisher *publisher, const char *name, const char *queue)
{
    if (publisher->exchange_count >= EXCHANGES)
        return NULL;
    struct exchange made = {.name = strdup(name), .queue = queue ? strdup(queue) : NULL};
    if (!made.name || (queue && !made.queue)) {
        free(made.name);
        free(made.queue);
        return NULL;
    }
    struct exchange *exchange = &publisher->exchanges[publisher->exchange_count++];
    *exchange = made;
    return exchange;
}

bool exchanges_are_ensured(struct publisher *publisher, const struct post *post)
{
    if (!post->publish.exchange[0])
        return true;
    const struct exchange *exchange = find(publisher, post->publish.exchange, post->queue);
    return exchange && exchange->epoch == publisher->link.epoch;
}

enum ostler_status exchanges_ensure(struct publisher *publisher, const struct post *post, const char **name,
                                    struct ostler_error *error)
{
    struct link *link = &publisher->link;
    struct exchange *exchange;

    *name = NULL;
    if (!post->publish.exchange[0])
        return OSTLER_OK;
    exchange = find(publisher, post->publish.exchange, post->queue);
    if (!exchange || exchange->epoch != link->epoch) {
        enum ostler_status status =
            topology_aside(publisher->topology, &link->conn, post->publish.exchange, post->fanout, post->queue, error);
        if (status != OSTLER_OK)
            return status;
    }
    if (!exchange)
        exchange = add(publisher, post->publish.exchange, post->queue);
    if (exchange) {
        exchange->epoch = link->epoch;
        *name = exchange->name;
    }
    return OSTLER_OK;
}

void exchanges_doubt(struct publisher *publisher, const struct post *post)
{
    struct exchange *exchange = find(publisher, post->publish.exchange, post->queue);

    if (exchange)
        exchange->epoch = 0;
}

const char *exchanges_missing_name(const char *text, char *name, size_t size)
{
    const char *begin = strstr(text, "no exchange '");
    const char *end = begin ? strchr(begin + 13, '\'') : NULL;

    if (!end || (size_t)(end - begin - 13) >= size)
        return NULL;
    memcpy(name, begin + 13, (size_t)(end - begin - 13));
    name[end - begin - 13] = '\0';
    return name;
}

void exchanges_free(struct publisher *publisher)
{
    for (size_t i = 0; i < publisher->exchange_count; i++) {
        free(publisher->exchanges[i].name);
        free(publisher->exchanges[i].queue);
    }
}
