/* SPDX-License-Identifier: Apache-2.0 */
/* The exchanges of this process: every topic by exchange and name, shared by all transports of this driver whatever
 * their URL. They begin with the first transport and end with the last. */
#ifndef FAKE_EXCHANGE_H
#define FAKE_EXCHANGE_H

#include "topic.h"

/* One more, or one less, transport. With the last one everything that still waits is freed. */
void fake_exchanges_open(void);
void fake_exchanges_close(const struct fake_replies *replies);

/* Finds a topic, or makes it while there are fewer than max_queues queues, and keeps it until it is put back.
 * OSTLER_E_TARGET (a name too long), OSTLER_E_DELIVERY, OSTLER_E_NOMEM. */
enum ostler_status fake_exchanges_get(const struct ostler_target *target, size_t max_queues, struct fake_topic **topic,
                                      struct ostler_error *error);
/* Gives it back: a topic that nobody uses and that holds nothing goes. */
void fake_exchanges_put(struct fake_topic *topic);

/* Topics and servers' queues together. */
void fake_exchanges_count(int change);
bool fake_exchanges_have_room(size_t max_queues);

/* For reports. */
void fake_exchanges_totals(size_t *topics, size_t *servers, size_t *waiting);

#endif
