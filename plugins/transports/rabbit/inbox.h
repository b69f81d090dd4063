/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that were read off a consuming connection and not handed out yet; and the consuming itself. */
#ifndef INBOX_H
#define INBOX_H

#include "link.h"

/* A queue of received messages; guarded by its link's lock. */
struct inbox {
    struct received **items; /* a ring */
    size_t capacity, head, count;
};

/* Takes `message`; false without memory (then it is freed). */
bool inbox_put(struct inbox *inbox, struct received *message);
/* The oldest, or NULL. */
struct received *inbox_take(struct inbox *inbox);
void inbox_clear(struct inbox *inbox);
void inbox_fini(struct inbox *inbox);

/* Acknowledges everything up to `tag`, and waits until that is written; false if the connection broke: then nothing that was
 * taken may be used, for it will be delivered again. */
bool inbox_acknowledge(struct link *link, uint64_t tag);

/* The same, for what may come again: it is written when there is room. */
void inbox_acknowledge_soon(struct link *link, uint64_t tag);

#endif
