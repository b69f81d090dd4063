/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are held back for a moment, so that several leave in one message. A message costs its sender a system
 * call, and its receiver a wake-up; a record costs neither. Not more than OUTBOX_RECORDS leave together: the other side
 * begins with them while this one makes the next. */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <ostler/clock.h>

#include <sys/uio.h>

enum { OUTBOX_RECORDS = 16, OUTBOX_SIZE = 32768 };

struct outbox {
    uint8_t *bytes; /* allocated with the first record, free()d by who sends them */
    size_t used;
    unsigned records;
    ostler_time since; /* when the first was put in */
};

static inline bool outbox_has_room(const struct outbox *outbox, size_t size)
{
    return outbox->records < OUTBOX_RECORDS && outbox->used + size <= OUTBOX_SIZE;
}

/* Copies one record, for which there is room. False without memory. */
bool outbox_put(struct outbox *outbox, const struct iovec *parts, int count);

/* What is in it; it is empty afterwards. */
struct outbox outbox_take(struct outbox *outbox);

#endif
