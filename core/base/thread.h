/* SPDX-License-Identifier: Apache-2.0 */
/* Threads and condition variables as the whole library uses them. */
#ifndef THREAD_H
#define THREAD_H

#include <ostler/clock.h>

#include <pthread.h>

/* Starts a thread in which every signal is blocked: signals are the program's business. `name` is cut to 15 bytes.
 * Returns 0 or an errno value. */
int thread_create(pthread_t *thread, const char *name, void *(*body)(void *), void *argument);

/* A condition variable whose deadlines are on CLOCK_MONOTONIC. */
void cond_init(pthread_cond_t *cond);

/* Waits until signalled or until the deadline; returns false at the deadline. May return early, as pthread's does. */
bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, ostler_time deadline);

#endif
