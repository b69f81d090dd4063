/* SPDX-License-Identifier: Apache-2.0 */
/* The message of a notification, as it goes to every driver. */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include <ostler/notification.h>

/* message_id, publisher_id, event_type, priority, payload, timestamp; @p payload is borrowed and gets one more reference.
 * NULL without memory. */
struct json_object *message_new(const char *publisher_id, const char *event_type, enum ostler_priority priority,
                                struct json_object *payload);

/* A context without the members that hold secrets. NULL without memory. */
struct json_object *message_context(struct json_object *context);

/* Whether there are none. */
bool message_is_public(struct json_object *context);

/* A random UUID, as message_id. */
enum { MESSAGE_ID_SIZE = 37 };
void message_id(char text[MESSAGE_ID_SIZE]);

/* A point in time as Python prints it: "2026-11-21 05:52:46.435342", without the fraction where it is zero. */
enum { MESSAGE_TIMESTAMP_SIZE = 48 };
void message_timestamp(int64_t seconds, long microseconds, char text[MESSAGE_TIMESTAMP_SIZE]);

#endif
