/* SPDX-License-Identifier: Apache-2.0 */
/* The last messages a listener took, so that one which was sent again is not run again. Counted, for requests outlive
 * their listener. */
#ifndef DEDUP_H
#define DEDUP_H

#include <stdbool.h>

/* Longer ids are nobody's we know. */
enum { DEDUP_ID_SIZE = 64 };

struct dedup;

struct dedup *dedup_new(void);
struct dedup *dedup_ref(struct dedup *dedup);
void dedup_unref(struct dedup *dedup);

/* Whether this _unique_id was among the last 2048; remembers it. NULL never was. Any thread. */
bool dedup_seen(struct dedup *dedup, const char *unique_id);

/* The two halves of it, for what counts as taken only when it is done. "" was never seen and is not remembered. */
bool dedup_knows(struct dedup *dedup, const char *unique_id);
void dedup_remember(struct dedup *dedup, const char *unique_id);

#endif
