/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads replies, and how calls end: with a driver whose replies the test writes itself. */
#include "replies.h"

#include <ostler/thread.h>

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { QUEUE = 4096, THREADS = 8, ROUNDS = 300 };

struct ostler_driver_transport {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ostler_reply queue[QUEUE];
    size_t head, tail;
    bool woken;
    int fd;
    atomic_int readers;
    atomic_bool two_readers;
};

static struct ostler_driver_transport driver;

static size_t poll_replies(ostler_driver_transport *transport, ostler_time deadline, struct ostler_reply *replies,
                           size_t max)
{
    size_t count = 0;

    if (atomic_fetch_add(&transport->readers, 1) > 0)
        atomic_store(&transport->two_readers, true);
    pthread_mutex_lock(&transport->lock);
    while (transport->head == transport->tail && !transport->woken && deadline != OSTLER_AT_ONCE &&
           ostler_now() < deadline)
        ostler_cond_wait(&transport->changed, &transport->lock, deadline);
    transport->woken = false;
    while (count < max && transport->head != transport->tail)
        replies[count++] = transport->queue[transport->head++ % QUEUE];
    if (transport->head == transport->tail) {
        uint64_t ignored;
        ssize_t got = read(transport->fd, &ignored, sizeof ignored);
        (void)got;
    }
    pthread_mutex_unlock(&transport->lock);
    atomic_fetch_sub(&transport->readers, 1);
    return count;
}

static void wake(ostler_driver_transport *transport)
{
    pthread_mutex_lock(&transport->lock);
    transport->woken = true;
    pthread_cond_broadcast(&transport->changed);
    pthread_mutex_unlock(&transport->lock);
}

static int readable_fd(ostler_driver_transport *transport)
{
    return transport->fd;
}

static const struct ostler_driver_ops ops = {
    .replies_poll = poll_replies, .replies_wake = wake, .replies_fd = readable_fd};

static struct replies *open_replies(bool event_loop, uint32_t limit)
{
    struct replies *replies = NULL;

    pthread_mutex_init(&driver.lock, NULL);
    ostler_cond_init(&driver.changed);
    driver.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    cr_assert_eq(replies_new(&ops, &driver, event_loop, limit, &replies, NULL), OSTLER_OK);
    return replies;
}

static void close_all(struct replies *replies)
{
    replies_close(replies);
    close(driver.fd);
    cr_assert_not(atomic_load(&driver.two_readers), "one thread at a time reads");
}

static void answer(uint64_t id, enum ostler_reply_kind kind, struct json_object *value)
{
    uint64_t one = 1;

    pthread_mutex_lock(&driver.lock);
    driver.queue[driver.tail++ % QUEUE] = (struct ostler_reply){.call_id = id, .kind = kind, .value = value};
    ssize_t put = write(driver.fd, &one, sizeof one);
    (void)put;
    pthread_cond_broadcast(&driver.changed);
    pthread_mutex_unlock(&driver.lock);
}

static struct waited_call waited_for(double seconds, double monitor)
{
    struct waited_call waited;

    waited_call_init(&waited, CALL_WAITED, ostler_deadline(seconds), monitor);
    return waited;
}

Test(replies, a_result_reaches_the_call_that_waits, .timeout = 10)
{
    struct replies *replies = open_replies(false, 10);
    struct waited_call waited = waited_for(10, 0);

    cr_assert_eq(replies_add(replies, &waited.call, NULL, NULL), OSTLER_OK);
    answer(waited.call.id ^ 0x1000000, OSTLER_REPLY_RESULT, json_object_new_int(1));
    answer(waited.call.id, OSTLER_REPLY_RESULT, json_object_new_int(7));
    answer(waited.call.id, OSTLER_REPLY_RESULT, json_object_new_int(8));
    replies_wait(replies, &waited);
    cr_assert_eq(waited.call.end.status, OSTLER_OK);
    cr_assert_eq(json_object_get_int(waited.call.end.value), 7);
    call_end_clear(&waited.call.end);
    waited_call_fini(&waited);
    cr_assert_eq(replies_waiting(replies), 0);
    close_all(replies);
}

Test(replies, a_call_without_answer_ends_at_its_deadline, .timeout = 10)
{
    struct replies *replies = open_replies(false, 10);
    struct waited_call waited = waited_for(0.05, 0);
    ostler_time begin = ostler_now();

    replies_add(replies, &waited.call, NULL, NULL);
    replies_wait(replies, &waited);
    cr_assert_eq(waited.call.end.status, OSTLER_E_TIMEOUT);
    cr_assert_geq(ostler_now() - begin, INT64_C(50000000));
    waited_call_fini(&waited);
    close_all(replies);
}

static void *beat(void *argument)
{
    uint64_t id = *(uint64_t *)argument;

    for (int i = 0; i < 10; i++) {
        poll(NULL, 0, 50);
        answer(id, OSTLER_REPLY_HEARTBEAT, NULL);
    }
    answer(id, OSTLER_REPLY_RESULT, NULL);
    return NULL;
}

Test(replies, signs_of_life_keep_a_monitored_call_alive, .timeout = 20)
{
    struct replies *replies = open_replies(false, 10);
    struct waited_call waited = waited_for(20, 0.4);
    pthread_t beater;

    replies_add(replies, &waited.call, NULL, NULL);
    uint64_t id = waited.call.id;
    pthread_create(&beater, NULL, beat, &id);
    replies_wait(replies, &waited);
    cr_assert_eq(waited.call.end.status, OSTLER_OK);
    cr_assert(waited.call.heartbeat_seen);
    pthread_join(beater, NULL);
    waited_call_fini(&waited);

    waited = waited_for(20, 0.05);
    replies_add(replies, &waited.call, NULL, NULL);
    replies_wait(replies, &waited);
    cr_assert_eq(waited.call.end.status, OSTLER_E_TIMEOUT);
    waited_call_fini(&waited);
    close_all(replies);
}

static struct replies *shared;

static void *caller(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct waited_call waited = waited_for(30, 0);
        replies_add(shared, &waited.call, NULL, NULL);
        uint64_t id = waited.call.id;
        answer(id, OSTLER_REPLY_RESULT, json_object_new_int64((int64_t)id));
        replies_wait(shared, &waited);
        cr_assert_eq(waited.call.end.status, OSTLER_OK);
        cr_assert_eq((uint64_t)json_object_get_int64(waited.call.end.value), id);
        call_end_clear(&waited.call.end);
        waited_call_fini(&waited);
    }
    return argument;
}

struct counted {
    atomic_int ends[6];
};

static struct counted counted;

static void count_end(struct ostler_call *call, struct call_end *end)
{
    (void)call;
    enum ostler_status status = end->status;
    atomic_fetch_add(&counted.ends[status == OSTLER_OK            ? 0
                                   : status == OSTLER_E_TIMEOUT   ? 1
                                   : status == OSTLER_E_CANCELLED ? 2
                                                                  : 3],
                     1);
    call_end_clear(end);
}

static struct ostler_call *start_async(struct replies *replies, double seconds)
{
    struct ostler_call *call = calloc(1, sizeof *call);

    cr_assert_eq(replies_need_completer(replies, NULL), OSTLER_OK);
    call->call =
        (struct call){.style = CALL_ASYNC, .deadline = ostler_deadline(seconds), .monitor_deadline = OSTLER_NEVER};
    atomic_init(&call->references, 2);
    call->replies = replies_ref(replies);
    call->complete = count_end;
    cr_assert_eq(replies_add(replies, &call->call, NULL, NULL), OSTLER_OK);
    return call;
}

static void *async_caller(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct ostler_call *call = start_async(shared, 30);
        answer(call->call.id, OSTLER_REPLY_RESULT, NULL);
        async_call_unref(call);
        if (i % 16 == 0)
            while (replies_waiting(shared) > 64)
                poll(NULL, 0, 1);
    }
    return argument;
}

static void wait_for(atomic_int *value, int wanted)
{
    while (atomic_load(value) < wanted)
        poll(NULL, 0, 1);
}

Test(replies, every_caller_gets_its_own_with_many_at_once, .timeout = 60)
{
    pthread_t threads[THREADS];

    shared = open_replies(false, 1000);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, i % 2 ? caller : async_caller, NULL);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    wait_for(&counted.ends[0], THREADS / 2 * ROUNDS);
    close_all(shared);
    cr_assert_eq(atomic_load(&counted.ends[0]), THREADS / 2 * ROUNDS);
    cr_assert_eq(atomic_load(&counted.ends[1]), 0);
}

Test(replies, asynchronous_calls_expire_in_the_order_of_their_deadlines, .timeout = 20)
{
    struct replies *replies = open_replies(false, 100);
    struct ostler_call *late = start_async(replies, 15);
    struct ostler_call *early = start_async(replies, 0.05);

    wait_for(&counted.ends[1], 1);
    cr_assert_eq(late->call.end.status, OSTLER_OK);
    async_call_unref(early);
    replies_cancel(replies, late);
    cr_assert_eq(atomic_load(&counted.ends[2]), 1);
    async_call_unref(late);
    close_all(replies);
}

Test(replies, closing_cancels_what_waits, .timeout = 20)
{
    struct replies *replies = open_replies(false, 100);

    for (int i = 0; i < 50; i++)
        async_call_unref(start_async(replies, 15));
    close_all(replies);
    cr_assert_eq(atomic_load(&counted.ends[2]), 50);
}

Test(replies, a_handle_outlives_the_transport, .timeout = 20)
{
    struct replies *replies = open_replies(false, 100);
    struct ostler_call *call = start_async(replies, 15);

    close_all(replies);
    cr_assert(atomic_load(&call->done));
    async_call_unref(call);
}

Test(replies, with_an_event_loop_callbacks_run_in_process_only, .timeout = 20)
{
    struct replies *replies = open_replies(true, 100);
    struct ostler_call *answered = start_async(replies, 15);
    struct ostler_call *expiring = start_async(replies, 0.05);
    struct pollfd readable = {.fd = replies_fd(replies), .events = POLLIN};

    cr_assert_eq(poll(&readable, 1, 0), 0);
    answer(answered->call.id, OSTLER_REPLY_RESULT, NULL);
    cr_assert_eq(poll(&readable, 1, 5000), 1);
    cr_assert_eq(atomic_load(&counted.ends[0]), 0);
    cr_assert_eq(replies_process(replies), 1);
    cr_assert_eq(atomic_load(&counted.ends[0]), 1);
    while (!atomic_load(&counted.ends[1])) {
        cr_assert_eq(poll(&readable, 1, 5000), 1);
        replies_process(replies);
    }
    cr_assert_eq(poll(&readable, 1, 0), 0, "quiet when nothing is left");
    async_call_unref(answered);
    async_call_unref(expiring);
    close_all(replies);
}

Test(replies, a_waiting_caller_in_an_event_loop_leaves_callbacks_to_it, .timeout = 20)
{
    struct replies *replies = open_replies(true, 100);
    struct ostler_call *async = start_async(replies, 15);
    struct waited_call waited = waited_for(10, 0);
    struct pollfd readable = {.fd = replies_fd(replies), .events = POLLIN};

    replies_add(replies, &waited.call, NULL, NULL);
    answer(async->call.id, OSTLER_REPLY_RESULT, NULL);
    answer(waited.call.id, OSTLER_REPLY_RESULT, NULL);
    replies_wait(replies, &waited);
    cr_assert_eq(atomic_load(&counted.ends[0]), 0);
    cr_assert_eq(poll(&readable, 1, 5000), 1);
    cr_assert_eq(replies_process(replies), 1);
    waited_call_fini(&waited);
    async_call_unref(async);
    close_all(replies);
}

Test(replies, a_gather_ends_when_all_have_answered, .timeout = 20)
{
    struct replies *replies = open_replies(false, 100);
    struct gather_call gather = {.expected = SIZE_MAX};

    waited_call_init(&gather.waited, CALL_GATHER, ostler_deadline(15), 0);
    replies_add(replies, &gather.waited.call, NULL, NULL);
    uint64_t id = gather.waited.call.id;
    for (int i = 0; i < 20; i++)
        answer(id, i % 2 ? OSTLER_REPLY_RESULT : OSTLER_REPLY_FAILURE, NULL);
    answer(id, OSTLER_REPLY_LOST, NULL);
    replies_expect(replies, &gather, 21);
    replies_wait(replies, &gather.waited);
    cr_assert_eq(gather.waited.call.end.status, OSTLER_OK);
    cr_assert_eq(gather.count, 20);
    cr_assert_eq(gather.lost, 1);
    for (size_t i = 0; i < gather.count; i++)
        call_end_clear(&gather.ends[i]);
    free(gather.ends);
    waited_call_fini(&gather.waited);
    close_all(replies);
}

Test(replies, too_many_calls_are_refused_in_words, .timeout = 20)
{
    struct replies *replies = open_replies(false, 1);
    struct waited_call one = waited_for(10, 0), two = waited_for(10, 0);
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(replies_add(replies, &one.call, NULL, &error), OSTLER_OK);
    cr_assert_eq(replies_add(replies, &two.call, NULL, &error), OSTLER_E_BUSY);
    cr_assert_str_eq(error.message, "1 calls wait for their replies already");
    ostler_error_clear(&error);
    cr_assert(replies_drop(replies, &one.call));
    cr_assert_not(replies_drop(replies, &one.call));
    waited_call_fini(&one);
    waited_call_fini(&two);
    close_all(replies);
}
