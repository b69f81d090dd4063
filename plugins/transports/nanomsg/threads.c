/* SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"

#include "settings.h"

#include <ostler/log.h>
#include <ostler/thread.h>

bool threads_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    bool started = ostler_thread_start(thread, name, body, argument, &error) == OSTLER_OK;

    if (!started)
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "%s", error.message);
    ostler_error_clear(&error);
    return started;
}
