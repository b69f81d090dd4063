/* SPDX-License-Identifier: Apache-2.0 */
/* Locks as every queue of this driver uses them. */
#ifndef FAKE_LOCK_H
#define FAKE_LOCK_H

#include <pthread.h>

/* A lock that spins shortly before it sleeps: what it guards takes well under a microsecond. */
void fake_lock_init(pthread_mutex_t *lock);

#endif
