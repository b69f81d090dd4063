/* SPDX-License-Identifier: Apache-2.0 */
#include "socket.h"

#include <errno.h>
#include <nanomsg/nn.h>
#include <nanomsg/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Three days. nanomsg multiplies it, so that the largest number would overflow. The first attempt to reconnect comes at
 * once all the same: whoever watches a connection must count those that broke. */
enum { RECONNECT_NEVER_MS = 1 << 28 };

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
        !set(socket, NN_SOL_SOCKET, NN_RECONNECT_IVL, RECONNECT_NEVER_MS) ||
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

/* Binds or connects. An IPv6 address is one in brackets: told that both families will do, nanomsg 1.1.5 binds the
 * local end of every connection to IPv6, fails to for IPv4, and aborts when it tries again. */
static int attach(const struct settings *settings, int socket, const char *address, int (*how)(int, const char *))
{
    char *text = NULL;
    int problem = 0;

    if (asprintf(&text, "%s://%s", settings->tcp ? "tcp" : "ipc", address) < 0)
        return ENOMEM;
    if (!set(socket, NN_SOL_SOCKET, NN_IPV4ONLY, address[0] != '[') || how(socket, text) < 0)
        problem = errno;
    free(text);
    return problem;
}

int socket_bind(const struct settings *settings, int socket, const char *address)
{
    return attach(settings, socket, address, nn_bind);
}

int socket_connect(const struct settings *settings, int socket, const char *address)
{
    return attach(settings, socket, address, nn_connect);
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
