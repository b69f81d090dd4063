/* SPDX-License-Identifier: Apache-2.0 */
/* Asynchronous calls: their deadlines and their callbacks, on the completer or in the program's event loop. */
#include "replies_parts.h"

#include <ostler/thread.h>

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void wake_fd(int fd)
{
    uint64_t one = 1;

    /* A full counter is readable all the same. */
    ssize_t written = write(fd, &one, sizeof one);
    (void)written;
}

void replies_owe(struct replies *replies, struct ostler_call *call)
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

struct ostler_call *replies_take_ended(struct replies *replies)
{
    struct ostler_call *ended = replies->ended;

    replies->ended = NULL;
    replies->ended_tail = &replies->ended;
    return ended;
}

static void expire_due(struct replies *replies, ostler_time now)
{
    struct call *call;

    while ((call = calls_first_due(&replies->calls)) && call_due(call) <= now)
        replies_end(replies, call, (struct call_end){.status = OSTLER_E_TIMEOUT});
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

bool replies_due_first(struct replies *replies)
{
    if (replies->event_loop)
        arm_timer(replies, false);
    else if (!replies->completer_reads)
        pthread_cond_signal(&replies->completer_wanted);
    return replies->completer_reads;
}

/* --- The completer ------------------------------------------------------------------------------------------ */

static void complete(struct ostler_call *call)
{
    struct call_end end = call->call.end;

    call->call.end = (struct call_end){.status = OSTLER_OK};
    call->complete(call, &end);
    atomic_store(&call->done, true);
    async_call_unref(call);
}

/* Of the callbacks that this thread runs in a row. */
static _Thread_local const struct replies *completing;

bool replies_will_flush(const struct replies *replies)
{
    return completing == replies;
}

size_t replies_complete(struct replies *replies, struct ostler_call *ended)
{
    bool several = ended && ended->next && replies->ops->flush;
    const struct replies *before = completing;
    size_t count = 0;

    completing = several ? replies : NULL;
    while (ended) {
        struct ostler_call *next = ended->next;
        complete(ended);
        ended = next;
        count++;
    }
    completing = before;
    if (several)
        replies->ops->flush(replies->driver);
    return count;
}

/* One round of the completer, with the lock held. */
static void completer_round(struct replies *replies)
{
    struct call *first = calls_first_due(&replies->calls);

    if (replies->ended) {
        struct ostler_call *ended = replies_take_ended(replies);
        replies_pass_reading_on(replies);
        pthread_mutex_unlock(&replies->lock);
        replies_complete(replies, ended);
        pthread_mutex_lock(&replies->lock);
    } else if (!first) {
        replies_pass_reading_on(replies);
        pthread_cond_wait(&replies->completer_wanted, &replies->lock);
    } else if (call_due(first) <= ostler_now()) {
        expire_due(replies, ostler_now());
    } else if (!replies->reading) {
        replies->completer_reads = true;
        replies_read(replies, call_due(first));
        replies->completer_reads = false;
    } else {
        ostler_cond_wait(&replies->completer_wanted, &replies->lock, call_due(first));
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
    enum ostler_status status = OSTLER_OK;

    if (replies->event_loop || atomic_load_explicit(&replies->has_completer, memory_order_acquire))
        return OSTLER_OK;
    pthread_mutex_lock(&replies->lock);
    if (!replies->has_completer) {
        status = ostler_thread_start(&replies->completer, "ostler-replies", completer_main, replies, error);
        replies->has_completer = status == OSTLER_OK;
    }
    pthread_mutex_unlock(&replies->lock);
    return status;
}

void replies_succeed(struct replies *replies, struct call *call)
{
    pthread_mutex_lock(&replies->lock);
    /* The completer may sit in the driver. */
    bool wake_reader = replies->completer_reads && !replies->ended;
    if (call->id)
        replies_end(replies, call, (struct call_end){.status = OSTLER_OK});
    pthread_mutex_unlock(&replies->lock);
    if (wake_reader)
        replies->ops->replies_wake(replies->driver);
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

void async_call_init(struct ostler_call *call, struct replies *replies, call_complete_fn run)
{
    call->call.style = CALL_ASYNC;
    call->call.deadline = call->call.monitor_deadline = OSTLER_NEVER;
    atomic_init(&call->references, 2);
    call->replies = replies_ref(replies);
    call->complete = run;
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
    while (!replies->reading && replies_read(replies, OSTLER_AT_ONCE) == REPLIES_BATCH)
        ;
    expire_due(replies, now);
    bool fired = replies->timer_at <= now;
    if (fired) {
        drain_fd(replies->timer_fd);
        replies->timer_at = OSTLER_NEVER;
    }
    arm_timer(replies, fired);
    struct ostler_call *ended = replies_take_ended(replies);
    if (ended)
        drain_fd(replies->event_fd);
    replies_pass_reading_on(replies);
    pthread_mutex_unlock(&replies->lock);
    return replies_complete(replies, ended);
}
