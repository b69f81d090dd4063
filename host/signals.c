/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum ostler_status signals_open(struct signals *signals, struct ostler_error *error)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    *signals = (struct signals){.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
                                .asked_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (signals->signal_fd >= 0 && signals->asked_fd >= 0)
        return OSTLER_OK;
    enum ostler_status status = ostler_error_set_errno(error, errno, "cannot wait for signals");
    signals_close(signals);
    return status;
}

void signals_close(struct signals *signals)
{
    if (signals->signal_fd >= 0)
        close(signals->signal_fd);
    if (signals->asked_fd >= 0)
        close(signals->asked_fd);
}

static unsigned event_of(struct signals *signals, uint32_t number)
{
    switch (number) {
    case SIGHUP:
        return SIGNALS_RESET;
    case SIGUSR1:
        return SIGNALS_REPORT;
    default: /* SIGTERM, SIGINT */
        if (signals->stopped)
            return SIGNALS_STOP_AGAIN;
        signals->stopped = true;
        return SIGNALS_STOP;
    }
}

static unsigned take_signals(struct signals *signals)
{
    struct signalfd_siginfo info;
    unsigned events = 0;

    while (read(signals->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        events |= event_of(signals, info.ssi_signo);
    return events;
}

static unsigned take_asked(struct signals *signals)
{
    eventfd_t count;
    unsigned events = 0;

    (void)eventfd_read(signals->asked_fd, &count);
    if (atomic_exchange(&signals->asked_reset, false))
        events |= SIGNALS_RESET;
    if (atomic_exchange(&signals->asked_stop, false))
        events |= SIGNALS_STOP;
    return events;
}

unsigned signals_wait(struct signals *signals, int ended_fd, ostler_time deadline)
{
    struct pollfd sources[] = {{.fd = signals->signal_fd, .events = POLLIN},
                               {.fd = signals->asked_fd, .events = POLLIN},
                               {.fd = ended_fd, .events = POLLIN}};
    unsigned events = 0;

    if (poll(sources, sizeof sources / sizeof sources[0], ostler_time_left_ms(deadline)) <= 0)
        return 0;
    if (sources[0].revents)
        events |= take_signals(signals);
    if (sources[1].revents)
        events |= take_asked(signals);
    if (sources[2].revents)
        events |= SIGNALS_ENDED;
    return events;
}

void signals_ask_reset(struct signals *signals)
{
    atomic_store(&signals->asked_reset, true);
    (void)eventfd_write(signals->asked_fd, 1);
}

void signals_ask_stop(struct signals *signals)
{
    atomic_store(&signals->asked_stop, true);
    (void)eventfd_write(signals->asked_fd, 1);
}
