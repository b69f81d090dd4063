/* SPDX-License-Identifier: Apache-2.0 */
/* The exchanges that are published to. Each is declared once on each connection, aside: a declaration that the broker
 * refuses closes its channel, and must take no message with it. */
#include "publisher_parts.h"

#include <stdlib.h>
#include <string.h>

static struct exchange *find(struct publisher *publisher, const char *name)
{
    for (size_t i = 0; i < publisher->exchange_count; i++)
        if (strcmp(publisher->exchanges[i].name, name) == 0)
            return &publisher->exchanges[i];
    return NULL;
}

/* NULL when there are too many: those are declared each time. */
static struct exchange *add(struct publisher *publisher, const char *name)
{
    char *copy = publisher->exchange_count < EXCHANGES ? strdup(name) : NULL;

    if (!copy)
        return NULL;
    struct exchange *exchange = &publisher->exchanges[publisher->exchange_count++];
    *exchange = (struct exchange){.name = copy};
    return exchange;
}

enum ostler_status exchanges_ensure(struct publisher *publisher, const struct post *post, const char **name,
                                    struct ostler_error *error)
{
    struct link *link = &publisher->link;
    struct exchange *exchange;

    *name = NULL;
    if (!post->publish.exchange[0])
        return OSTLER_OK;
    exchange = find(publisher, post->publish.exchange);
    if (!exchange || exchange->epoch != link->epoch) {
        enum ostler_status status =
            topology_exchange_aside(publisher->topology, &link->conn, post->publish.exchange, post->fanout, error);
        if (status != OSTLER_OK)
            return status;
    }
    if (!exchange)
        exchange = add(publisher, post->publish.exchange);
    if (exchange) {
        exchange->epoch = link->epoch;
        *name = exchange->name;
    }
    return OSTLER_OK;
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
    for (size_t i = 0; i < publisher->exchange_count; i++)
        free(publisher->exchanges[i].name);
}
