/* SPDX-License-Identifier: Apache-2.0 */
/* The executor `threading`: leader and followers.
 *
 * One worker at a time, the leader, polls for work, and then runs what it got itself: no hand-off on the way. It may
 * take a few items at once; those it has not begun lie in `taken`, where any worker finds them. Waking another worker
 * for each item would cost more than most items do, so the leader wakes nobody. Instead one more thread, the supervisor,
 * looks on once per tick while there is work: where an item lies in `taken` and few are begun, or nobody has polled for
 * a whole tick, it calls sleeping workers, or makes new ones, twice as many each time. Once items have come one by one
 * for a while, and none was slow, it dozes: its ticks are longer, until a leader that takes several items rouses it, or
 * one proves slow. Without work it sleeps with no timer. A leader takes no more items than there are workers left to run
 * them: the driver keeps the rest. */
#include "builtins.h"
#include "executor_parts.h"

#include <ostler/executor.h>
#include <ostler/log.h>

#include <stdlib.h>
#include <string.h>

enum {
    BATCH_MAX = 16,    /* items a leader takes at once */
    BRISK_STARTS = 16, /* with so many items begun within a tick the workers at hand are enough */
    BOOST_MAX = 64,    /* workers called in one tick */
    QUIET_TICKS = 4,   /* ticks without work after which the supervisor goes to sleep; of the long ones, one */
    CALM_TICKS = 400   /* ticks after which it dozes */
};
#define TICK      (INT64_C(500) * 1000)         /* nanoseconds */
#define LONG_TICK (INT64_C(4000) * 1000)        /* while it dozes */
#define LINGER    (INT64_C(1000) * 1000 * 1000) /* how long workers that are not needed are kept */

struct worker {
    pthread_t thread;
    struct ostler_executor *executor;
    struct worker *next;
};

struct ostler_executor {
    struct ostler_work work;
    pthread_mutex_t lock;   /* guards all below; never held while polling or running */
    pthread_cond_t called;  /* workers without work sleep here */
    pthread_cond_t watch;   /* the supervisor sleeps here */
    pthread_cond_t changed; /* stop() and wait() sleep here */
    void *taken[BATCH_MAX]; /* items not begun: a ring */
    unsigned taken_first;
    unsigned taken_count;
    unsigned limit;    /* the pool size */
    unsigned workers;  /* workers that exist */
    unsigned busy;     /* of these, those that run an item */
    unsigned sleeping; /* and those that wait to be called */
    unsigned surplus;  /* sleeping workers that are to end */
    unsigned starts;   /* items begun in this tick */
    unsigned polls;    /* polls begun or ended in this tick */
    unsigned batches;  /* polls that brought several items in this tick */
    bool polling;      /* a leader polls */
    bool started;
    bool stopping;
    bool watching;          /* the supervisor exists */
    bool supervisor_sleeps; /* without a timer: the next leader that gets work wakes it */
    bool supervisor_dozes;  /* with a long one: the next leader that gets several items wakes it */
    bool warned;            /* that no more threads can be made */
    struct worker *ended;   /* workers to join */
    pthread_t supervisor;
};

/* --- Workers ---------------------------------------------------------------------------------------------------- */

/* Everything here is called with the lock held, and comes back with it. */

static void run(struct ostler_executor *executor, void *item)
{
    executor->busy++;
    executor->starts++;
    pthread_mutex_unlock(&executor->lock);
    executor->work.run(executor->work.self, item);
    pthread_mutex_lock(&executor->lock);
    executor->busy--;
}

static void *take(struct ostler_executor *executor)
{
    void *item = executor->taken[executor->taken_first];

    executor->taken_first = (executor->taken_first + 1) % BATCH_MAX;
    executor->taken_count--;
    return item;
}

static void leave_for_others(struct ostler_executor *executor, void **items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        executor->taken[(executor->taken_first + executor->taken_count++) % BATCH_MAX] = items[i];
}

static bool may_lead(const struct ostler_executor *executor)
{
    return !executor->polling && !executor->stopping && executor->busy < executor->limit;
}

static void lead(struct ostler_executor *executor)
{
    void *items[BATCH_MAX];
    unsigned room = executor->limit - executor->busy;
    size_t max = room < BATCH_MAX ? room : BATCH_MAX;

    executor->polling = true;
    executor->polls++;
    pthread_mutex_unlock(&executor->lock);
    size_t count = executor->work.poll(executor->work.self, OSTLER_NEVER, items, max);
    pthread_mutex_lock(&executor->lock);
    executor->polling = false;
    executor->polls++;
    if (executor->stopping)
        pthread_cond_broadcast(&executor->changed);
    if (count == 0)
        return;

    leave_for_others(executor, items + 1, count - 1);
    executor->batches += count > 1;
    if ((executor->supervisor_sleeps && executor->limit > 1) || (executor->supervisor_dozes && count > 1)) {
        executor->supervisor_sleeps = executor->supervisor_dozes = false;
        pthread_cond_signal(&executor->watch);
    }
    run(executor, items[0]);
}

static bool may_end(struct ostler_executor *executor)
{
    if (executor->taken_count > 0)
        return false;
    if (executor->surplus > 0 && executor->polling) {
        executor->surplus--;
        return true;
    }
    return executor->stopping || executor->workers > executor->limit;
}

static void sleep_until_called(struct ostler_executor *executor)
{
    /* The supervisor slept without a timer because nobody could be sent home. */
    if (executor->sleeping++ == 0 && executor->supervisor_sleeps)
        pthread_cond_signal(&executor->watch);
    pthread_cond_wait(&executor->called, &executor->lock);
    executor->sleeping--;
}

static void *worker_body(void *argument)
{
    struct worker *self = argument;
    struct ostler_executor *executor = self->executor;

    pthread_mutex_lock(&executor->lock);
    while (!may_end(executor)) {
        if (executor->taken_count > 0)
            run(executor, take(executor));
        else if (may_lead(executor))
            lead(executor);
        else
            sleep_until_called(executor);
    }
    executor->workers--;
    self->next = executor->ended;
    executor->ended = self;
    /* Somebody has to lead. */
    if (may_lead(executor))
        pthread_cond_signal(&executor->called);
    pthread_cond_broadcast(&executor->changed);
    pthread_mutex_unlock(&executor->lock);
    return NULL;
}

static enum ostler_status start_worker(struct ostler_executor *executor, struct ostler_error *error)
{
    struct worker *worker = malloc(sizeof *worker);

    if (!worker)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a thread");
    worker->executor = executor;
    /* The worker may end before this returns, but nobody joins it before the lock is free. */
    enum ostler_status status = executor_start_thread(&worker->thread, &executor->work, worker_body, worker, error);
    if (status != OSTLER_OK)
        free(worker);
    return status;
}

/* Takes the lock off while it joins. */
static void join_ended(struct ostler_executor *executor)
{
    while (executor->ended) {
        struct worker *worker = executor->ended;
        executor->ended = worker->next;
        pthread_mutex_unlock(&executor->lock);
        pthread_join(worker->thread, NULL);
        free(worker);
        pthread_mutex_lock(&executor->lock);
    }
}

/* --- The supervisor --------------------------------------------------------------------------------------------- */

static void call_workers(struct ostler_executor *executor, unsigned count)
{
    executor->surplus = 0;
    for (unsigned i = 0; i < executor->sleeping && count > 0; i++, count--)
        pthread_cond_signal(&executor->called);
    while (count-- > 0 && executor->workers < executor->limit) {
        executor->workers++;
        if (start_worker(executor, NULL) == OSTLER_OK)
            continue;
        executor->workers--;
        if (!executor->warned)
            ostler_log(OSTLER_LOG_WARNING, "server", "%s: no more than %u of %u threads can be made",
                       executor->work.name, executor->workers, executor->limit);
        executor->warned = true;
        return;
    }
}

/* Nothing can get stuck: a leader polls and has been for a while, or there is no worker left to call. */
static bool nothing_to_watch(const struct ostler_executor *executor, unsigned quiet, bool calm)
{
    if (executor->stopping)
        return false;
    return executor->busy >= executor->limit || (quiet >= (calm ? 1 : QUIET_TICKS) && executor->polling);
}

static bool sleeps_on(const struct ostler_executor *executor)
{
    return executor->supervisor_sleeps && !executor->stopping;
}

/* Until there is work. Workers that nobody has called for a while meanwhile are sent home. */
static void sleep_until_work(struct ostler_executor *executor)
{
    ostler_time linger = OSTLER_NEVER;

    executor->supervisor_sleeps = true;
    while (sleeps_on(executor)) {
        if (executor->sleeping == 0)
            linger = OSTLER_NEVER;
        else if (linger == OSTLER_NEVER)
            linger = ostler_now() + LINGER;
        if (!ostler_cond_wait(&executor->watch, &executor->lock, linger)) {
            executor->surplus = executor->sleeping;
            pthread_cond_broadcast(&executor->called);
            linger = OSTLER_NEVER;
        }
    }
    executor->supervisor_sleeps = false;
}

/* False: it dozed, and was roused before the tick was over. */
static bool wait_a_tick(struct ostler_executor *executor, bool calm)
{
    executor->starts = executor->polls = executor->batches = 0;
    executor->supervisor_dozes = calm;
    ostler_cond_wait(&executor->watch, &executor->lock, ostler_now() + (calm ? LONG_TICK : TICK));
    bool whole = executor->supervisor_dozes == calm;
    executor->supervisor_dozes = false;
    return whole;
}

/* After a tick: whether work waits that nobody is about to do. */
static bool is_stuck(const struct ostler_executor *executor)
{
    return executor->taken_count > 0 ? executor->starts < BRISK_STARTS : !executor->polling && executor->polls == 0;
}

static void *supervisor_body(void *argument)
{
    struct ostler_executor *executor = argument;
    unsigned boost = 1, quiet = 0, calm = 0;

    pthread_mutex_lock(&executor->lock);
    while (!executor->stopping || executor->taken_count > 0) {
        if (nothing_to_watch(executor, quiet, calm == CALM_TICKS))
            sleep_until_work(executor);
        if (executor->batches > 0)
            calm = 0;
        bool whole = wait_a_tick(executor, calm == CALM_TICKS);
        join_ended(executor);
        if (!whole) {
            calm = quiet = 0;
            continue;
        }

        bool stuck = is_stuck(executor);
        if (stuck && executor->busy < executor->limit) {
            call_workers(executor, boost);
            boost = boost < BOOST_MAX ? boost * 2 : BOOST_MAX;
        } else if (executor->polling && executor->taken_count == 0) {
            boost = 1;
        }
        quiet = executor->polling && executor->starts == 0 ? quiet + 1 : 0;
        calm = stuck ? 0 : calm < CALM_TICKS ? calm + 1 : CALM_TICKS;
    }
    executor->watching = false;
    pthread_cond_broadcast(&executor->changed);
    pthread_mutex_unlock(&executor->lock);
    return NULL;
}

/* --- Operations ------------------------------------------------------------------------------------------------- */

static enum ostler_status threading_open(const struct ostler_work *work, unsigned threads, ostler_executor **executor,
                                         struct ostler_error *error)
{
    ostler_executor *opened = calloc(1, sizeof *opened);

    if (!opened)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for an executor");
    opened->work = *work;
    opened->limit = threads > 0 ? threads : 1;
    pthread_mutex_init(&opened->lock, NULL);
    ostler_cond_init(&opened->called);
    ostler_cond_init(&opened->watch);
    ostler_cond_init(&opened->changed);
    *executor = opened;
    return OSTLER_OK;
}

static void threading_stop(ostler_executor *executor)
{
    pthread_mutex_lock(&executor->lock);
    executor->stopping = true;
    pthread_cond_broadcast(&executor->called);
    pthread_cond_signal(&executor->watch);
    executor_end_poll(&executor->work, &executor->lock, &executor->changed, &executor->polling);
    pthread_mutex_unlock(&executor->lock);
}

static bool threading_wait(ostler_executor *executor, ostler_time deadline)
{
    bool ended = true;

    pthread_mutex_lock(&executor->lock);
    if (executor->started) {
        bool in_time = true;
        while ((executor->workers > 0 || executor->watching) && in_time)
            in_time = ostler_cond_wait(&executor->changed, &executor->lock, deadline);
        ended = executor->workers == 0 && !executor->watching;
    }
    if (executor->started && ended) {
        join_ended(executor);
        executor->started = false;
        pthread_mutex_unlock(&executor->lock);
        pthread_join(executor->supervisor, NULL);
        return true;
    }
    pthread_mutex_unlock(&executor->lock);
    return ended;
}

static enum ostler_status threading_start(ostler_executor *executor, struct ostler_error *error)
{
    pthread_mutex_lock(&executor->lock);
    executor->stopping = executor->supervisor_sleeps = executor->supervisor_dozes = executor->warned = false;
    enum ostler_status status =
        executor_start_thread(&executor->supervisor, &executor->work, supervisor_body, executor, error);
    executor->started = executor->watching = status == OSTLER_OK;
    executor->workers = 1;
    if (status == OSTLER_OK)
        status = start_worker(executor, error);
    if (status != OSTLER_OK)
        executor->workers = 0;
    pthread_mutex_unlock(&executor->lock);
    if (status == OSTLER_OK)
        return status;

    threading_stop(executor);
    threading_wait(executor, OSTLER_NEVER);
    return status;
}

static void threading_resize(ostler_executor *executor, unsigned threads)
{
    pthread_mutex_lock(&executor->lock);
    executor->limit = threads > 0 ? threads : 1;
    executor->warned = executor->supervisor_sleeps = false;
    pthread_cond_broadcast(&executor->called);
    pthread_cond_signal(&executor->watch);
    bool polling = executor->polling;
    pthread_mutex_unlock(&executor->lock);
    /* A leader that polls asks for as many items as fitted the old size. */
    if (polling)
        executor->work.wake(executor->work.self);
}

static void threading_close(ostler_executor *executor)
{
    pthread_cond_destroy(&executor->changed);
    pthread_cond_destroy(&executor->watch);
    pthread_cond_destroy(&executor->called);
    pthread_mutex_destroy(&executor->lock);
    free(executor);
}

static const struct ostler_executor_ops operations = {
    .open = threading_open,
    .start = threading_start,
    .stop = threading_stop,
    .wait = threading_wait,
    .resize = threading_resize,
    .close = threading_close,
};

const struct ostler_module executor_threading = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_EXECUTOR,
    .name = "threading",
    .version = OSTLER_VERSION,
    .summary = "a pool of threads that grows with slow requests",
    .ops = &operations,
    .ops_size = sizeof operations,
};
