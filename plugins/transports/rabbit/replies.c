/* SPDX-License-Identifier: Apache-2.0 */
#include "replies.h"
#include "inbox.h"
#include "unpack.h"

#include <ostler/log.h>

#include <amqp_framing.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utlist.h>

enum {
    MOST_TAKEN = 32,
    BRIEF_MS = 5,  /* how long a reply is waited for before the publisher is looked at */
    ACK_PARTS = 4, /* so many acknowledgements for as many replies as the broker sends ahead */
    MOST_UNACKNOWLEDGED = 64
};
#define MOST_UNACKNOWLEDGED_BYTES ((size_t)256 << 10)
/* How long closing waits for the socket to take the last acknowledgement. */
#define CLOSE_SECONDS 1.0

/* A call that ended without an answer, or a cast that was accepted or not. */
struct lost {
    struct lost *prev, *next;
    struct ostler_reply reply;
};

struct replies {
    uint64_t transport_id;
    const struct rabbit_options *options;
    const ostler_url *url;
    int epoll_fd;     /* the socket of `link`, and wake_fd */
    int publisher_fd; /* that of the publisher */
    int both_fd;      /* the two, or -1 */
    int wake_fd;
    bool busy; /* the last poll found several: the next one looks before it sleeps. Of the thread that polls */

    pthread_mutex_t lock; /* guards `lost`, and starting */
    struct lost *lost;
    atomic_bool any_lost;
    atomic_uint accepting; /* messages of which the publisher will learn whether they are accepted */
    atomic_bool started;

    struct link link; /* its lock guards all below */
    char queue[REPLY_QUEUE_SIZE];
    struct consumed consumed; /* that */
    struct consumers consumers;
    struct inbox inbox;
    /* Taken and not acknowledged. There is no hurry with replies: one that comes again is for nobody. */
    uint64_t last_tag;
    unsigned unacknowledged;
    size_t unacknowledged_bytes;
};

static void name_queue(char name[REPLY_QUEUE_SIZE])
{
    char digits[ID_DIGITS + 1];

    id_make_random(digits);
    snprintf(name, REPLY_QUEUE_SIZE, "reply_%s", digits);
}

static void name_queue_again(struct replies *replies)
{
    link_lock(&replies->link);
    name_queue(replies->queue);
    replies->consumers.vanished = false;
    link_unlock(&replies->link);
}

/* --- The link's events -------------------------------------------------------------------------------------------------- */

static enum ostler_status on_up(void *self, struct conn *conn, struct ostler_error *error)
{
    struct replies *replies = self;

    if (replies->consumers.vanished)
        name_queue_again(replies);
    return consumers_begin(&replies->consumers, conn, error);
}

/* Replies that were read but not acknowledged come again. */
static void on_down(void *self, struct link *link, const char *reason)
{
    struct replies *replies = self;

    (void)link;
    (void)reason;
    inbox_clear(&replies->inbox);
    replies->unacknowledged = 0;
}

static void acknowledge(struct replies *replies)
{
    if (replies->unacknowledged)
        inbox_acknowledge_soon(&replies->link, replies->last_tag);
    replies->unacknowledged = 0;
    replies->unacknowledged_bytes = 0;
}

static ostler_time due(void *self)
{
    struct replies *replies = self;

    return consumers_due(&replies->consumers, &replies->link);
}

static void chores(void *self, struct link *link)
{
    struct replies *replies = self;

    acknowledge(replies);
    consumers_renew_due(&replies->consumers, link, replies->inbox.count > 0);
}

static bool on_message(void *self, struct link *link, struct received *message, struct ostler_error *error)
{
    struct replies *replies = self;

    (void)link;
    if (message->returned) {
        received_free(message);
        return true;
    }
    if (inbox_put(&replies->inbox, message))
        return true;
    ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a reply");
    return false;
}

static bool on_method(void *self, struct link *link, const amqp_method_t *method, struct ostler_error *error)
{
    struct replies *replies = self;

    (void)link;
    if (method->id == AMQP_BASIC_CANCEL_METHOD) {
        ostler_error_set(error, OSTLER_E_DELIVERY, "the reply queue was deleted");
        return false;
    }
    if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
        consumers_note_closed(&replies->consumers, method, error);
        return false;
    }
    return true;
}

static void wake(void *self)
{
    replies_wake(self);
}

static const struct link_handlers handlers = {.up = on_up,
                                              .down = on_down,
                                              .message = on_message,
                                              .method = on_method,
                                              .due = due,
                                              .chores = chores,
                                              .wake = wake};

/* --- Life -------------------------------------------------------------------------------------------------------------------- */

/* The descriptor is told apart by its number. */
static bool watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

enum ostler_status replies_open(const struct rabbit_options *options, const ostler_url *url, struct topology *topology,
                                uint64_t transport_id, struct replies **out, struct ostler_error *error)
{
    struct replies *replies = calloc(1, sizeof *replies);

    if (!replies)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    *replies = (struct replies){.transport_id = transport_id, .options = options, .url = url};
    name_queue(replies->queue);
    replies->consumed.queue = replies->queue;
    replies->consumers = (struct consumers){
        .topology = topology, .prefetch = options->prefetch, .queues = &replies->consumed, .count = 1};
    pthread_mutex_init(&replies->lock, NULL);
    replies->both_fd = -1;
    replies->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    replies->publisher_fd = epoll_create1(EPOLL_CLOEXEC);
    replies->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (replies->epoll_fd >= 0 && replies->publisher_fd >= 0 && replies->wake_fd >= 0 &&
        watch(replies->epoll_fd, replies->wake_fd)) {
        *out = replies;
        return OSTLER_OK;
    }
    enum ostler_status status = ostler_error_set_errno(error, errno, "cannot make a descriptor for replies");
    replies_free(replies);
    return status;
}

void replies_free(struct replies *replies)
{
    struct lost *lost, *next;

    if (!replies)
        return;
    if (atomic_load(&replies->started)) {
        link_lock(&replies->link);
        acknowledge(replies);
        link_flush_wait(&replies->link, ostler_deadline(CLOSE_SECONDS));
        link_unlock(&replies->link);
        link_stop(&replies->link);
    }
    inbox_fini(&replies->inbox);
    DL_FOREACH_SAFE (replies->lost, lost, next) {
        free(lost->reply.reason);
        free(lost);
    }
    close_fd(replies->both_fd);
    close_fd(replies->epoll_fd);
    close_fd(replies->publisher_fd);
    close_fd(replies->wake_fd);
    pthread_mutex_destroy(&replies->lock);
    free(replies);
}

int replies_publisher_fd(const struct replies *replies)
{
    return replies->publisher_fd;
}

/* Asked for once, before the first call, by a transport with an event loop. */
int replies_epoll_fd(struct replies *replies)
{
    if (replies->both_fd >= 0)
        return replies->both_fd;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0 || !watch(fd, replies->epoll_fd) || !watch(fd, replies->publisher_fd))
        close_fd(fd);
    else
        replies->both_fd = fd;
    return replies->both_fd;
}

static enum ostler_status start_once(struct replies *replies, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    if (atomic_load_explicit(&replies->started, memory_order_acquire))
        return status;
    pthread_mutex_lock(&replies->lock);
    if (!atomic_load(&replies->started)) {
        status = link_start(&replies->link, replies->options, replies->url, &handlers, replies, "replies",
                            replies->epoll_fd, error);
        atomic_store(&replies->started, status == OSTLER_OK);
    }
    pthread_mutex_unlock(&replies->lock);
    return status;
}

enum ostler_status replies_address(struct replies *replies, ostler_time deadline, struct reply_address *address,
                                   struct ostler_error *error)
{
    enum ostler_status status = start_once(replies, error);

    if (status != OSTLER_OK)
        return status;
    link_lock(&replies->link);
    /* Once it has been there it is there: the broker keeps it while the connection is made again. */
    bool is_kept = replies->link.epoch > 1 && !replies->consumers.vanished;
    if (is_kept || link_wait_up(&replies->link, deadline)) {
        memcpy(address->queue, replies->queue, sizeof address->queue);
        address->connection = replies->link.epoch;
    } else {
        status = ostler_error_set(error, deadline == OSTLER_AT_ONCE ? OSTLER_E_BUSY : OSTLER_E_DELIVERY,
                                  "not sent, there is no connection to the broker for replies: %s",
                                  replies->link.why_down[0] ? replies->link.why_down : "still connecting");
    }
    link_unlock(&replies->link);
    return status;
}

unsigned replies_doubt(struct replies *replies)
{
    if (!atomic_load(&replies->started))
        return 0;
    link_lock(&replies->link);
    consumers_doubt(&replies->consumers, &replies->link);
    unsigned connection = replies->link.is_up ? replies->link.epoch : 0;
    link_unlock(&replies->link);
    return connection;
}

/* --- Handing out -------------------------------------------------------------------------------------------------------------- */

void replies_wake(struct replies *replies)
{
    uint64_t one = 1;
    ssize_t written = write(replies->wake_fd, &one, sizeof one);
    (void)written;
}

static void add_ended(struct replies *replies, const struct ostler_reply *reply, const char *reason)
{
    struct lost *lost = calloc(1, sizeof *lost);

    if (!lost)
        return;
    lost->reply = *reply;
    lost->reply.reason = reason ? strdup(reason) : NULL;
    pthread_mutex_lock(&replies->lock);
    bool first = !replies->lost;
    DL_APPEND(replies->lost, lost);
    atomic_store(&replies->any_lost, true);
    pthread_mutex_unlock(&replies->lock);
    if (first)
        replies_wake(replies);
}

void replies_lost(struct replies *replies, uint64_t call_id, enum ostler_status status, const char *reason)
{
    struct ostler_reply reply = {.call_id = call_id, .kind = OSTLER_REPLY_LOST, .status = status};

    add_ended(replies, &reply, reason);
}

void replies_accepting(struct replies *replies)
{
    atomic_fetch_add(&replies->accepting, 1);
}

void replies_not_accepting(struct replies *replies)
{
    atomic_fetch_sub(&replies->accepting, 1);
}

void replies_accepted(struct replies *replies, uint64_t call_id, enum ostler_status status, const char *reason)
{
    struct ostler_reply reply = {
        .call_id = call_id, .kind = status == OSTLER_OK ? OSTLER_REPLY_RESULT : OSTLER_REPLY_LOST, .status = status};

    add_ended(replies, &reply, reason);
    replies_not_accepting(replies);
}

static size_t take_lost(struct replies *replies, struct ostler_reply *out, size_t max)
{
    size_t count = 0;

    if (!atomic_load(&replies->any_lost))
        return 0;
    pthread_mutex_lock(&replies->lock);
    while (replies->lost && count < max) {
        struct lost *lost = replies->lost;
        DL_DELETE(replies->lost, lost);
        out[count++] = lost->reply;
        free(lost);
    }
    atomic_store(&replies->any_lost, replies->lost != NULL);
    pthread_mutex_unlock(&replies->lock);
    return count;
}

static bool decode(struct replies *replies, struct received *received, struct ostler_reply *reply)
{
    struct wire_reply read = {.msg_id = NULL};
    struct plain_body body = {.own = NULL};
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = unpack_body(received, replies->options->max_message_size, &body, &error);

    if (status == OSTLER_OK)
        status = wire_open_reply(body.bytes, body.length, &read, &error);
    if (status != OSTLER_OK)
        ostler_log(OSTLER_LOG_WARNING, "rabbit", "dropped a reply on %s: %s", received->routing_key, error.message);
    bool mine = read.msg_id && id_to_call(read.msg_id, replies->transport_id, &reply->call_id);
    if (mine) {
        reply->kind = read.kind;
        reply->value = read.value;
        read.value = NULL;
    }
    wire_reply_clear(&read);
    free(body.own);
    ostler_error_clear(&error);
    return mine;
}

static void note_taken(struct replies *replies, const struct received *received)
{
    unsigned prefetch = replies->options->prefetch;
    unsigned most = prefetch ? (prefetch + ACK_PARTS - 1) / ACK_PARTS : MOST_UNACKNOWLEDGED;

    replies->last_tag = received->delivery_tag;
    replies->unacknowledged_bytes += received->length;
    if (++replies->unacknowledged >= most || replies->unacknowledged_bytes >= MOST_UNACKNOWLEDGED_BYTES)
        acknowledge(replies);
}

static size_t take_replies(struct replies *replies, bool read, struct ostler_reply *out, size_t max)
{
    struct received *taken[MOST_TAKEN];
    size_t count = 0, good = 0;

    if (!atomic_load_explicit(&replies->started, memory_order_acquire))
        return 0;
    if (max > MOST_TAKEN)
        max = MOST_TAKEN;
    link_lock(&replies->link);
    if (!replies->inbox.count && read)
        link_read(&replies->link);
    while (count < max && (taken[count] = inbox_take(&replies->inbox)))
        note_taken(replies, taken[count++]);
    link_unlock(&replies->link);
    replies->busy = count > 1;

    for (size_t i = 0; i < count; i++) {
        struct ostler_reply reply = {.call_id = 0};
        if (decode(replies, taken[i], &reply))
            out[good++] = reply;
        received_free(taken[i]);
    }
    return good;
}

static size_t take(struct replies *replies, bool read, struct ostler_reply *out, size_t max)
{
    size_t count = take_lost(replies, out, max);

    return count < max ? count + take_replies(replies, read, out + count, max - count) : count;
}

/* For the replies alone. False if nothing came within this short time. */
static bool wait_briefly(struct replies *replies, ostler_time deadline)
{
    struct epoll_event events[2];
    uint64_t ignored;
    int left = ostler_time_left_ms(deadline);
    int count = epoll_wait(replies->epoll_fd, events, 2, left < 0 || left > BRIEF_MS ? BRIEF_MS : left);

    for (int i = 0; i < count; i++) {
        if (events[i].data.fd != replies->wake_fd)
            continue;
        ssize_t got = read(replies->wake_fd, &ignored, sizeof ignored);
        (void)got;
    }
    return count > 0;
}

/* For the publisher, too. */
static void wait_for_any(struct replies *replies, ostler_time deadline)
{
    struct pollfd wanted[] = {{.fd = replies->epoll_fd, .events = POLLIN},
                              {.fd = replies->publisher_fd, .events = POLLIN}};

    poll(wanted, 2, ostler_time_left_ms(deadline));
    wait_briefly(replies, OSTLER_AT_ONCE);
}

size_t replies_poll(struct replies *replies, ostler_time deadline, struct ostler_reply *out, size_t max,
                    void (*idle)(void *user), void *user)
{
    size_t count = take(replies, replies->busy, out, max);

    if (count)
        return count;
    if (atomic_load(&replies->accepting) == 0 && wait_briefly(replies, deadline))
        return take(replies, true, out, max);
    /* What is learned from the publisher comes as a call that ended. */
    idle(user);
    count = take(replies, false, out, max);
    if (count || deadline == OSTLER_AT_ONCE)
        return count;
    wait_for_any(replies, deadline);
    idle(user);
    return take(replies, true, out, max);
}
