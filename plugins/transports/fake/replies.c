/* SPDX-License-Identifier: Apache-2.0 */
#include "replies.h"
#include "lock.h"
#include "message.h"
#include "ring.h"

#include <ostler/thread.h>

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A batch whose memory fits into what malloc() keeps ready for a thread: it is taken here, and given back as the calls are
 * completed. */
enum { BATCH = 8, CACHE_LINE = 64 };

/* Freed with the end of the last call. Counted so that sending touches no memory that answering writes. */
struct fake_replies {
    atomic_size_t begun;
    char apart[CACHE_LINE];
    size_t limit;

    pthread_mutex_t lock; /* guards all below */
    size_t ended;         /* of the calls that were begun, the transport counting as one more */
    pthread_cond_t arrived;
    struct fake_ring ring; /* of struct fake_reply */
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
    atomic_init(&replies->begun, 1);
    replies->limit = limit;
    replies->fd = -1;
    fake_lock_init(&replies->lock);
    ostler_cond_init(&replies->arrived);
    fake_ring_init(&replies->ring, sizeof(struct fake_reply));
    return replies;
}

void fake_replies_expect(struct fake_replies *replies)
{
    atomic_fetch_add_explicit(&replies->begun, 1, memory_order_relaxed);
}

static void reply_clear(struct fake_reply *reply)
{
    if (reply->answer)
        fake_message_release(reply->answer);
    free(reply->reason);
}

static void drop_all(struct fake_replies *replies)
{
    struct fake_reply reply;

    while (fake_ring_take(&replies->ring, &reply, 1))
        reply_clear(&reply);
    fake_ring_fini(&replies->ring);
}

/* With the lock held: one call less. Whether it was the last, after which nobody has it. */
static bool end_one(struct fake_replies *replies)
{
    replies->ended++;
    return replies->closed && replies->ended == atomic_load_explicit(&replies->begun, memory_order_relaxed);
}

static void dispose(struct fake_replies *replies)
{
    drop_all(replies);
    if (replies->fd >= 0)
        close(replies->fd);
    pthread_cond_destroy(&replies->arrived);
    pthread_mutex_destroy(&replies->lock);
    free(replies);
}

void fake_replies_forget(struct fake_replies *replies)
{
    pthread_mutex_lock(&replies->lock);
    bool last = end_one(replies);
    pthread_mutex_unlock(&replies->lock);
    if (last)
        dispose(replies);
}

void fake_replies_close(struct fake_replies *replies)
{
    pthread_mutex_lock(&replies->lock);
    replies->closed = true;
    drop_all(replies);
    pthread_mutex_unlock(&replies->lock);
}

void fake_replies_free(struct fake_replies *replies)
{
    if (!replies)
        return;
    fake_replies_close(replies);
    fake_replies_forget(replies);
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
static enum ostler_status append(struct fake_replies *replies, const struct fake_reply *reply,
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

enum ostler_status fake_replies_push(struct fake_replies *replies, struct fake_reply *reply, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    bool ends = reply->kind != OSTLER_REPLY_HEARTBEAT, kept = false, last = false;

    pthread_mutex_lock(&replies->lock);
    if (!replies->closed) {
        status = append(replies, reply, error);
        kept = status == OSTLER_OK;
    }
    bool wake = kept && replies->sleeping;
    if (wake)
        replies->sleeping = false;
    /* Who signals must not be forgotten yet. */
    if (ends && !wake)
        last = end_one(replies);
    pthread_mutex_unlock(&replies->lock);

    if (!kept)
        reply_clear(reply);
    if (wake)
        pthread_cond_signal(&replies->arrived);
    if (wake && ends)
        fake_replies_forget(replies);
    if (last)
        dispose(replies);
    return status;
}

/* In the caller's thread: what that frees, it has allocated. */
static struct ostler_reply open_reply(const struct fake_reply *reply)
{
    struct ostler_reply opened = {
        .call_id = reply->call_id, .kind = reply->kind, .status = reply->status, .reason = reply->reason};

    if (!reply->answer)
        return opened;
    const char *at = reply->answer->packed.bytes;
    if (!fake_unpack(&at, &opened.value)) {
        opened.kind = OSTLER_REPLY_LOST;
        opened.status = OSTLER_E_NOMEM;
    }
    fake_message_release(reply->answer);
    return opened;
}

size_t fake_replies_poll(struct fake_replies *replies, ostler_time deadline, struct ostler_reply *out, size_t max)
{
    struct fake_reply batch[BATCH];

    pthread_mutex_lock(&replies->lock);
    while (replies->ring.count == 0 && !replies->woken && deadline != OSTLER_AT_ONCE) {
        replies->sleeping = true;
        ostler_cond_wait(&replies->arrived, &replies->lock, deadline);
        replies->sleeping = false;
        if (replies->ring.count == 0 && deadline != OSTLER_NEVER && ostler_now() >= deadline)
            break;
    }
    replies->woken = false;
    size_t taken = fake_ring_take(&replies->ring, batch, max < BATCH ? max : BATCH);
    if (taken && replies->ring.count == 0)
        fd_set_readable(replies, false);
    pthread_mutex_unlock(&replies->lock);
    for (size_t i = 0; i < taken; i++)
        out[i] = open_reply(&batch[i]);
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
