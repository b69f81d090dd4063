/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the notifier driver `routing`: groups of drivers, each with rules. */
#ifndef NOTIFY_ROUTING_RULES_H
#define NOTIFY_ROUTING_RULES_H

#include <ostler/error.h>

/* One driver of one group. A list that is absent is NULL; each ends with NULL. */
struct routing_rule {
    char *driver;
    char **accepted_events;
    char **rejected_events;
    char **accepted_priorities; /* in lower case, as the next */
    char **rejected_priorities;
};

struct routing_rules {
    size_t count;
    struct routing_rule *each;
};

/* Reads a file. OSTLER_E_CONFIG with "FILE:LINE: what is wrong", OSTLER_E_NOMEM. */
enum ostler_status routing_rules_read(const char *path, struct routing_rules *rules, struct ostler_error *error);
/* Also of one that is zeroed. */
void routing_rules_clear(struct routing_rules *rules);

/* Whether the rule selects its driver: each accepting list that is there has a pattern that matches, and no rejecting
 * one has. @p priority in lower case. */
bool routing_rule_selects(const struct routing_rule *rule, const char *event_type, const char *priority);

#endif
