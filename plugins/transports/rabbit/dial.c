/* SPDX-License-Identifier: Apache-2.0 */
#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

void dial_init(struct dial *dial)
{
    *dial = (struct dial){.fd = -1};
    pthread_mutex_init(&dial->lock, NULL);
}

void dial_fini(struct dial *dial)
{
    pthread_mutex_destroy(&dial->lock);
}

bool dial_watch(struct dial *dial, int fd)
{
    pthread_mutex_lock(&dial->lock);
    bool go_on = !dial->cancelled;
    dial->fd = go_on ? fd : -1;
    pthread_mutex_unlock(&dial->lock);
    return go_on;
}

void dial_done(struct dial *dial)
{
    pthread_mutex_lock(&dial->lock);
    dial->fd = -1;
    pthread_mutex_unlock(&dial->lock);
}

void dial_cancel(struct dial *dial)
{
    pthread_mutex_lock(&dial->lock);
    dial->cancelled = true;
    if (dial->fd >= 0)
        shutdown(dial->fd, SHUT_RDWR);
    pthread_mutex_unlock(&dial->lock);
}

/* 0, or the errno value of what went wrong. */
static int finish_connect(int fd, ostler_time deadline)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    int failure = 0;
    socklen_t size = sizeof failure;
    int ready;

    do
        ready = poll(&wanted, 1, ostler_time_left_ms(deadline));
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0)
        return errno;
    /* A socket that was shut down while connecting has no error and no peer either. */
    return failure == 0 && wanted.revents & POLLHUP ? ECONNABORTED : failure;
}

static int connect_to(struct dial *dial, const struct addrinfo *address, ostler_time deadline, int *failure)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);

    if (fd < 0) {
        *failure = errno;
        return -1;
    }
    *failure = ECANCELED;
    if (dial_watch(dial, fd)) {
        *failure = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
        if (*failure == EINPROGRESS)
            *failure = finish_connect(fd, deadline);
    }
    if (*failure == 0)
        return fd;
    dial_done(dial);
    close(fd);
    return -1;
}

int dial_connect(struct dial *dial, const char *host, int port, ostler_time deadline, struct ostler_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    char service[16];
    int fd = -1, failure = 0;

    snprintf(service, sizeof service, "%d", port);
    int unknown = getaddrinfo(host, service, &hints, &addresses);
    if (unknown) {
        ostler_error_set(error, OSTLER_E_DELIVERY, "the host is not known: %s", gai_strerror(unknown));
        return -1;
    }
    for (const struct addrinfo *one = addresses; one && fd < 0; one = one->ai_next)
        fd = connect_to(dial, one, deadline, &failure);
    freeaddrinfo(addresses);
    if (fd < 0) {
        ostler_error_set_errno(error, failure, "cannot connect");
        if (error)
            error->status = OSTLER_E_DELIVERY;
    }
    return fd;
}
