/* SPDX-License-Identifier: Apache-2.0 */
/* Locks and waiting as every queue of this driver uses them. */
#ifndef FAKE_WAIT_H
#define FAKE_WAIT_H

#include <ostler/clock.h>

#include <pthread.h>

/* A lock that spins shortly before it sleeps: what it guards takes well under a microsecond. */
void fake_lock_init(pthread_mutex_t *lock);

/* A condition whose deadlines are on CLOCK_MONOTONIC. */
void fake_cond_init(pthread_cond_t *cond);

/* Returns when signalled or at the deadline, and sometimes for no reason. */
void fake_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, ostler_time deadline);

#endif
