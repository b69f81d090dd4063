/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Standard output is a pipe for a while. */
struct piped {
    int saved;
    int reader;
    int end_fd;
};

static void piped_begin(struct piped *piped)
{
    int fds[2];

    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(pipe(fds), 0);
    piped->end_fd = eventfd(0, 0);
    piped->saved = dup(STDOUT_FILENO);
    piped->reader = fds[0];
    dup2(fds[1], STDOUT_FILENO);
    close(fds[1]);
}

static void piped_end(struct piped *piped)
{
    dup2(piped->saved, STDOUT_FILENO);
    close(piped->saved);
    if (piped->reader >= 0)
        close(piped->reader);
    close(piped->end_fd);
}

static void *read_all(void *arg)
{
    const struct piped *piped = arg;
    static char buffer[1 << 20];
    size_t got = 0;
    ssize_t result;

    while (got < sizeof buffer && (result = read(piped->reader, buffer + got, sizeof buffer - got)) > 0)
        got += (size_t)result;
    return buffer;
}

Test(lines, larger_than_a_pipe, .timeout = 60)
{
    struct piped piped;
    size_t size = 1 << 20;
    char *text = malloc(size);
    pthread_t thread;
    void *read_text;

    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 23);
    piped_begin(&piped);
    pthread_create(&thread, NULL, read_all, &piped);
    int problem = lines_write(piped.end_fd, text, size);
    pthread_join(thread, &read_text);
    piped_end(&piped);
    cr_expect_eq(problem, 0);
    cr_expect_eq(memcmp(read_text, text, size), 0);
    free(text);
}

static void *raise_end(void *arg)
{
    const struct piped *piped = arg;

    (void)eventfd_write(piped->end_fd, 1);
    return NULL;
}

Test(lines, a_full_pipe_can_be_left, .timeout = 60)
{
    struct piped piped;
    char *text = calloc(1, 1 << 20);
    pthread_t thread;

    piped_begin(&piped);
    pthread_create(&thread, NULL, raise_end, &piped);
    int problem = lines_write(piped.end_fd, text, 1 << 20);
    pthread_join(thread, NULL);
    int waited = lines_wait(piped.end_fd, -1);
    piped_end(&piped);
    cr_expect_eq(problem, ECANCELED);
    cr_expect_eq(waited, ECANCELED);
    free(text);
}

Test(lines, a_reader_that_has_gone, .timeout = 60)
{
    struct piped piped;

    piped_begin(&piped);
    int before = lines_wait(piped.end_fd, 1);
    close(piped.reader);
    piped.reader = -1;
    int waited = lines_wait(piped.end_fd, -1), problem = lines_write(piped.end_fd, "x", 1);
    piped_end(&piped);
    cr_expect_eq(before, ETIMEDOUT);
    cr_expect_eq(waited, EPIPE);
    cr_expect_eq(problem, EPIPE);
}

Test(lines, a_full_disk_and_no_output_at_all, .timeout = 60)
{
    struct piped piped;
    int full = open("/dev/full", O_WRONLY);

    piped_begin(&piped);
    dup2(full, STDOUT_FILENO);
    int waited = lines_wait(piped.end_fd, 1), problem = lines_write(piped.end_fd, "x", 1);
    close(STDOUT_FILENO);
    int closed = lines_wait(piped.end_fd, 1), none = lines_write(piped.end_fd, "x", 1);
    piped_end(&piped);
    close(full);
    cr_expect_eq(waited, ETIMEDOUT);
    cr_expect_eq(problem, ENOSPC);
    cr_expect_eq(closed, ETIMEDOUT);
    cr_expect_eq(none, EBADF);
}
