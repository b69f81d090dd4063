/* SPDX-License-Identifier: Apache-2.0 */
#include "wait.h"

#include <time.h>

#define NS_PER_S INT64_C(1000000000)

void fake_lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void fake_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

void fake_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, ostler_time deadline)
{
    if (deadline == OSTLER_NEVER) {
        pthread_cond_wait(cond, lock);
        return;
    }
    struct timespec when = {.tv_sec = deadline / NS_PER_S, .tv_nsec = deadline % NS_PER_S};
    pthread_cond_timedwait(cond, lock, &when);
}
