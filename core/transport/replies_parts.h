/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind replies.h share. Everything here is called with the lock held. */
#ifndef REPLIES_PARTS_H
#define REPLIES_PARTS_H

#include "replies.h"

/* Replies taken from the driver at a time. */
enum { REPLIES_BATCH = 32 };

struct replies {
    atomic_int references;
    const struct ostler_driver_ops *ops;
    ostler_driver_transport *driver;

    pthread_mutex_t lock; /* guards all below */
    struct calls calls;
    bool reading; /* a thread is in replies_poll() */
    bool closing;
    struct waited_call *waiting; /* callers that sit while another thread reads */
    struct ostler_call *ended;   /* asynchronous calls whose callbacks are owed, oldest first */
    struct ostler_call **ended_tail;

    /* Without an event loop. */
    pthread_t completer;
    atomic_bool has_completer;       /* read without the lock, too */
    bool completer_reads;            /* it is the one in replies_poll() */
    pthread_cond_t completer_wanted; /* something ended, the reading is free, or a call is due earlier */

    /* With an event loop. */
    bool event_loop;
    int epoll_fd;
    int timer_fd; /* readable when a call may be due */
    int event_fd; /* readable when a callback is owed */
    ostler_time timer_at;
};

/* --- replies_end.c --- */

/* Ends a call that waits, and tells whom it may concern. Takes over `end`. */
void replies_end(struct replies *replies, struct call *call, struct call_end end);

/* A reply for its call. One for nobody (late, repeated, made up) is dropped. Takes over what is in it. */
void replies_deliver(struct replies *replies, struct ostler_reply *reply);

/* Ends a gather that has all it can get. */
void replies_end_gather(struct replies *replies, struct gather_call *gather);

/* --- replies.c --- */

/* Reads once; the lock is let go while the driver waits. Returns how many replies came. Nobody else may be reading. */
size_t replies_read(struct replies *replies, ostler_time until);

/* Somebody else reads from here on, if somebody needs it. */
void replies_pass_reading_on(struct replies *replies);

/* --- replies_async.c --- */

/* The callback of an asynchronous call that ended is owed. */
void replies_owe(struct replies *replies, struct ostler_call *call);

/* The asynchronous calls whose callbacks are owed, to be completed without the lock. */
struct ostler_call *replies_take_ended(struct replies *replies);

/* Runs callbacks; no lock is held. Returns how many. What they send may leave together. */
size_t replies_complete(struct replies *replies, struct ostler_call *ended);

/* An asynchronous call is due before all others: whoever watches the deadlines must look again. Returns whether that is
 * the thread in replies_poll(). */
bool replies_due_first(struct replies *replies);

#endif
