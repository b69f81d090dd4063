/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/thread.h
 * Threads and condition variables as the library has them, for drivers and endpoints with threads of their own: signals
 * stay the program's business, and deadlines are those of <ostler/clock.h>. Locks and the rest are POSIX's.
 */
#ifndef OSTLER_THREAD_H
#define OSTLER_THREAD_H

#include <ostler/clock.h>
#include <ostler/error.h>

#include <pthread.h>

OSTLER_BEGIN_DECLS

/** Starts a thread that runs @p body with @p argument, which stays the caller's. Every signal is blocked in it, so that
 *  SIGTERM and its like reach the threads that wait for them; only what a thread brings upon itself (SIGSEGV, SIGBUS,
 *  SIGFPE, SIGILL, SIGSYS, SIGTRAP) is let through, for crash handlers. @p name is what top(1) and gdb show; what is beyond
 *  its first 15 bytes is cut off. The caller ends the thread and calls pthread_join(). Any thread.
 *  OSTLER_OK; OSTLER_E_SYSTEM if the system has no thread to give, *thread untouched then. */
OSTLER_API enum ostler_status ostler_thread_start(pthread_t *thread, const char *name, void *(*body)(void *),
                                                  void *argument, struct ostler_error *error);

/** Makes a condition variable for ostler_cond_wait(). The caller ends it with pthread_cond_destroy(). Never fails. */
OSTLER_API void ostler_cond_init(pthread_cond_t *cond);

/** Waits until @p cond is signalled, or until @p deadline; comes back for no reason at times, as POSIX allows. @p lock is
 *  held by the caller, and let go meanwhile. False once the deadline has passed, true otherwise. @p cond comes from
 *  ostler_cond_init(), or else its clock is another. */
OSTLER_API bool ostler_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, ostler_time deadline);

OSTLER_END_DECLS

#endif
