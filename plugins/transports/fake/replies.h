/* SPDX-License-Identifier: Apache-2.0 */
/* Where the replies to one transport's calls arrive. It lives until the transport and all its calls are over: requests
 * that run elsewhere may outlive the transport that sent them. */
#ifndef FAKE_REPLIES_H
#define FAKE_REPLIES_H

#include <ostler/driver.h>

struct fake_replies;
struct fake_message;

/* What struct ostler_reply becomes of. */
struct fake_reply {
    uint64_t call_id;
    enum ostler_reply_kind kind;
    enum ostler_status status;
    char *reason;
    struct fake_message *answer; /* has the value packed; NULL: there is none */
};

/* Holds at most `limit` replies. NULL without memory. */
struct fake_replies *fake_replies_new(size_t limit);

/* One more call is begun: it ends with a push of its last reply, or is forgotten without any. */
void fake_replies_expect(struct fake_replies *replies);
void fake_replies_forget(struct fake_replies *replies);

/* Nobody will ask for replies again: drops those that are there and those that come. No call is begun any more. */
void fake_replies_close(struct fake_replies *replies);
/* Closes it and gives up the transport's own hold; NULL is fine. */
void fake_replies_free(struct fake_replies *replies);

/* Hands a reply over; what is in it is taken in every case. OSTLER_E_DELIVERY if the caller's side is full. */
enum ostler_status fake_replies_push(struct fake_replies *replies, struct fake_reply *reply,
                                     struct ostler_error *error);

/* The driver's operations of the same names. */
size_t fake_replies_poll(struct fake_replies *replies, ostler_time deadline, struct ostler_reply *out, size_t max);
void fake_replies_wake(struct fake_replies *replies);
int fake_replies_fd(struct fake_replies *replies);

size_t fake_replies_count(struct fake_replies *replies);

#endif
