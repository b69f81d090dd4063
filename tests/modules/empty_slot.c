/* SPDX-License-Identifier: Apache-2.0 */
/* An executor that forgot one slot, wait(). */
#include <ostler/executor.h>

static enum ostler_status executor_open(const struct ostler_work *work, unsigned threads, ostler_executor **executor,
                                        struct ostler_error *error)
{
    (void)work;
    (void)threads;
    (void)executor;
    (void)error;
    return OSTLER_E_EXECUTOR;
}

static enum ostler_status executor_start(ostler_executor *executor, struct ostler_error *error)
{
    (void)executor;
    (void)error;
    return OSTLER_E_EXECUTOR;
}

static void executor_stop(ostler_executor *executor)
{
    (void)executor;
}

static void executor_resize(ostler_executor *executor, unsigned threads)
{
    (void)executor;
    (void)threads;
}

static const struct ostler_executor_ops operations = {
    .open = executor_open,
    .start = executor_start,
    .stop = executor_stop,
    .resize = executor_resize,
    .close = executor_stop,
};

OSTLER_MODULE(empty_slot) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_EXECUTOR,
    .name = "empty-slot",
    .version = "1.0",
    .ops = &operations,
    .ops_size = sizeof operations,
};
