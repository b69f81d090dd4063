/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

/* Room for a first piece; ECANCELED once it is to end. */
static int wait_for_room(int end_fd)
{
    struct pollfd fds[] = {{.fd = end_fd, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = POLLOUT}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return errno;
    return fds[0].revents ? ECANCELED : 0;
}

/* A pipe that polls writable takes PIPE_BUF bytes without blocking. */
int lines_write(int end_fd, const char *text, size_t size)
{
    size_t written = 0;

    while (written < size) {
        int problem = wait_for_room(end_fd);
        if (problem != 0)
            return problem;
        size_t piece = size - written < PIPE_BUF ? size - written : PIPE_BUF;
        ssize_t result = write(STDOUT_FILENO, text + written, piece);
        if (result >= 0)
            written += (size_t)result;
        else if (errno != EINTR && errno != EAGAIN)
            return errno;
    }
    return 0;
}

int lines_wait(int end_fd, int milliseconds)
{
    struct pollfd fds[] = {{.fd = end_fd, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = 0}};

    for (;;) {
        int count = poll(fds, 2, milliseconds);
        if (count == 0)
            return ETIMEDOUT;
        if (count < 0 && errno != EINTR)
            return errno;
        if (count > 0 && fds[0].revents)
            return ECANCELED;
        if (count > 0 && (fds[1].revents & POLLNVAL))
            fds[1].fd = -1; /* it was closed from the beginning: the first line will say so */
        else if (count > 0)
            return EPIPE;
    }
}
