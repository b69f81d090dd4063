/* SPDX-License-Identifier: Apache-2.0 */
/* Servers and listeners that a reload has removed: stopped, and freed when their last request has been answered and their
 * last notification settled. One thread, made with the first of them, waits for one after the other. */
#ifndef DRAIN_H
#define DRAIN_H

#include "hosted.h"

struct drain;

/* NULL without memory. */
struct drain *drain_new(void);

/* Takes one that has been stopped. Waits for its end only if there is no memory or no thread to be had. */
void drain_add(struct drain *drain, const struct hosted_kind *kind, void *running);

/* How many are not freed yet. */
size_t drain_left(struct drain *drain);

/* Waits until none is left; false at the deadline. */
bool drain_wait(struct drain *drain, ostler_time deadline);

/* After a drain_wait() that returned true. NULL is fine. */
void drain_free(struct drain *drain);

#endif
