/* SPDX-License-Identifier: Apache-2.0 */
#include "executor_parts.h"

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
