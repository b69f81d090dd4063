/* SPDX-License-Identifier: Apache-2.0 */
/* What the command says: results on standard output, everything else on standard error. */
#ifndef OSTLER_CLI_OUTPUT_H
#define OSTLER_CLI_OUTPUT_H

#include <ostler/error.h>

#include <stdio.h>

#define OUTPUT_EXIT_USAGE   2
#define OUTPUT_EXIT_FAILURE 1
/* The reader of standard output has gone: what a shell reports for SIGPIPE. */
#define OUTPUT_EXIT_CLOSED_PIPE 141

/* "ostler: …" on standard error. */
void output_message(const char *format, ...) OSTLER_PRINTF(1, 2);

/* A message about wrong usage of @p verb (NULL: of the command) and where to find help; returns the exit code. */
int output_usage(const char *verb, const char *format, ...) OSTLER_PRINTF(2, 3);

/* Says why something failed, for a remote failure also its traceback if @p verbose; returns the exit code. */
int output_failure(const struct ostler_error *error, bool verbose);

/* Writes one value: readable on a terminal, else as one line. Returns the exit code. */
int output_json(struct json_object *value);

/* Writes @p text to @p stream with control characters, which a terminal would obey, shown as "?". */
void output_text(FILE *stream, const char *text);

/* Flushes standard output; returns 0, or the exit code after a message why it could not be written. To be asked after
 * anything else was printed there. */
int output_flush(void);

/* The library's log lines go to standard error: warnings, or everything if @p verbose. */
void output_log(bool verbose);

#endif
