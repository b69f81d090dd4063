/* SPDX-License-Identifier: Apache-2.0 */
/* Both executors, over a queue of items that the test fills. */
#include "scripted.h"

#include "builtins.h"

#include <ostler/executor.h>
#include <ostler/thread.h>

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- A source of work ------------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static unsigned offered; /* items nobody has taken */
static unsigned most_asked;
static bool woken;
static unsigned pollers;
static bool overlap; /* two polled at once */

static atomic_uint done, running, most_running;
static atomic_bool gate;
static atomic_bool slow_first;

static bool gate_is_open(void *user)
{
    (void)user;
    return atomic_load(&gate);
}

static size_t poll_work(void *self, ostler_time deadline, void **items, size_t max)
{
    static int item;
    size_t count = 0;

    (void)self;
    pthread_mutex_lock(&lock);
    overlap = overlap || pollers++ > 0;
    most_asked = max > most_asked ? (unsigned)max : most_asked;
    while (offered == 0 && !woken && ostler_cond_wait(&changed, &lock, deadline))
        ;
    woken = false;
    for (; count < max && offered > 0; offered--)
        items[count++] = &item;
    pollers--;
    pthread_mutex_unlock(&lock);
    return count;
}

static void wake_work(void *self)
{
    (void)self;
    pthread_mutex_lock(&lock);
    woken = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void note_running(void)
{
    unsigned now = atomic_fetch_add(&running, 1) + 1;
    unsigned most = atomic_load(&most_running);

    while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
        ;
}

/* Waits for the gate. */
static void run_slow(void *self, void *item)
{
    (void)self;
    (void)item;
    note_running();
    scripted_until(gate_is_open, NULL);
    atomic_fetch_sub(&running, 1);
    atomic_fetch_add(&done, 1);
}

/* Only the first item waits for the gate. */
static void run_first_slow(void *self, void *item)
{
    if (atomic_exchange(&slow_first, false))
        run_slow(self, item);
    else
        atomic_fetch_add(&done, 1);
}

static void run_fast(void *self, void *item)
{
    (void)self;
    (void)item;
    atomic_fetch_add(&done, 1);
}

static void offer(unsigned count)
{
    pthread_mutex_lock(&lock);
    offered += count;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static unsigned left(void)
{
    pthread_mutex_lock(&lock);
    unsigned count = offered;
    pthread_mutex_unlock(&lock);
    return count;
}

static bool has_done(void *count)
{
    return atomic_load(&done) >= *(unsigned *)count;
}

static bool wait_done(unsigned count)
{
    return scripted_until(has_done, &count);
}

static bool has_running(void *count)
{
    return atomic_load(&running) == *(unsigned *)count;
}

static bool wait_running(unsigned count)
{
    return scripted_until(has_running, &count);
}

/* --- An executor ------------------------------------------------------------------------------------------------ */

static const struct ostler_executor_ops *ops;
static ostler_executor *executor;

static void start(const struct ostler_module *module, unsigned threads, void (*run)(void *self, void *item))
{
    struct ostler_work work = {.poll = poll_work, .wake = wake_work, .run = run, .name = "test"};

    ostler_cond_init(&changed);
    ops = module->ops;
    cr_assert_eq(ops->open(&work, threads, &executor, NULL), OSTLER_OK);
    cr_assert_eq(ops->start(executor, NULL), OSTLER_OK);
}

static void end(void)
{
    atomic_store(&gate, true);
    ops->stop(executor);
    cr_expect(ops->wait(executor, OSTLER_NEVER));
    ops->close(executor);
    cr_expect_not(overlap);
}

Test(executor, slow_items_run_in_parallel, .timeout = 60)
{
    start(&executor_threading, 64, run_slow);
    offer(64);
    cr_expect(wait_running(64));
    atomic_store(&gate, true);
    cr_expect(wait_done(64));
    end();
}

Test(executor, a_slow_item_does_not_delay_the_next, .timeout = 60)
{
    atomic_store(&slow_first, true);
    start(&executor_threading, 4, run_first_slow);
    offer(1);
    cr_assert(wait_running(1));
    offer(1);
    cr_expect(wait_done(1));
    offer(100);
    cr_expect(wait_done(101));
    end();
    cr_expect_eq(atomic_load(&done), 102);
}

Test(executor, what_was_taken_with_a_slow_item_is_run_by_others, .timeout = 60)
{
    atomic_store(&slow_first, true);
    start(&executor_threading, 4, run_first_slow);
    offer(8);
    cr_expect(wait_done(7));
    end();
    cr_expect_eq(atomic_load(&done), 8);
}

Test(executor, takes_no_more_than_it_can_run, .timeout = 60)
{
    start(&executor_threading, 3, run_slow);
    offer(10);
    cr_assert(wait_running(3));
    cr_expect_eq(left(), 7);
    cr_expect_leq(most_asked, 3);
    atomic_store(&gate, true);
    cr_expect(wait_done(10));
    end();
    cr_expect_eq(atomic_load(&most_running), 3);
}

Test(executor, blocking_runs_one_at_a_time, .timeout = 60)
{
    start(&executor_blocking, 64, run_slow);
    offer(10);
    cr_assert(wait_running(1));
    cr_expect_eq(left(), 9);
    atomic_store(&gate, true);
    cr_expect(wait_done(10));
    end();
    cr_expect_eq(atomic_load(&most_running), 1);
}

static void take_nothing_after_stop(const struct ostler_module *module)
{
    start(module, 4, run_slow);
    offer(1);
    cr_assert(wait_running(1));
    ops->stop(executor);
    offer(5);
    cr_expect_not(ops->wait(executor, ostler_deadline(0.02)));
    cr_expect_eq(left(), 5);
    atomic_store(&gate, true);
    cr_expect(ops->wait(executor, OSTLER_NEVER));
    cr_expect_eq(atomic_load(&done), 1);
    cr_expect_eq(left(), 5);
    /* And again. */
    cr_assert_eq(ops->start(executor, NULL), OSTLER_OK);
    cr_expect(wait_done(6));
    end();
}

Test(executor, threading_takes_nothing_after_stop, .timeout = 60)
{
    take_nothing_after_stop(&executor_threading);
}

Test(executor, blocking_takes_nothing_after_stop, .timeout = 60)
{
    take_nothing_after_stop(&executor_blocking);
}

Test(executor, what_was_taken_before_stop_runs_in_parallel, .timeout = 60)
{
    start(&executor_threading, 8, run_slow);
    offer(8);
    /* However many the first poll took: none of them waits for another one. */
    cr_assert(scripted_until(has_running, &(unsigned){8}));
    ops->stop(executor);
    end();
    cr_expect_eq(atomic_load(&done), 8);
}

Test(executor, grows_and_shrinks, .timeout = 60)
{
    start(&executor_threading, 1, run_slow);
    offer(20);
    cr_assert(wait_running(1));
    ops->resize(executor, 6);
    cr_assert(wait_running(6));
    ops->resize(executor, 2);
    atomic_store(&gate, true);
    cr_expect(wait_done(20));
    atomic_store(&gate, false);
    offer(5);
    cr_assert(wait_running(2));
    cr_expect_eq(left(), 3);
    end();
}

/* Items one by one, none of them slow, for longer than it takes the supervisor to doze off. */
static unsigned run_calmly(unsigned total)
{
    ostler_time until = ostler_deadline(0.5);

    do {
        offer(1);
        cr_assert(wait_done(++total));
    } while (ostler_now() < until);
    return total;
}

Test(executor, a_supervisor_that_dozes_still_sees_what_is_slow, .timeout = 120)
{
    start(&executor_threading, 4, run_first_slow);
    unsigned total = run_calmly(0);
    atomic_store(&slow_first, true);
    offer(1);
    cr_assert(wait_running(1));
    offer(1);
    cr_assert(wait_done(total + 1));
    atomic_store(&gate, true);
    cr_assert(wait_done(total + 2));

    /* The same with several that are taken together. */
    atomic_store(&gate, false);
    total = run_calmly(total + 2);
    atomic_store(&slow_first, true);
    offer(8);
    cr_assert(wait_done(total + 7));
    end();
    cr_expect_eq(atomic_load(&done), total + 8);
}

static void *resize_wildly(void *stop)
{
    for (unsigned i = 0; !atomic_load((atomic_bool *)stop); i++) {
        ops->resize(executor, i % 7 + 1);
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    return NULL;
}

/* Nothing is lost and nothing stalls while work comes in bursts and the size of the pool changes. */
Test(executor, no_wake_is_lost, .timeout = 120)
{
    atomic_bool stop = false;
    pthread_t thread;
    unsigned total = 0;

    start(&executor_threading, 4, run_fast);
    pthread_create(&thread, NULL, resize_wildly, &stop);
    for (unsigned i = 0; i < 2000; i++) {
        unsigned count = i % 13 + 1;
        offer(count);
        total += count;
        if (i % 2 == 0)
            cr_assert(wait_done(total));
        if (i % 100 == 0) /* long enough for the supervisor to go to sleep */
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    cr_expect(wait_done(total));
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    end();
    cr_expect_eq(atomic_load(&done), total);
}

Test(executor, starts_and_stops_under_load, .timeout = 120)
{
    start(&executor_threading, 8, run_fast);
    for (unsigned i = 0; i < 200; i++) {
        offer(20);
        ops->stop(executor);
        cr_assert(ops->wait(executor, OSTLER_NEVER));
        cr_assert_eq(ops->start(executor, NULL), OSTLER_OK);
    }
    cr_expect(wait_done(4000));
    end();
    cr_expect_eq(atomic_load(&done), 4000);
}

/* --- An idle executor ------------------------------------------------------------------------------------------- */

/* Threads of this process, and how often they went to sleep so far; the calling one left out. */
static unsigned count_threads(unsigned long *switches)
{
    unsigned threads = 0;
    char path[300], line[200];
    DIR *tasks = opendir("/proc/self/task");

    *switches = 0;
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        unsigned long count;
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        bool ours = file && fgets(line, sizeof line, file) && strcmp(line, "test\n") == 0;
        if (file)
            fclose(file);
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        file = ours ? fopen(path, "r") : NULL;
        threads += ours;
        while (file && fgets(line, sizeof line, file))
            if (sscanf(line, "voluntary_ctxt_switches: %lu", &count) == 1)
                *switches += count;
        if (file)
            fclose(file);
    }
    closedir(tasks);
    return threads;
}

static bool is_asleep(void *user)
{
    unsigned long before, after;

    (void)user;
    count_threads(&before);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    return count_threads(&after) == 2 && after == before;
}

/* Two threads are left, the leader and the supervisor, and neither has a timer. */
Test(executor, sleeps_without_work, .timeout = 120)
{
    start(&executor_threading, 16, run_slow);
    cr_expect(scripted_until(is_asleep, NULL));
    offer(16);
    cr_assert(wait_running(16));
    atomic_store(&gate, true);
    cr_assert(wait_done(16));
    cr_expect(scripted_until(is_asleep, NULL));
    end();
}
