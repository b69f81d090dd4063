/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"

#include <ostler/thread.h>

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static struct {
    pthread_t thread;
    pthread_mutex_t lock; /* guards stop and user, and is held while stop runs */
    interrupt_fn stop;
    void *user;
    atomic_int exit_code;
} interrupt = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* SIGUSR1 is only ever sent by interrupt_end(). */
static void signals_waited_for(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGUSR1);
}

static void *wait_for_signals(void *unused)
{
    sigset_t set;
    int number;

    (void)unused;
    signals_waited_for(&set);
    while (sigwait(&set, &number) == 0 && number != SIGUSR1) {
        int exit_code = INTERRUPT_EXIT_CODE + number - SIGINT;

        pthread_mutex_lock(&interrupt.lock);
        if (!interrupt.stop || atomic_exchange(&interrupt.exit_code, exit_code) != 0)
            _exit(exit_code);
        interrupt.stop(interrupt.user);
        pthread_mutex_unlock(&interrupt.lock);
    }
    return NULL;
}

enum ostler_status interrupt_begin(struct ostler_error *error)
{
    sigset_t set;

    /* A reader that goes away is seen where the output is written. */
    signal(SIGPIPE, SIG_IGN);
    signals_waited_for(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return ostler_thread_start(&interrupt.thread, "ostler-signals", wait_for_signals, NULL, error);
}

void interrupt_set(interrupt_fn stop, void *user)
{
    pthread_mutex_lock(&interrupt.lock);
    interrupt.stop = stop;
    interrupt.user = user;
    pthread_mutex_unlock(&interrupt.lock);
}

int interrupt_exit_code(void)
{
    return atomic_load(&interrupt.exit_code);
}

void interrupt_end(void)
{
    pthread_kill(interrupt.thread, SIGUSR1);
    pthread_join(interrupt.thread, NULL);
}
