/* SPDX-License-Identifier: Apache-2.0 */
/* What the main thread waits for: signals, what the endpoint `control` asks, and the end of the worker. All other threads
 * have the signals blocked, by being made after signals_open(). */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <ostler/clock.h>
#include <ostler/error.h>

#include <stdatomic.h>

struct signals {
    int signal_fd;
    int asked_fd; /* an eventfd that says: look at the flags */
    atomic_bool asked_reset;
    atomic_bool asked_stop;
    bool stopped; /* a signal has stopped us; the main thread's */
};

/* What has happened; combined. */
enum signals_event {
    SIGNALS_RESET = 1 << 0,      /* SIGHUP, or asked for */
    SIGNALS_STOP = 1 << 1,       /* SIGTERM, SIGINT, or asked for */
    SIGNALS_STOP_AGAIN = 1 << 2, /* a second SIGTERM or SIGINT */
    SIGNALS_REPORT = 1 << 3,     /* SIGUSR1 */
    SIGNALS_ENDED = 1 << 4       /* ended_fd is readable */
};

enum ostler_status signals_open(struct signals *signals, struct ostler_error *error);
void signals_close(struct signals *signals);

/* Waits for an event or the deadline; returns what has happened, 0 at the deadline. */
unsigned signals_wait(struct signals *signals, int ended_fd, ostler_time deadline);

/* For other threads; @p user is the struct signals. */
void signals_ask_reset(struct signals *signals);
void signals_ask_stop(struct signals *signals);

#endif
