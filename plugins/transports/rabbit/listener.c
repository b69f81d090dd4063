/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for one server: its three queues, consumed over a connection of their own. The thread that polls is the one
 * that reads; while all are at work, messages wait in the broker beyond the prefetch. */
#include "dedup.h"
#include "inbox.h"
#include "rabbit.h"

#include <ostler/log.h>

#include <amqp_framing.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { NAME_SIZE = 256, MOST_TAKEN = 32 };
/* How long a server that starts waits for its queues before it goes on without. */
#define START_SECONDS 6.0

struct ostler_driver_listener {
    ostler_driver_transport *transport;
    char exchange[NAME_SIZE];
    char topic[NAME_SIZE];
    char server_queue[NAME_SIZE];
    char fanout_exchange[NAME_SIZE + 8];
    char fanout_queue[NAME_SIZE + 48];
    char purpose[NAME_SIZE + 16];
    int epoll_fd;
    int wake_fd;
    struct dedup *dedup;
    bool busy; /* the last poll found several: the next one looks before it sleeps. Of the thread that polls */
    atomic_bool stopping;
    struct link link; /* its lock guards the inbox */
    struct inbox inbox;
};

/* --- The link's events ------------------------------------------------------------------------------------------------ */

static enum ostler_status declare(ostler_driver_listener *listener, struct conn *conn, struct ostler_error *error)
{
    struct topology *topology = &listener->transport->topology;
    enum ostler_status status = topology_prefetch(topology, conn, error);

    if (status == OSTLER_OK)
        status = topology_shared_queue(topology, conn, listener->exchange, listener->topic, error);
    if (status == OSTLER_OK)
        status = topology_shared_queue(topology, conn, listener->exchange, listener->server_queue, error);
    if (status == OSTLER_OK)
        status = topology_own_queue(topology, conn, listener->fanout_exchange, listener->fanout_queue, listener->topic,
                                    error);
    return status;
}

static enum ostler_status on_up(void *self, struct conn *conn, struct ostler_error *error)
{
    ostler_driver_listener *listener = self;
    struct topology *topology = &listener->transport->topology;

    if (listener->stopping)
        return OSTLER_OK;
    enum ostler_status status = declare(listener, conn, error);
    if (status == OSTLER_OK)
        status = topology_consume(topology, conn, listener->topic, "1", error);
    if (status == OSTLER_OK)
        status = topology_consume(topology, conn, listener->server_queue, "2", error);
    if (status == OSTLER_OK)
        status = topology_consume(topology, conn, listener->fanout_queue, "3", error);
    return status;
}

/* What was read and not acknowledged will be delivered again. */
static void on_down(void *self, struct link *link, const char *reason)
{
    ostler_driver_listener *listener = self;

    (void)link;
    (void)reason;
    inbox_clear(&listener->inbox);
}

static bool on_message(void *self, struct link *link, struct received *message, struct ostler_error *error)
{
    ostler_driver_listener *listener = self;

    (void)link;
    if (message->returned || listener->stopping) {
        received_free(message);
        return true;
    }
    if (inbox_put(&listener->inbox, message))
        return true;
    ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a request");
    return false;
}

static bool on_method(void *self, struct link *link, const amqp_method_t *method, struct ostler_error *error)
{
    ostler_driver_listener *listener = self;

    (void)link;
    if (method->id == AMQP_BASIC_CANCEL_METHOD && !listener->stopping) {
        ostler_error_set(error, OSTLER_E_DELIVERY, "a queue that was consumed has been deleted");
        return false;
    }
    if (method->id == AMQP_CHANNEL_CLOSE_METHOD && !listener->stopping) {
        conn_reply_error((amqp_rpc_reply_t){.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION, .reply = *method}, NULL,
                         error);
        return false;
    }
    return true;
}

static const struct link_handlers handlers = {.up = on_up, .down = on_down, .message = on_message, .method = on_method};

/* --- Opening ------------------------------------------------------------------------------------------------------------- */

static enum ostler_status name_all(ostler_driver_listener *listener, const struct ostler_target *target,
                                   struct ostler_error *error)
{
    char digits[ID_DIGITS + 1];

    id_of_call(digits, id_random(), id_random());
    bool fits = snprintf(listener->exchange, NAME_SIZE, "%s", target->exchange) < NAME_SIZE;
    fits &= snprintf(listener->topic, NAME_SIZE, "%s", target->topic) < NAME_SIZE;
    fits &= snprintf(listener->server_queue, NAME_SIZE, "%s.%s", target->topic, target->server) < NAME_SIZE;
    fits &=
        snprintf(listener->fanout_exchange, sizeof listener->fanout_exchange, "%s_fanout", target->topic) < NAME_SIZE;
    fits &= snprintf(listener->fanout_queue, sizeof listener->fanout_queue, "%s_fanout_%s", target->topic, digits) <
            NAME_SIZE;
    snprintf(listener->purpose, sizeof listener->purpose, "serving %s", target->topic);
    if (fits)
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_TARGET, "queue names for topic and server are over RabbitMQ's 255 bytes");
}

static enum ostler_status open_descriptors(ostler_driver_listener *listener, struct ostler_error *error)
{
    struct epoll_event event = {.events = EPOLLIN};

    listener->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    event.data.fd = listener->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (listener->epoll_fd >= 0 && listener->wake_fd >= 0 &&
        epoll_ctl(listener->epoll_fd, EPOLL_CTL_ADD, listener->wake_fd, &event) == 0)
        return OSTLER_OK;
    return ostler_error_set_errno(error, errno, "cannot make descriptors for a listener");
}

static void destroy(ostler_driver_listener *listener)
{
    if (listener->epoll_fd >= 0)
        close(listener->epoll_fd);
    if (listener->wake_fd >= 0)
        close(listener->wake_fd);
    inbox_fini(&listener->inbox);
    dedup_unref(listener->dedup);
    free(listener);
}

static void wait_for_queues(ostler_driver_listener *listener)
{
    struct link *link = &listener->link;

    link_lock(link);
    if (!link_wait_up(link, ostler_deadline(START_SECONDS)))
        ostler_log(OSTLER_LOG_WARNING, "rabbit", "%s will begin when the broker is there: %s", listener->purpose,
                   link->why_down[0] ? link->why_down : "no connection yet");
    link_unlock(link);
}

enum ostler_status rabbit_listener_open(ostler_driver_transport *transport, const struct ostler_target *target,
                                        ostler_driver_listener **out, struct ostler_error *error)
{
    ostler_driver_listener *listener = calloc(1, sizeof *listener);

    if (!listener)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    listener->transport = transport;
    listener->epoll_fd = listener->wake_fd = -1;
    listener->dedup = dedup_new();
    enum ostler_status status = listener->dedup ? name_all(listener, target, error) : OSTLER_E_NOMEM;
    if (status == OSTLER_OK)
        status = open_descriptors(listener, error);
    if (status == OSTLER_OK)
        status = link_start(&listener->link, &transport->options, transport->url, &handlers, listener,
                            listener->purpose, listener->epoll_fd, error);
    if (status != OSTLER_OK) {
        destroy(listener);
        return status;
    }
    wait_for_queues(listener);
    *out = listener;
    return OSTLER_OK;
}

/* --- Polling -------------------------------------------------------------------------------------------------------------- */

void rabbit_listener_wake(ostler_driver_listener *listener)
{
    uint64_t one = 1;
    ssize_t written = write(listener->wake_fd, &one, sizeof one);
    (void)written;
}

static size_t hand_out(ostler_driver_listener *listener, struct received **taken, size_t count,
                       struct ostler_incoming **incoming)
{
    struct incoming_batch *batch = count > 1 ? incoming_batch_new((unsigned)count) : NULL;
    size_t good = 0;

    for (size_t i = 0; i < count; i++) {
        struct ostler_incoming *one = incoming_new(listener->transport, listener->dedup, taken[i], batch);
        if (one) {
            incoming[good++] = one;
            continue;
        }
        incoming_batch_leave(listener->transport, batch);
        received_free(taken[i]);
    }
    return good;
}

/* Acknowledged before they are handed out: at most once. */
static size_t take(ostler_driver_listener *listener, bool read, struct ostler_incoming **incoming, size_t max)
{
    struct received *taken[MOST_TAKEN];
    size_t count = 0;

    if (max > MOST_TAKEN)
        max = MOST_TAKEN;
    link_lock(&listener->link);
    if (!listener->inbox.count && read)
        link_read(&listener->link);
    while (count < max && (taken[count] = inbox_take(&listener->inbox)))
        count++;
    bool ours = count && inbox_acknowledge(&listener->link, taken[count - 1]->delivery_tag);
    link_unlock(&listener->link);

    listener->busy = count > 1;
    if (ours)
        return hand_out(listener, taken, count, incoming);
    for (size_t i = 0; i < count; i++)
        received_free(taken[i]);
    return 0;
}

static void wait_for_any(ostler_driver_listener *listener, ostler_time deadline)
{
    struct epoll_event events[2];
    uint64_t ignored;
    int count = epoll_wait(listener->epoll_fd, events, 2, ostler_time_left_ms(deadline));

    for (int i = 0; i < count; i++) {
        if (events[i].data.fd != listener->wake_fd)
            continue;
        ssize_t got = read(listener->wake_fd, &ignored, sizeof ignored);
        (void)got;
    }
}

size_t rabbit_listener_poll(ostler_driver_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                            size_t max)
{
    bool busy = listener->busy, at_once = deadline == OSTLER_AT_ONCE;
    size_t count = take(listener, busy || at_once, incoming, max);

    if (count || at_once)
        return count;
    if (busy)
        publisher_flush(listener->transport->publisher);
    wait_for_any(listener, deadline);
    return take(listener, true, incoming, max);
}

/* --- Ending ---------------------------------------------------------------------------------------------------------------- */

/* The broker gives what was delivered and not taken to other servers when the channel closes. */
void rabbit_listener_stop(ostler_driver_listener *listener)
{
    struct link *link = &listener->link;
    struct timeval brief = {.tv_sec = 2};

    link_lock(link);
    listener->stopping = true;
    inbox_clear(&listener->inbox);
    if (link->is_up && link_flush_wait(link, ostler_deadline(2.0)) &&
        conn_use_library(&link->conn, NULL) == OSTLER_OK) {
        amqp_set_rpc_timeout(link->conn.state, &brief);
        amqp_queue_delete(link->conn.state, CONN_CHANNEL, amqp_cstring_bytes(listener->fanout_queue), 0, 0);
        amqp_channel_close(link->conn.state, CONN_CHANNEL, AMQP_REPLY_SUCCESS);
        assembler_reset(&link->assembler);
    }
    link_unlock(link);
    rabbit_listener_wake(listener);
}

void rabbit_listener_close(ostler_driver_listener *listener)
{
    link_stop(&listener->link);
    destroy(listener);
}
