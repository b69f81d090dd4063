/* SPDX-License-Identifier: Apache-2.0 */
/* Where the host's log lines go: standard error, the journal behind it, or a file. Writing never waits for a reader and
 * never fails the host: what cannot be written is counted, and the count is logged when there is room again. */
#ifndef LOG_H
#define LOG_H

#include <ostler/error.h>
#include <ostler/log.h>

/* Becomes the library's sink, writing to standard error. Once, before there are other threads. */
void log_init(void);

/* Opens a log file to append to; *file is for log_use(). OSTLER_E_CONFIG. */
enum ostler_status log_open(const char *path, int *file, struct ostler_error *error);

/* Writes to @p file from now on and takes it; -1 means standard error. */
void log_use(int file);

#endif
