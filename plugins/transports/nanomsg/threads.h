/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's own threads, which are made when they are first needed: nobody is there to take an error. */
#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* ostler_thread_start(). False: the reason has been logged. */
bool threads_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument);

#endif
