/* SPDX-License-Identifier: Apache-2.0 */
/* The executor `blocking`: one thread that polls and runs one item at a time. */
#include "builtins.h"
#include "executor_parts.h"

#include <ostler/executor.h>

#include <stdlib.h>

struct ostler_executor {
    struct ostler_work work;
    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t changed; /* stop() and wait() sleep here */
    pthread_t thread;
    bool started;
    bool running; /* the thread has not come to its end */
    bool polling;
    bool stopping;
};

static void *blocking_body(void *argument)
{
    struct ostler_executor *executor = argument;
    void *item;

    pthread_mutex_lock(&executor->lock);
    while (!executor->stopping) {
        executor->polling = true;
        pthread_mutex_unlock(&executor->lock);
        size_t count = executor->work.poll(executor->work.self, OSTLER_NEVER, &item, 1);
        pthread_mutex_lock(&executor->lock);
        executor->polling = false;
        if (executor->stopping)
            pthread_cond_broadcast(&executor->changed);
        pthread_mutex_unlock(&executor->lock);
        if (count > 0)
            executor->work.run(executor->work.self, item);
        pthread_mutex_lock(&executor->lock);
    }
    executor->running = false;
    pthread_cond_broadcast(&executor->changed);
    pthread_mutex_unlock(&executor->lock);
    return NULL;
}

static enum ostler_status blocking_open(const struct ostler_work *work, unsigned threads, ostler_executor **executor,
                                        struct ostler_error *error)
{
    ostler_executor *opened = calloc(1, sizeof *opened);

    (void)threads;
    if (!opened)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for an executor");
    opened->work = *work;
    pthread_mutex_init(&opened->lock, NULL);
    ostler_cond_init(&opened->changed);
    *executor = opened;
    return OSTLER_OK;
}

static enum ostler_status blocking_start(ostler_executor *executor, struct ostler_error *error)
{
    pthread_mutex_lock(&executor->lock);
    executor->stopping = false;
    enum ostler_status status =
        executor_start_thread(&executor->thread, &executor->work, blocking_body, executor, error);
    executor->started = executor->running = status == OSTLER_OK;
    pthread_mutex_unlock(&executor->lock);
    return status;
}

static void blocking_stop(ostler_executor *executor)
{
    pthread_mutex_lock(&executor->lock);
    executor->stopping = true;
    executor_end_poll(&executor->work, &executor->lock, &executor->changed, &executor->polling);
    pthread_mutex_unlock(&executor->lock);
}

static bool blocking_wait(ostler_executor *executor, ostler_time deadline)
{
    bool in_time = true;

    pthread_mutex_lock(&executor->lock);
    while (executor->running && in_time)
        in_time = ostler_cond_wait(&executor->changed, &executor->lock, deadline);
    bool ended = !executor->running;
    bool join = ended && executor->started;
    if (join)
        executor->started = false;
    pthread_mutex_unlock(&executor->lock);
    if (join)
        pthread_join(executor->thread, NULL);
    return ended;
}

static void blocking_resize(ostler_executor *executor, unsigned threads)
{
    (void)executor;
    (void)threads;
}

static void blocking_close(ostler_executor *executor)
{
    pthread_cond_destroy(&executor->changed);
    pthread_mutex_destroy(&executor->lock);
    free(executor);
}

static const struct ostler_executor_ops operations = {
    .open = blocking_open,
    .start = blocking_start,
    .stop = blocking_stop,
    .wait = blocking_wait,
    .resize = blocking_resize,
    .close = blocking_close,
};

const struct ostler_module executor_blocking = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_EXECUTOR,
    .name = "blocking",
    .version = OSTLER_VERSION,
    .summary = "one thread, one request at a time",
    .ops = &operations,
    .ops_size = sizeof operations,
};
