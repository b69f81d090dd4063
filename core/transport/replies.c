/* SPDX-License-Identifier: Apache-2.0 */
/* One reader at a time: calls that wait, and who reads for them. */
#include "replies_parts.h"

#include <ostler/thread.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utlist.h>

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
    ostler_cond_init(&replies->completer_wanted);
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

/* --- Reading; the lock is held, and let go while the driver waits ------------------------------------------------ */

/* Returns how many replies came. Nobody else may be reading. */
size_t replies_read(struct replies *replies, ostler_time until)
{
    struct ostler_reply batch[REPLIES_BATCH];

    replies->reading = true;
    pthread_mutex_unlock(&replies->lock);
    size_t count = replies->ops->replies_poll(replies->driver, until, batch, REPLIES_BATCH);
    pthread_mutex_lock(&replies->lock);
    replies->reading = false;
    for (size_t i = 0; i < count; i++)
        replies_deliver(replies, &batch[i]);
    return count;
}

/* Somebody else reads from here on, if somebody needs it. */
void replies_pass_reading_on(struct replies *replies)
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
    ostler_cond_init(&waited->changed);
}

void waited_call_fini(struct waited_call *waited)
{
    pthread_cond_destroy(&waited->changed);
}

enum ostler_status replies_add(struct replies *replies, struct call *call, uint64_t *id, struct ostler_error *error)
{
    pthread_mutex_lock(&replies->lock);
    enum ostler_status status = calls_add(&replies->calls, call);
    size_t count = replies->calls.count;
    bool wake_reader = status == OSTLER_OK && calls_first_due(&replies->calls) == call && replies_due_first(replies);
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
        wake_reader = calls_first_due(&replies->calls) == call && replies_due_first(replies);
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
    replies_end_gather(replies, gather);
    pthread_mutex_unlock(&replies->lock);
}

void replies_wait(struct replies *replies, struct waited_call *waited)
{
    struct call *call = &waited->call;

    pthread_mutex_lock(&replies->lock);
    while (!waited->ended) {
        ostler_time due = call_due(call);
        if (due != OSTLER_NEVER && ostler_now() >= due) {
            replies_end(replies, call, (struct call_end){.status = OSTLER_E_TIMEOUT});
        } else if (!replies->reading) {
            replies_read(replies, due);
        } else {
            DL_APPEND(replies->waiting, waited);
            ostler_cond_wait(&waited->changed, &replies->lock, due);
            DL_DELETE(replies->waiting, waited);
        }
    }
    replies_pass_reading_on(replies);
    pthread_mutex_unlock(&replies->lock);
}

/* --- Closing -------------------------------------------------------------------------------------------------------- */

void replies_close(struct replies *replies)
{
    struct call *call;
    uint32_t cursor = 0;

    pthread_mutex_lock(&replies->lock);
    replies->closing = true;
    while ((call = calls_next(&replies->calls, &cursor)))
        replies_end(replies, call, (struct call_end){.status = OSTLER_E_CANCELLED});
    pthread_cond_signal(&replies->completer_wanted);
    bool join = replies->has_completer;
    struct ostler_call *ended = join ? NULL : replies_take_ended(replies);
    pthread_mutex_unlock(&replies->lock);

    replies_complete(replies, ended);
    if (join) {
        replies->ops->replies_wake(replies->driver);
        pthread_join(replies->completer, NULL);
    }
    replies_unref(replies);
}
