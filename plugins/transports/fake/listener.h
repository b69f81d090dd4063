/* SPDX-License-Identifier: Apache-2.0 */
/* A server's side of a topic: the driver's listener operations. */
#ifndef FAKE_LISTENER_H
#define FAKE_LISTENER_H

#include "topic.h"

struct fake_listener;

enum ostler_status fake_listener_open(const struct ostler_target *target, const struct fake_limits *limits,
                                      struct fake_listener **listener, struct ostler_error *error);
size_t fake_listener_poll(struct fake_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                          size_t max);
void fake_listener_wake(struct fake_listener *listener);
void fake_listener_stop(struct fake_listener *listener);
void fake_listener_close(struct fake_listener *listener);

/* Something was put into its queue. With the topic's lock held. */
void fake_listener_signal(struct fake_listener *listener);

/* The same in two steps, so that who is woken does not meet the lock: the first with it held says whether the second is to
 * follow once it is let go. */
bool fake_listener_must_rouse(struct fake_listener *listener);
void fake_listener_rouse(struct fake_listener *listener);

#endif
