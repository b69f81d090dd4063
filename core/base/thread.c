/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/thread.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

/* All but those that a thread brings upon itself: blocked, they would end the program without its handler. */
static void blocked_signals(sigset_t *set)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP};

    sigfillset(set);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(set, own[i]);
}

enum ostler_status ostler_thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument,
                                       struct ostler_error *error)
{
    sigset_t blocked, before;
    char short_name[16];
    pthread_t made;

    /* A thread begins with the mask of the one that makes it. */
    blocked_signals(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int failure = pthread_create(&made, NULL, body, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0)
        return ostler_error_set_errno(error, failure, "cannot start the thread %s", name);
    snprintf(short_name, sizeof short_name, "%.15s", name);
    pthread_setname_np(made, short_name);
    *thread = made;
    return OSTLER_OK;
}

void ostler_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool ostler_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, ostler_time deadline)
{
    if (deadline == OSTLER_NEVER) {
        pthread_cond_wait(cond, lock);
        return true;
    }
    const struct timespec when = {.tv_sec = (time_t)(deadline / NS_PER_S), .tv_nsec = (long)(deadline % NS_PER_S)};
    return pthread_cond_timedwait(cond, lock, &when) != ETIMEDOUT;
}
