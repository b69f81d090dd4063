/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries that are acknowledged after the work, in any order. Acknowledgements are held back a moment, so that one
 * method covers many. All functions are called with the lock of the consuming link held. */
#ifndef ACKS_H
#define ACKS_H

#include "link.h"

enum { ACKS_AT_ONCE = 64 };

/* Of one channel; zeroed to begin with. */
struct acks {
    uint64_t first;  /* the oldest delivery tag that the broker waits for */
    uint64_t next;   /* one more than the newest */
    uint8_t *states; /* by tag: a ring */
    size_t capacity;
    uint64_t held[ACKS_AT_ONCE]; /* handled, but the broker has not been told */
    unsigned held_count;
    unsigned at_once; /* so many are not held back any longer */
    ostler_time due;  /* nor until later than this */
};

/* For a new channel with this prefetch (0: unlimited). */
void acks_begin(struct acks *acks, unsigned prefetch);
void acks_fini(struct acks *acks);

/* Whether anything was delivered that is not settled, or handled and the broker not told. */
bool acks_are_open(const struct acks *acks);

/* A message has come with this tag; false without memory. */
bool acks_delivered(struct acks *acks, uint64_t tag);

/* It is done. */
void acks_handled(struct acks *acks, struct link *link, uint64_t tag);
/* It is refused: it goes back to its queue, or is dropped or put where the queue's policy says. */
void acks_refused(struct acks *acks, struct link *link, uint64_t tag, bool requeue);

/* Tells the broker what is held back, or only if it is due; sees to it that it leaves soon. */
void acks_flush(struct acks *acks, struct link *link);
void acks_flush_due(struct acks *acks, struct link *link);

#endif
