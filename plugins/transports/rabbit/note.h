/* SPDX-License-Identifier: Apache-2.0 */
/* One notification, from its bytes until it is settled. */
#ifndef NOTE_H
#define NOTE_H

#include "subscription.h"

/* Takes `received`, which came on the link's connection number `epoch`. NULL without memory, then nothing is taken. */
struct ostler_incoming *rabbit_note_new(struct subscription *subscription, struct received *received);
enum ostler_status note_open(struct ostler_incoming *incoming, struct ostler_error *error);
enum ostler_status note_settle(struct ostler_incoming *incoming, enum ostler_settlement settlement,
                               struct ostler_error *error);
void rabbit_note_free(struct ostler_incoming *incoming);

#endif
