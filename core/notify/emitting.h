/* SPDX-License-Identifier: Apache-2.0 */
/* A notification that is under way to several places while its sender goes on: when all of them are through, the sender is
 * told, with the first failure if there was one. */
#ifndef EMITTING_H
#define EMITTING_H

#include <ostler/transport.h>

struct emitting;

/* With one place, the sender's own. @p done may be NULL. NULL without memory. */
struct emitting *emitting_new(ostler_accepted_fn done, void *user);

/* One more place; and takes it back, if nothing was sent there. */
void emitting_add(struct emitting *emitting);
void emitting_drop(struct emitting *emitting);

/* A place is through. Takes what is in @p failure. The last one tells the sender, and frees it. */
void emitting_end(struct emitting *emitting, enum ostler_status status, struct ostler_error *failure);

/* For the sender, instead of emitting_end(): if nothing else is or was under way, frees it without telling. */
bool emitting_give_up(struct emitting *emitting);

#endif
