/* SPDX-License-Identifier: Apache-2.0 */
#include "executor_parts.h"

enum ostler_status executor_start_thread(pthread_t *thread, const struct ostler_work *work, void *(*body)(void *),
                                         void *argument, struct ostler_error *error)
{
    if (ostler_thread_start(thread, work->name, body, argument, error) == OSTLER_OK)
        return OSTLER_OK;
    if (error)
        error->status = OSTLER_E_EXECUTOR;
    return OSTLER_E_EXECUTOR;
}

void executor_end_poll(const struct ostler_work *work, pthread_mutex_t *lock, pthread_cond_t *changed,
                       const bool *polling)
{
    if (*polling) {
        pthread_mutex_unlock(lock);
        work->wake(work->self);
        pthread_mutex_lock(lock);
    }
    while (*polling)
        pthread_cond_wait(changed, lock);
}
