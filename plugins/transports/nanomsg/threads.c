/* SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"

#include "settings.h"

#include <ostler/log.h>

#include <signal.h>
#include <string.h>
#include <time.h>

int threads_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int problem = pthread_create(thread, NULL, body, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (problem == 0)
        pthread_setname_np(*thread, name);
    else
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "cannot start a thread: %s", strerror(problem));
    return problem;
}

void threads_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}
