/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/notification.h
 * Handling notifications: an endpoint with a method for each priority it wants.
 *
 *     #include <ostler/endpoint.h>
 *     #include <ostler/notification.h>
 *     #include <stdio.h>
 *
 *     static enum ostler_notification_result on_error(const struct ostler_notification *notification, void *state)
 *     {
 *         (void)state;
 *         puts(notification->event_type);
 *         return OSTLER_NOTIFICATION_HANDLED;
 *     }
 *
 *     static const struct ostler_notification_endpoint errors = {.method = {[OSTLER_PRIORITY_ERROR] = on_error}};
 *     static const struct ostler_notification_endpoint *const endpoints[] = {&errors, NULL};
 *     static const struct ostler_endpoint_ops operations = {.notification = endpoints};
 */
#ifndef OSTLER_NOTIFICATION_H
#define OSTLER_NOTIFICATION_H

#include <ostler/endpoint.h>

OSTLER_BEGIN_DECLS

enum ostler_priority {
    OSTLER_PRIORITY_AUDIT,
    OSTLER_PRIORITY_DEBUG,
    OSTLER_PRIORITY_INFO,
    OSTLER_PRIORITY_WARN,
    OSTLER_PRIORITY_ERROR,
    OSTLER_PRIORITY_CRITICAL,
    OSTLER_PRIORITY_SAMPLE
};

/** How many priorities there are. */
#define OSTLER_PRIORITIES 7

/** "audit", "debug", "info", "warn", "error", "critical" or "sample": static text. */
OSTLER_API const char *ostler_priority_name(enum ostler_priority priority);

/** The priority of this name, in any case; "warning" is "warn". False, and nothing set, if there is none. */
OSTLER_API bool ostler_priority_parse(const char *name, enum ostler_priority *priority);

/** One notification, as an endpoint sees it. All is borrowed until the method returns. */
struct ostler_notification {
    struct json_object *context; /**< an object, never NULL */
    const char *publisher_id;    /**< NULL if the publisher gave none, or no text */
    const char *event_type;      /**< NULL if the publisher gave none, or no text */
    enum ostler_priority priority;
    struct json_object *payload; /**< any value; NULL is JSON's null */
    const char *message_id;      /**< NULL if it has none */
    const char *timestamp; /**< as the publisher wrote it, UTC: "2026-11-21 05:52:46.435342"; NULL if it has none */
};

/** What becomes of a notification. */
enum ostler_notification_result {
    OSTLER_NOTIFICATION_HANDLED,
    /** Could not be handled now. The endpoints after this one are left out, and if the listener allows it the
     *  notification goes back to where it came from after a pause (10 ms, longer while nothing is handled, 1 s at most)
     *  and is delivered again, to all endpoints; else it is gone. oslo_messaging.NotificationResult.REQUEUE, and what an
     *  exception does there. */
    OSTLER_NOTIFICATION_REQUEUE
};

/** Called from an executor's thread, many at a time under the executor `threading`, with no lock held. */
typedef enum ostler_notification_result (*ostler_notification_fn)(const struct ostler_notification *notification,
                                                                  void *state);

/** Gets those of one priority in a batch that pass the endpoint's filter, at least one, in the order of their arrival.
 *  OSTLER_NOTIFICATION_REQUEUE is for all of that priority. */
typedef enum ostler_notification_result (*ostler_notification_batch_fn)(
    const struct ostler_notification *const *notifications, size_t count, void *state);

/** A regular expression for one member. */
struct ostler_notification_rule {
    const char *key; /**< NULL ends the array */
    const char *pattern;
};

/** What an endpoint wants to see: all that is given must match. The syntax is PCRE2's; a pattern must match at the start
 *  of the text, not up to its end, as Python's re.match(). Only strings match: a member that is absent, or of another
 *  type, does not. A match that costs too much counts as one that failed, and is logged. NotificationFilter. */
struct ostler_notification_filter {
    const char *publisher_id;                        /**< NULL: any */
    const char *event_type;                          /**< NULL: any */
    const struct ostler_notification_rule *context;  /**< of members of the context; NULL: any */
    const struct ostler_notification_rule *metadata; /**< of "message_id" and "timestamp"; NULL: any */
    const struct ostler_notification_rule *payload;  /**< of members of the payload; NULL: any */
};

/** Whether it can be used: each pattern is a regular expression, and there is one for each member that is named. A
 *  listener finds out by itself; this is for programs that check what they will use. Any thread. OSTLER_E_MODULE (the
 *  text tells which pattern, why and where), OSTLER_E_NOMEM. */
OSTLER_API enum ostler_status ostler_notification_filter_check(const struct ostler_notification_filter *filter,
                                                               struct ostler_error *error);

/** One interface for notifications. The priorities for which an endpoint of the listener has a method are those it
 *  listens to. */
struct ostler_notification_endpoint {
    /** By enum ostler_priority; NULL: none. */
    ostler_notification_fn method[OSTLER_PRIORITIES];
    /** The same for batches. Where only one of both is there it serves both kinds of listener: a batch is given piece by
     *  piece, a single one as a batch of one. */
    ostler_notification_batch_fn batch_method[OSTLER_PRIORITIES];
    /** NULL: everything. */
    const struct ostler_notification_filter *filter;
    void *reserved_[4];
};

OSTLER_END_DECLS

#endif
