/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are under way until the transport has accepted them, while their sender goes on: in the table of calls, as an
 * asynchronous call whose answer is that it was accepted. */
#ifndef ACCEPTANCE_H
#define ACCEPTANCE_H

#include "transport_parts.h"

#include <ostler/clock.h>

/* Told once what became of the message; @p reason is a sentence, NULL with OSTLER_OK. */
typedef void (*acceptance_done_fn)(void *user, enum ostler_status status, const char *reason);

/* Hands the message to the driver, under @p id, which is 0 if the driver cannot tell later; waits until @p deadline at most. */
typedef enum ostler_status (*acceptance_send_fn)(ostler_transport *transport, const void *message, uint64_t id,
                                                 ostler_time deadline, struct ostler_error *error);

/* Success means that @p done will be called. What has not been accepted at the deadline ends with OSTLER_E_DELIVERY. Else
 * the statuses of @p send, and those of replies_add(). */
enum ostler_status acceptance_begin(ostler_transport *transport, ostler_time deadline, acceptance_send_fn send,
                                    const void *message, acceptance_done_fn done, void *user,
                                    struct ostler_error *error);

#endif
