/* SPDX-License-Identifier: Apache-2.0 */
/* Where the replies to one transport's calls arrive. Counted: requests that wait or run elsewhere may outlive the
 * transport that sent them. */
#ifndef FAKE_REPLIES_H
#define FAKE_REPLIES_H

#include <ostler/driver.h>

struct fake_replies;

/* Holds at most `limit` replies. NULL without memory. */
struct fake_replies *fake_replies_new(size_t limit);
struct fake_replies *fake_replies_ref(struct fake_replies *replies);
void fake_replies_unref(struct fake_replies *replies);

/* Nobody will ask for replies again: drops those that are there and those that come. */
void fake_replies_close(struct fake_replies *replies);

/* Hands a reply over; its value and reason are taken in every case. OSTLER_E_DELIVERY if the caller's side is full. */
enum ostler_status fake_replies_push(struct fake_replies *replies, struct ostler_reply *reply,
                                     struct ostler_error *error);

/* The driver's operations of the same names. */
size_t fake_replies_poll(struct fake_replies *replies, ostler_time deadline, struct ostler_reply *out, size_t max);
void fake_replies_wake(struct fake_replies *replies);
int fake_replies_fd(struct fake_replies *replies);

size_t fake_replies_count(struct fake_replies *replies);

#endif
