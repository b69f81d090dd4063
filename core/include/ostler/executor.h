/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/executor.h
 * Executors: on which threads a server takes and does its work. The contract of a module of kind OSTLER_KIND_EXECUTOR.
 * Built in: `blocking` (one thread, one request at a time) and `threading` (up to executor_thread_pool_size).
 */
#ifndef OSTLER_EXECUTOR_H
#define OSTLER_EXECUTOR_H

#include <ostler/clock.h>
#include <ostler/module.h>

OSTLER_BEGIN_DECLS

/** Where work comes from and what to do with it; given by the server, valid until close(). */
struct ostler_work {
    void *self; /**< first argument of the functions below */
    /** Waits for work until @p deadline or a wake, hands out up to @p max items and returns how many. One thread at a
     *  time. What it handed out must be run. */
    size_t (*poll)(void *self, ostler_time deadline, void **items, size_t max);
    /** Makes a poll that runs, or else the next one, return soon. Any thread. */
    void (*wake)(void *self);
    /** Does one item, to its end. Any thread, many at a time. */
    void (*run)(void *self, void *item);
    /** A name for threads, at most 15 bytes. */
    const char *name;
};

/** An executor's own object: each executor defines this struct for itself. */
typedef struct ostler_executor ostler_executor;

struct ostler_executor_ops {
    /** @p threads is the pool size (at least 1); `blocking` leaves it aside. No thread polls yet. OSTLER_E_EXECUTOR. */
    enum ostler_status (*open)(const struct ostler_work *work, unsigned threads, ostler_executor **executor,
                               struct ostler_error *error);
    /** Begins to poll and run; again after a stop() and wait(). OSTLER_E_EXECUTOR (no thread could be made), OSTLER_E_NOMEM. */
    enum ostler_status (*start)(ostler_executor *executor, struct ostler_error *error);
    /** Ends polling; after it returns nothing new is taken. Work that has been taken goes on. */
    void (*stop)(ostler_executor *executor);
    /** After stop(): returns when all work that was taken has ended, or at @p deadline with false. */
    bool (*wait)(ostler_executor *executor, ostler_time deadline);
    /** Another pool size, at any time; threads in work finish it first. */
    void (*resize)(ostler_executor *executor, unsigned threads);
    /** Frees it; after stop() and a wait() that returned true, or before any start(). */
    void (*close)(ostler_executor *executor);
};

OSTLER_END_DECLS

#endif
