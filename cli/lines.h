/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on standard output, written at once and in a way that can be ended: a reader that does not read must not keep
 * the command from ending. */
#ifndef OSTLER_CLI_LINES_H
#define OSTLER_CLI_LINES_H

#include <stddef.h>

/* Writes all of @p text. 0, ECANCELED once @p end_fd polls readable, or what is wrong with standard output (EPIPE: its
 * reader has gone). */
int lines_write(int end_fd, const char *text, size_t size);

/* Waits until @p end_fd polls readable, standard output has no reader any more, or @p milliseconds have passed (-1: no
 * limit). ECANCELED, EPIPE, ETIMEDOUT. */
int lines_wait(int end_fd, int milliseconds);

#endif
