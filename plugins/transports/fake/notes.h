/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications: the queues of this process, and the listeners that take from them. */
#ifndef FAKE_NOTES_H
#define FAKE_NOTES_H

#include "topic.h"

/* One more, or one less, transport. With the last one all queues and what waits in them are freed. */
void fake_notes_open(void);
void fake_notes_close(void);

/* The driver's operations of the same names. */
enum ostler_status fake_notes_notify(const struct ostler_outgoing_notification *notification,
                                     const struct fake_limits *limits, struct ostler_error *error);
enum ostler_status fake_note_open(struct ostler_incoming *incoming, struct ostler_error *error);
enum ostler_status fake_notes_settle(struct ostler_incoming *incoming, enum ostler_settlement settlement);

/* One that is not settled goes back. */
void fake_note_free(struct ostler_incoming *incoming);

/* A listener's side: the driver's operations of the same names. */
struct fake_subscriber;
enum ostler_status fake_subscriber_open(const struct ostler_subscription *subscription,
                                        struct fake_subscriber **subscriber, struct ostler_error *error);
size_t fake_subscriber_poll(struct fake_subscriber *subscriber, ostler_time deadline, struct ostler_incoming **incoming,
                            size_t max);
void fake_subscriber_wake(struct fake_subscriber *subscriber);
void fake_subscriber_stop(struct fake_subscriber *subscriber);
void fake_subscriber_close(struct fake_subscriber *subscriber);

/* How many wait. */
size_t fake_notes_waiting(void);

#endif
