/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of all contestants share: one command line, and roles. `PROGRAM server` serves until it is killed and says
 * "ready" on standard output first; `PROGRAM client` calls it and prints one JSON object (report.h); `PROGRAM both` does
 * both. A contestant fills in the few functions that differ; threads, clocks and counting are the same for all. */
#ifndef OSTLER_BENCH_CONTEST_H
#define OSTLER_BENCH_CONTEST_H

#include "runner.h"
#include "watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum contest_kind {
    CONTEST_CALL,
    CONTEST_CAST,   /* to one server */
    CONTEST_FANOUT, /* to all of them */
    CONTEST_NOTIFY
};

enum contest_role { CONTEST_CLIENT, CONTEST_SERVER, CONTEST_BOTH };

struct contest_options {
    enum contest_role role;
    const char *url; /* where the two meet; its form is the contestant's */
    const char *variant;
    enum contest_kind kind;
    unsigned in_flight; /* calls under way in all; 1: synchronous ones */
    unsigned threads;   /* that make synchronous calls; with more than one in_flight: none */
    unsigned clients;   /* connections that the threads share */
    unsigned servers;   /* how many there are */
    unsigned number;    /* a server's: which of them this is */
    unsigned topics;    /* names that are served and called in turn */
    size_t payload;     /* bytes of the text that is sent */
    uint64_t calls;     /* how many to make; 0: as many as fit into the time */
    double seconds;
    uint64_t warm_up;        /* calls before */
    const char *counter;     /* file that receivers count in (counter.h); NULL: nobody counts */
    struct watch_list watch; /* processes whose costs are reported beside the client's */
};

struct contestant {
    const char *name;
    bool in_process; /* open() serves too where the role is CONTEST_BOTH; else that is a second process */

    /* Serves until the process ends; calls contest_ready(). NULL: somebody else serves. */
    void (*serve)(const struct contest_options *options);

    /* What all threads share; may be NULL. */
    void *(*open)(const struct contest_options *options);
    void (*close)(void *shared);

    /* One thread's connection, or its share of one. */
    void *(*lane_open)(const struct contest_options *options, void *shared, unsigned number);
    void (*lane_close)(void *lane);

    /* One call, cast or notification from start to end. False: it failed. */
    bool (*once)(void *lane);

    /* Keeps in_flight calls under way as long as run_goes_on(), returns when all have ended. NULL: cannot. */
    void (*window)(void *lane, struct run *run, struct tally *tally);
    bool has_window_of_confirms; /* it also keeps so many messages that nobody answers unconfirmed */
};

/* The whole program. */
int contest_main(int argc, char **argv, const struct contestant *contestant);

/* The server can be called. */
void contest_ready(void);

/* Ends the program, naming what could not be done and why. */
_Noreturn void contest_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A text of the payload's size, as all contestants send it: NUL-terminated, never freed. */
const char *contest_payload(const struct contest_options *options);

#endif
