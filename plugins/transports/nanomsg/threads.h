/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's own threads, and the conditions they wait on. */
#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>

/* A thread in which no signal is handled: those are the program's business. @p name has at most 15 bytes. Returns 0 or an
 * errno value, which is logged. */
int threads_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument);

/* A condition whose deadlines are CLOCK_MONOTONIC's. */
void threads_cond_init(pthread_cond_t *cond);

#endif
