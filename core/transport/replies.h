/* SPDX-License-Identifier: Apache-2.0 */
/* Getting replies to the calls that wait for them.
 *
 * One thread at a time reads the driver's replies. A caller that waits for its own reply reads them itself, so that a
 * synchronous call costs no hand-off; while it does, it serves the others too, and when it leaves it passes the reading
 * on. Asynchronous calls have a thread of the transport's (the completer, made with the first of them), or with an event
 * loop the program's own; their callbacks run there and nowhere else. */
#ifndef REPLIES_H
#define REPLIES_H

#include "calls.h"

#include <ostler/client.h>

#include <pthread.h>
#include <stdatomic.h>

/* A call whose caller waits in replies_wait(). */
struct waited_call {
    struct call call;
    bool ended;
    pthread_cond_t changed; /* ended, or the reading is free */
    struct waited_call *prev, *next;
};

/* A call to many, whose replies are collected. */
struct gather_call {
    struct waited_call waited;
    size_t expected; /* SIZE_MAX: unknown */
    size_t lost;     /* receivers that cannot answer any more */
    size_t count;
    size_t capacity;
    struct call_end *ends;
};

/* What ostler_call_done_fn needs, worked out from how the call ended: set by the client layer. Frees `end`'s parts. */
typedef void (*call_complete_fn)(struct ostler_call *call, struct call_end *end);

/* An asynchronous call, counted: one reference for the callback that is owed, one for the caller's handle. */
struct ostler_call {
    struct call call;
    atomic_int references;
    atomic_bool done;
    struct replies *replies; /* a reference */
    call_complete_fn complete;
    struct ostler_call *next; /* in the list of those that ended */
};

struct replies;

/* The driver's operations must be usable until replies_close() returns. */
enum ostler_status replies_new(const struct ostler_driver_ops *ops, ostler_driver_transport *driver, bool event_loop,
                               uint32_t limit, struct replies **replies, struct ostler_error *error);

/* Ends every call with OSTLER_E_CANCELLED, runs the callbacks that are owed, joins the completer, and gives back the
 * transport's reference. */
void replies_close(struct replies *replies);

/* Calls that wait now. */
size_t replies_waiting(struct replies *replies);

bool replies_have_event_loop(const struct replies *replies);

/* For <ostler/transport.h>: ostler_transport_fd() and ostler_transport_process(). */
int replies_fd(const struct replies *replies);
size_t replies_process(struct replies *replies);

/* A waited call: init, add, send, wait or drop, fini. Adding gives the id to send it with (nullable): call.id may be gone
 * at once, as the call can end before it is sent. */
void waited_call_init(struct waited_call *waited, enum call_style style, ostler_time deadline, double monitor_timeout);
void waited_call_fini(struct waited_call *waited);
enum ostler_status replies_add(struct replies *replies, struct call *call, uint64_t *id, struct ostler_error *error);

/* Waits until the call has ended, at the latest when it is due; then call.end says how. */
void replies_wait(struct replies *replies, struct waited_call *waited);

/* A gather whose number of receivers is known from sending. */
void replies_expect(struct replies *replies, struct gather_call *gather, size_t expected);

/* Sets the deadlines of an asynchronous call, unless it has ended: while it is being sent it has none, so that what sending
 * says of a failure is not lost behind a timeout. */
void replies_await(struct replies *replies, struct call *call, ostler_time deadline, ostler_time monitor_deadline);

/* Takes back a call that could not be sent. False if it has ended meanwhile: then its end is what counts (and for an
 * asynchronous one the callback will come). */
bool replies_drop(struct replies *replies, struct call *call);

/* Makes sure that somebody completes asynchronous calls. To be called before the first is added. */
enum ostler_status replies_need_completer(struct replies *replies, struct ostler_error *error);

/* Takes a reference for a new asynchronous call, and gives it back. */
struct replies *replies_ref(struct replies *replies);
void replies_unref(struct replies *replies);

/* Whether this thread runs several callbacks in a row, after which what was held back is sent. */
bool replies_will_flush(const struct replies *replies);

/* Ends an asynchronous call well, unless it has ended: for one that the driver will not tell of. */
void replies_succeed(struct replies *replies, struct call *call);

/* Ends an asynchronous call with OSTLER_E_CANCELLED and completes it here, unless it has ended. */
void replies_cancel(struct replies *replies, struct ostler_call *call);

/* For a new one, zeroed: without a deadline, with two references, the callback's and its maker's, which last until it has
 * decided about the handle. */
void async_call_init(struct ostler_call *call, struct replies *replies, call_complete_fn run);
void async_call_unref(struct ostler_call *call);

#endif
