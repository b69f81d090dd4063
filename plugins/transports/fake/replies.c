/* SPDX-License-Identifier: Apache-2.0 */
#include "replies.h"
#include "ring.h"
#include "wait.h"

#include <json-c/json.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fake_replies {
    atomic_uint references;
    size_t limit;

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t arrived;
    struct fake_ring ring; /* of struct ostler_reply */
    bool sleeping;         /* a poll waits for `arrived` and has not been signalled yet */
    bool woken;
    bool closed;
    int fd; /* -1 until somebody asks; from then on readable exactly while the ring holds something */
};

struct fake_replies *fake_replies_new(size_t limit)
{
    struct fake_replies *replies = calloc(1, sizeof *replies);

    if (!replies)
        return NULL;
    atomic_init(&replies->references, 1);
    replies->limit = limit;
    replies->fd = -1;
    fake_lock_init(&replies->lock);
    fake_cond_init(&replies->arrived);
    fake_ring_init(&replies->ring, sizeof(struct ostler_reply));
    return replies;
}

struct fake_replies *fake_replies_ref(struct fake_replies *replies)
{
    atomic_fetch_add_explicit(&replies->references, 1, memory_order_relaxed);
    return replies;
}

static void reply_clear(struct ostler_reply *reply)
{
    json_object_put(reply->value);
    free(reply->reason);
}

static void drop_all(struct fake_replies *replies)
{
    struct ostler_reply reply;

    while (fake_ring_take(&replies->ring, &reply, 1))
        reply_clear(&reply);
    fake_ring_fini(&replies->ring);
}

void fake_replies_unref(struct fake_replies *replies)
{
    if (!replies || atomic_fetch_sub_explicit(&replies->references, 1, memory_order_acq_rel) != 1)
        return;
    drop_all(replies);
    if (replies->fd >= 0)
        close(replies->fd);
    pthread_cond_destroy(&replies->arrived);
    pthread_mutex_destroy(&replies->lock);
    free(replies);
}

void fake_replies_close(struct fake_replies *replies)
{
    pthread_mutex_lock(&replies->lock);
    replies->closed = true;
    drop_all(replies);
    pthread_mutex_unlock(&replies->lock);
}

/* Under the lock, so that the descriptor never says other than the ring. */
static void fd_set_readable(struct fake_replies *replies, bool readable)
{
    eventfd_t ignored;

    if (replies->fd < 0)
        return;
    if (readable)
        eventfd_write(replies->fd, 1);
    else
        eventfd_read(replies->fd, &ignored);
}

/* With the lock held. */
static enum ostler_status append(struct fake_replies *replies, const struct ostler_reply *reply,
                                 struct ostler_error *error)
{
    /* The last half is kept for what ends a call. */
    size_t limit = reply->kind == OSTLER_REPLY_HEARTBEAT ? replies->limit / 2 : replies->limit;

    if (replies->ring.count >= limit)
        return ostler_error_set(error, OSTLER_E_DELIVERY, "the caller does not collect its replies: %zu wait already",
                                replies->ring.count);
    if (!fake_ring_push(&replies->ring, reply))
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a reply");
    if (replies->ring.count == 1)
        fd_set_readable(replies, true);
    return OSTLER_OK;
}

enum ostler_status fake_replies_push(struct fake_replies *replies, struct ostler_reply *reply,
                                     struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    bool kept = false;

    pthread_mutex_lock(&replies->lock);
    if (!replies->closed) {
        status = append(replies, reply, error);
        kept = status == OSTLER_OK;
    }
    bool wake = kept && replies->sleeping;
    if (wake)
        replies->sleeping = false;
    pthread_mutex_unlock(&replies->lock);

    if (wake)
        pthread_cond_signal(&replies->arrived);
    if (!kept)
        reply_clear(reply);
    return status;
}

size_t fake_replies_poll(struct fake_replies *replies, ostler_time deadline, struct ostler_reply *out, size_t max)
{
    pthread_mutex_lock(&replies->lock);
    while (replies->ring.count == 0 && !replies->woken && deadline != OSTLER_AT_ONCE) {
        replies->sleeping = true;
        fake_cond_wait(&replies->arrived, &replies->lock, deadline);
        replies->sleeping = false;
        if (replies->ring.count == 0 && deadline != OSTLER_NEVER && ostler_now() >= deadline)
            break;
    }
    replies->woken = false;
    size_t taken = fake_ring_take(&replies->ring, out, max);
    if (taken && replies->ring.count == 0)
        fd_set_readable(replies, false);
    pthread_mutex_unlock(&replies->lock);
    return taken;
}

void fake_replies_wake(struct fake_replies *replies)
{
    pthread_mutex_lock(&replies->lock);
    replies->woken = true;
    pthread_mutex_unlock(&replies->lock);
    pthread_cond_signal(&replies->arrived);
}

int fake_replies_fd(struct fake_replies *replies)
{
    pthread_mutex_lock(&replies->lock);
    if (replies->fd < 0)
        replies->fd = eventfd(replies->ring.count ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK);
    int fd = replies->fd;
    pthread_mutex_unlock(&replies->lock);
    return fd;
}

size_t fake_replies_count(struct fake_replies *replies)
{
    pthread_mutex_lock(&replies->lock);
    size_t count = replies->ring.count;
    pthread_mutex_unlock(&replies->lock);
    return count;
}
