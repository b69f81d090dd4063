/* SPDX-License-Identifier: Apache-2.0 */
#include "socket.h"

#include <errno.h>
#include <limits.h>
#include <nanomsg/nn.h>
#include <nanomsg/tcp.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

static bool set(int socket, int level, int option, int value)
{
    return nn_setsockopt(socket, level, option, &value, sizeof value) == 0;
}

int socket_open(const struct settings *settings, int protocol, struct ostler_error *error)
{
    int socket = nn_socket(AF_SP_RAW, protocol);

    if (socket < 0) {
        ostler_error_set(error, OSTLER_E_SYSTEM, "cannot make a nanomsg socket: %s", nn_strerror(errno));
        return -1;
    }
    if (!set(socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, settings_receive_limit(settings)) ||
        !set(socket, NN_SOL_SOCKET, NN_SNDBUF, SETTINGS_SOCKET_BUFFER) ||
        !set(socket, NN_SOL_SOCKET, NN_RCVBUF, SETTINGS_SOCKET_BUFFER) ||
        !set(socket, NN_SOL_SOCKET, NN_RECONNECT_IVL, INT_MAX) || !set(socket, NN_SOL_SOCKET, NN_IPV4ONLY, 0) ||
        (settings->tcp && !set(socket, NN_TCP, NN_TCP_NODELAY, 1))) {
        ostler_error_set(error, OSTLER_E_SYSTEM, "cannot set an option of a nanomsg socket: %s", nn_strerror(errno));
        nn_close(socket);
        return -1;
    }
    return socket;
}

int socket_descriptor(int socket, int which)
{
    int descriptor = -1;
    size_t size = sizeof descriptor;

    return nn_getsockopt(socket, NN_SOL_SOCKET, which, &descriptor, &size) == 0 ? descriptor : -1;
}

char *socket_address(const struct settings *settings, const char *address)
{
    char *text = NULL;

    return asprintf(&text, "%s://%s", settings->tcp ? "tcp" : "ipc", address) < 0 ? NULL : text;
}

int eventfd_new(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void eventfd_raise(int fd)
{
    uint64_t one = 1;
    /* A full counter is readable all the same. */
    ssize_t written = write(fd, &one, sizeof one);

    (void)written;
}

void eventfd_clear(int fd)
{
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);

    (void)got;
}
