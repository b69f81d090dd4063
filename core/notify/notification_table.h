/* SPDX-License-Identifier: Apache-2.0 */
/* What a generation of a listener's endpoints takes: every interface for notifications, in order. */
#ifndef NOTIFY_NOTIFICATION_TABLE_H
#define NOTIFY_NOTIFICATION_TABLE_H

#include "filter.h"
#include "server_endpoints.h"

struct taker {
    const struct ostler_notification_endpoint *endpoint;
    struct instance *instance;
    struct filter *filter;
    struct method_stats *stats[OSTLER_PRIORITIES]; /* NULL where it has no method */
};

struct notification_table {
    size_t count;
    struct taker takers[];
};

extern const struct generation_tables notification_tables;

static inline const struct notification_table *notification_table(const struct generation *generation)
{
    return generation->table;
}

/* Whether any endpoint has a method for this priority. */
bool notification_table_takes(const struct generation *generation, enum ostler_priority priority);

/* An array of {"endpoint", "file", "priorities"}; NULL without memory. */
struct json_object *notification_table_describe(const struct generation *generation);

#endif
