/* SPDX-License-Identifier: Apache-2.0 */
/* What the executors of the library share. */
#ifndef RPC_EXECUTOR_PARTS_H
#define RPC_EXECUTOR_PARTS_H

#include <ostler/executor.h>
#include <ostler/thread.h>

/* ostler_thread_start() with the work's name; fails with OSTLER_E_EXECUTOR. */
enum ostler_status executor_start_thread(pthread_t *thread, const struct ostler_work *work, void *(*body)(void *),
                                         void *argument, struct ostler_error *error);

/* Wakes the poll that runs, if there is one, and returns when it has come back. With the lock held, which is off meanwhile;
 * it guards *polling, of whose end `changed` tells. No new poll begins any more. */
void executor_end_poll(const struct ostler_work *work, pthread_mutex_t *lock, pthread_cond_t *changed,
                       const bool *polling);

#endif
