/* SPDX-License-Identifier: Apache-2.0 */
#include "replies.h"
#include "thread.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utlist.h>

/* Replies taken from the driver at a time. */
enum { BATCH = 32 };

struct replies {
    atomic_int references;
    const struct ostler_driver_ops *ops;
    ostler_driver_transport *driver;

    pthread_mutex_t lock; /* guards all below */
    struct calls calls;
    bool reading; /* a thread is in replies_poll() */
    bool closing;
    struct waited_call *waiting; /* callers that sit while another thread reads */
    struct ostler_call *ended;   /* asynchronous calls whose callbacks are owed, oldest first */
    struct ostler_call **ended_tail;

    /* Without an event loop. */
    pthread_t completer;
    bool has_completer;
    bool completer_reads;            /* it is the one in replies_poll() */
    pthread_cond_t completer_wanted; /* something ended, the reading is free, or a call is due earlier */

    /* With an event loop. */
    bool event_loop;
    int epoll_fd;
    int timer_fd; /* readable when a call may be due */
    int event_fd; /* readable when a callback is owed */
    ostler_time timer_at;
};

/* --- Making and ending ----------------------------------------------------------------------------------------- */

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static bool watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static enum ostler_status open_event_loop(struct replies *replies, struct ostler_error *error)
{
    int driver_fd = replies->ops->replies_fd(replies->driver);

    if (driver_fd < 0)
        return ostler_error_set(error, OSTLER_E_INVALID, "this transport has no descriptor for an event loop");
    replies->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    replies->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    replies->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (replies->epoll_fd < 0 || replies->timer_fd < 0 || replies->event_fd < 0 ||
        !watch(replies->epoll_fd, driver_fd) || !watch(replies->epoll_fd, replies->timer_fd) ||
        !watch(replies->epoll_fd, replies->event_fd))
        return ostler_error_set_errno(error, errno, "cannot make a descriptor for an event loop");
    return OSTLER_OK;
}

enum ostler_status replies_new(const struct ostler_driver_ops *ops, ostler_driver_transport *driver, bool event_loop,
                               uint32_t limit, struct replies **out, struct ostler_error *error)
{
    struct replies *replies = calloc(1, sizeof *replies);

    if (!replies)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    atomic_init(&replies->references, 1);
    replies->ops = ops;
    replies->driver = driver;
    replies->event_loop = event_loop;
    replies->epoll_fd = replies->timer_fd = replies->event_fd = -1;
    replies->timer_at = OSTLER_NEVER;
    replies->ended_tail = &replies->ended;
    pthread_mutex_init(&replies->lock, NULL);
    cond_init(&replies->completer_wanted);
    calls_init(&replies->calls, limit);

    if (event_loop) {
        enum ostler_status status = open_event_loop(replies, error);
        if (status != OSTLER_OK) {
            replies_unref(replies);
            return status;
        }
    }
    *out = replies;
    return OSTLER_OK;
}

struct replies *replies_ref(struct replies *replies)
{
    atomic_fetch_add_explicit(&replies->references, 1, memory_order_relaxed);
    return replies;
}

void replies_unref(struct replies *replies)
{
    if (atomic_fetch_sub_explicit(&replies->references, 1, memory_order_acq_rel) != 1)
        return;
    calls_fini(&replies->calls);
    pthread_cond_destroy(&replies->completer_wanted);
    pthread_mutex_destroy(&replies->lock);
    close_fd(replies->epoll_fd);
    close_fd(replies->timer_fd);
    close_fd(replies->event_fd);
    free(replies);
}

size_t replies_waiting(struct replies *replies)
{
    pthread_mutex_lock(&replies->lock);
    size_t count = replies->calls.count;
    pthread_mutex_unlock(&replies->lock);
    return count;
}

bool replies_have_event_loop(const struct replies *replies)
{
    return replies->event_loop;
}

int replies_fd(const struct replies *replies)
{
    return replies->epoll_fd;
}

/* --- Ending calls; the lock is held ----------------------------------------------------------------------------- */

static void wake_fd(int fd)
{
    uint64_t one = 1;

    /* A full counter is readable all the same. */
    ssize_t written = write(fd, &one, sizeof one);
    (void)written;
}

static void owe_callback(struct replies *replies, struct ostler_call *call)
{
    bool first = !replies->ended;

    call->next = NULL;
    *replies->ended_tail = call;
    replies->ended_tail = &call->next;
    if (!first)
        return;
    if (replies->event_loop)
        wake_fd(replies->event_fd);
    else
        pthread_cond_signal(&replies->completer_wanted);
}

static struct ostler_call *take_ended(struct replies *replies)
{
    struct ostler_call *ended = replies->ended;

    replies->ended = NULL;
    replies->ended_tail = &replies->ended;
    return ended;
}

/* Takes over `end`. */
static void end_call(struct replies *replies, struct call *call, struct call_end end)
{
    calls_remove(&replies->calls, call);
    call->end = end;
    if (call->style == CALL_ASYNC) {
        owe_callback(replies, (struct ostler_call *)call);
    } else {
        struct waited_call *waited = (struct waited_call *)call;
        waited->ended = true;
        pthread_cond_signal(&waited->changed);
    }
}

static void end_complete_gather(struct replies *replies, struct gather_call *gather)
{
    if (!gather->waited.ended && gather->count + gather->lost >= gather->expected)
        end_call(replies, &gather->waited.call, (struct call_end){.status = OSTLER_OK});
}

static void add_gathered(struct replies *replies, struct gather_call *gather, struct call_end end)
{
    if (gather->count == gather->capacity) {
        size_t capacity = gather->capacity ? gather->capacity * 2 : 8;
        struct call_end *ends = realloc(gather->ends, capacity * sizeof *ends);
        if (!ends) {
            call_end_clear(&end);
            end_call(replies, &gather->waited.call, (struct call_end){.status = OSTLER_E_NOMEM});
            return;
        }
        gather->ends = ends;
        gather->capacity = capacity;
    }
    gather->ends[gather->count++] = end;
    end_complete_gather(replies, gather);
}

static void count_lost(struct replies *replies, struct gather_call *gather, struct call_end end)
{
    call_end_clear(&end);
    gather->lost++;
    end_complete_gather(replies, gather);
}

static void sign_of_life(struct replies *replies, struct call *call)
{
    call->heartbeat_seen = true;
    if (call->monitor_deadline == OSTLER_NEVER)
        return;
    call->monitor_deadline = ostler_now() + call->monitor_span;
    if (call->style == CALL_ASYNC)
        calls_due_changed(&replies->calls, call);
}

static struct call_end end_of(struct ostler_reply *reply)
{
    struct call_end end = {.value = reply->value};

    if (reply->kind == OSTLER_REPLY_FAILURE)
        end.status = OSTLER_E_REMOTE;
    else if (reply->kind == OSTLER_REPLY_LOST)
        end = (struct call_end){.status = reply->status == OSTLER_OK ? OSTLER_E_DELIVERY : reply->status,
                                .reason = reply->reason};
    return end;
}

/* A reply for nobody (late, repeated, made up) is dropped. */
static void deliver(struct replies *replies, struct ostler_reply *reply)
{
    struct call *call = calls_find(&replies->calls, reply->call_id);
    struct call_end end;

    if (reply->kind == OSTLER_REPLY_HEARTBEAT) {
        json_object_put(reply->value);
        if (call)
            sign_of_life(replies, call);
        return;
    }
    end = end_of(reply);
    if (!call)
        call_end_clear(&end);
    else if (call->style == CALL_GATHER && reply->kind == OSTLER_REPLY_LOST)
        count_lost(replies, (struct gather_call *)call, end);
    else if (call->style == CALL_GATHER)
        add_gathered(replies, (struct gather_call *)call, end);
    else
        end_call(replies, call, end);
}

static void expire_due(struct replies *replies, ostler_time now)
{
    struct call *call;

    while ((call = calls_first_due(&replies->calls)) && call_due(call) <= now)
        end_call(replies, call, (struct call_end){.status = OSTLER_E_TIMEOUT});
}

/* The timer fires when the first call may be due. It is not set later when that call ends, only found to be early. */
static void arm_timer(struct replies *replies, bool fired)
{
    struct call *first = calls_first_due(&replies->calls);
    ostler_time due = first ? call_due(first) : OSTLER_NEVER;

    if (due == OSTLER_NEVER || (!fired && replies->timer_at <= due))
        return;
    struct itimerspec when = {.it_value = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000}};
    timerfd_settime(replies->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
    replies->timer_at = due;
}

/* --- Reading; the lock is held, and let go while the driver waits ------------------------------------------------ */

/* Returns how many replies came. Nobody else may be reading. */
static size_t read_replies(struct replies *replies, ostler_time until)
{
    struct ostler_reply batch[BATCH];

    replies->reading = true;
    pthread_mutex_unlock(&replies->lock);
    size_t count = replies->ops->replies_poll(replies->driver, until, batch, BATCH);
    pthread_mutex_lock(&replies->lock);
    replies->reading = false;
    for (size_t i = 0; i < count; i++)
        deliver(replies, &batch[i]);
    return count;
}

/* Somebody else reads from here on, if somebody needs it. */
static void pass_reading_on(struct replies *replies)
{
    if (replies->reading)
        return;
    if (replies->waiting)
        pthread_cond_signal(&replies->waiting->changed);
    else if (replies->has_completer && calls_first_due(&replies->calls))
        pthread_cond_signal(&replies->completer_wanted);
}

/* --- Waited calls ----------------------------------------------------------------------------------------------- */

void waited_call_init(struct waited_call *waited, enum call_style style, ostler_time deadline, double monitor_timeout)
{
    *waited = (struct waited_call){.call = {.style = style, .deadline = deadline, .monitor_deadline = OSTLER_NEVER}};
    if (monitor_timeout > 0.0) {
        waited->call.monitor_deadline = ostler_deadline(monitor_timeout);
        waited->call.monitor_span = (ostler_time)(monitor_timeout * 1e9);
    }
    cond_init(&waited->changed);
}

void waited_call_fini(struct waited_call *waited)
{
    pthread_cond_destroy(&waited->changed);
}

/* An asynchronous call is due before all others: whoever watches the deadlines must look again. Returns whether that is
 * the thread in replies_poll(). */
static bool due_first(struct replies *replies)
{
    if (replies->event_loop)
        arm_timer(replies, false);
    else if (!replies->completer_reads)
        pthread_cond_signal(&replies->completer_wanted);
    return replies->completer_reads;
}

enum ostler_status replies_add(struct replies *replies, struct call *call, uint64_t *id, struct ostler_error *error)
{
    pthread_mutex_lock(&replies->lock);
    enum ostler_status status = calls_add(&replies->calls, call);
    size_t count = replies->calls.count;
    bool wake_reader = status == OSTLER_OK && calls_first_due(&replies->calls) == call && due_first(replies);
    if (status == OSTLER_OK && id)
        *id = call->id;
    pthread_mutex_unlock(&replies->lock);

    if (wake_reader)
        replies->ops->replies_wake(replies->driver);
    if (status == OSTLER_E_BUSY)
        return ostler_error_set(error, status, "%zu calls wait for their replies already", count);
    if (status != OSTLER_OK)
        return ostler_error_set(error, status, "out of memory");
    return status;
}

void replies_await(struct replies *replies, struct call *call, ostler_time deadline, ostler_time monitor_deadline)
{
    bool wake_reader = false;

    pthread_mutex_lock(&replies->lock);
    if (call->id) {
        call->deadline = deadline;
        call->monitor_deadline = monitor_deadline;
        calls_due_changed(&replies->calls, call);
        wake_reader = calls_first_due(&replies->calls) == call && due_first(replies);
    }
    pthread_mutex_unlock(&replies->lock);
    if (wake_reader)
        replies->ops->replies_wake(replies->driver);
}

bool replies_drop(struct replies *replies, struct call *call)
{
    pthread_mutex_lock(&replies->lock);
    bool waiting = call->id != 0;
    if (waiting)
        calls_remove(&replies->calls, call);
    pthread_mutex_unlock(&replies->lock);
    return waiting;
}

void replies_expect(struct replies *replies, struct gather_call *gather, size_t expected)
{
    pthread_mutex_lock(&replies->lock);
    gather->expected = expected;
    end_complete_gather(replies, gather);
    pthread_mutex_unlock(&replies->lock);
}

void replies_wait(struct replies *replies, struct waited_call *waited)
{
    struct call *call = &waited->call;

    pthread_mutex_lock(&replies->lock);
    while (!waited->ended) {
        ostler_time due = call_due(call);
        if (due != OSTLER_NEVER && ostler_now() >= due) {
            end_call(replies, call, (struct call_end){.status = OSTLER_E_TIMEOUT});
        } else if (!replies->reading) {
            read_replies(replies, due);
        } else {
            DL_APPEND(replies->waiting, waited);
            cond_wait_until(&waited->changed, &replies->lock, due);
            DL_DELETE(replies->waiting, waited);
        }
    }
    pass_reading_on(replies);
    pthread_mutex_unlock(&replies->lock);
}

/* --- Asynchronous calls ------------------------------------------------------------------------------------------ */

static void complete(struct ostler_call *call)
{
    struct call_end end = call->call.end;

    call->call.end = (struct call_end){.status = OSTLER_OK};
    call->complete(call, &end);
    atomic_store(&call->done, true);
    async_call_unref(call);
}

/* Runs callbacks; no lock is held. Returns how many. */
static size_t complete_all(struct ostler_call *ended)
{
    size_t count = 0;

    while (ended) {
        struct ostler_call *next = ended->next;
        complete(ended);
        ended = next;
        count++;
    }
    return count;
}

/* One round of the completer, with the lock held. */
static void completer_round(struct replies *replies)
{
    struct call *first = calls_first_due(&replies->calls);

    if (replies->ended) {
        struct ostler_call *ended = take_ended(replies);
        pass_reading_on(replies);
        pthread_mutex_unlock(&replies->lock);
        complete_all(ended);
        pthread_mutex_lock(&replies->lock);
    } else if (!first) {
        pass_reading_on(replies);
        pthread_cond_wait(&replies->completer_wanted, &replies->lock);
    } else if (call_due(first) <= ostler_now()) {
        expire_due(replies, ostler_now());
    } else if (!replies->reading) {
        replies->completer_reads = true;
        read_replies(replies, call_due(first));
        replies->completer_reads = false;
    } else {
        cond_wait_until(&replies->completer_wanted, &replies->lock, call_due(first));
    }
}

static void *completer_main(void *argument)
{
    struct replies *replies = argument;

    pthread_mutex_lock(&replies->lock);
    while (!replies->closing || replies->ended)
        completer_round(replies);
    pthread_mutex_unlock(&replies->lock);
    return NULL;
}

enum ostler_status replies_need_completer(struct replies *replies, struct ostler_error *error)
{
    int failure = 0;

    if (replies->event_loop)
        return OSTLER_OK;
    pthread_mutex_lock(&replies->lock);
    if (!replies->has_completer) {
        failure = thread_create(&replies->completer, "ostler-replies", completer_main, replies);
        replies->has_completer = failure == 0;
    }
    pthread_mutex_unlock(&replies->lock);
    if (failure)
        return ostler_error_set_errno(error, failure, "cannot make a thread for asynchronous calls");
    return OSTLER_OK;
}

void replies_cancel(struct replies *replies, struct ostler_call *call)
{
    pthread_mutex_lock(&replies->lock);
    bool waiting = call->call.id != 0;
    if (waiting) {
        calls_remove(&replies->calls, &call->call);
        call->call.end = (struct call_end){.status = OSTLER_E_CANCELLED};
    }
    pthread_mutex_unlock(&replies->lock);
    if (waiting)
        complete(call);
}

void async_call_unref(struct ostler_call *call)
{
    if (!call || atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) != 1)
        return;
    replies_unref(call->replies);
    free(call);
}

/* --- The program's event loop -------------------------------------------------------------------------------------- */

static void drain_fd(int fd)
{
    uint64_t ignored;
    ssize_t got = read(fd, &ignored, sizeof ignored);
    (void)got;
}

size_t replies_process(struct replies *replies)
{
    if (!replies->event_loop)
        return 0;

    ostler_time now = ostler_now();
    pthread_mutex_lock(&replies->lock);
    while (!replies->reading && read_replies(replies, OSTLER_AT_ONCE) == BATCH)
        ;
    expire_due(replies, now);
    bool fired = replies->timer_at <= now;
    if (fired) {
        drain_fd(replies->timer_fd);
        replies->timer_at = OSTLER_NEVER;
    }
    arm_timer(replies, fired);
    struct ostler_call *ended = take_ended(replies);
    if (ended)
        drain_fd(replies->event_fd);
    pass_reading_on(replies);
    pthread_mutex_unlock(&replies->lock);
    return complete_all(ended);
}

/* --- Closing -------------------------------------------------------------------------------------------------------- */

void replies_close(struct replies *replies)
{
    struct call *call;
    uint32_t cursor = 0;

    pthread_mutex_lock(&replies->lock);
    replies->closing = true;
    while ((call = calls_next(&replies->calls, &cursor)))
        end_call(replies, call, (struct call_end){.status = OSTLER_E_CANCELLED});
    pthread_cond_signal(&replies->completer_wanted);
    bool join = replies->has_completer;
    struct ostler_call *ended = join ? NULL : take_ended(replies);
    pthread_mutex_unlock(&replies->lock);

    complete_all(ended);
    if (join) {
        replies->ops->replies_wake(replies->driver);
        pthread_join(replies->completer, NULL);
    }
    replies_unref(replies);
}
