/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT and SIGTERM: a thread of its own waits for them, so that a verb which waits inside the library can be ended
 * without a signal handler's limits. */
#ifndef OSTLER_CLI_INTERRUPT_H
#define OSTLER_CLI_INTERRUPT_H

#include <ostler/error.h>

/* The exit code after SIGINT, as a shell reports it. SIGTERM's is the same plus what the signals differ by. */
#define INTERRUPT_EXIT_CODE 130

/* What a verb does to come to its end. Runs in the signal thread. */
typedef void (*interrupt_fn)(void *user);

/* Blocks both signals for the calling thread and all that come after it, and starts the thread. Call it before any other
 * thread exists. OSTLER_E_SYSTEM. */
enum ostler_status interrupt_begin(struct ostler_error *error);

/* From here on the first signal calls @p stop instead of ending the process; NULL: it ends the process. When this
 * returns a former function is not running. A second signal always ends the process. */
void interrupt_set(interrupt_fn stop, void *user);

/* The exit code for the signal that came, 0 if none did. */
int interrupt_exit_code(void);

/* Joins the thread. */
void interrupt_end(void);

#endif
