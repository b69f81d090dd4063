/* SPDX-License-Identifier: Apache-2.0 */
#include "listener.h"
#include "dedup.h"

#include <ostler/log.h>

#include <amqp_framing.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How long a listener that starts waits for its queues before it goes on without; and once another of its transport has
 * waited in vain, lest many of them add up. */
#define START_SECONDS      6.0
#define NEXT_START_SECONDS 0.25

void listener_is_up(ostler_driver_listener *listener)
{
    atomic_store(&listener->transport->waited_in_vain, false);
}

bool listener_on_method(void *self, struct link *link, const amqp_method_t *method, struct ostler_error *error)
{
    ostler_driver_listener *listener = self;

    (void)link;
    if (method->id == AMQP_BASIC_CANCEL_METHOD && !listener->stopping) {
        ostler_error_set(error, OSTLER_E_DELIVERY, "a queue that was consumed has been deleted");
        return false;
    }
    if (method->id == AMQP_CHANNEL_CLOSE_METHOD && !listener->stopping) {
        consumers_note_closed(&listener->consumers, method, error);
        return false;
    }
    return true;
}

ostler_time listener_on_due(void *self)
{
    ostler_driver_listener *listener = self;

    return listener->stopping ? OSTLER_NEVER : consumers_due(&listener->consumers, &listener->link);
}

void listener_renew(ostler_driver_listener *listener, bool busy)
{
    if (!listener->stopping)
        consumers_renew_due(&listener->consumers, &listener->link, busy);
}

void listener_on_wake(void *self)
{
    rabbit_listener_wake(self);
}

/* --- Opening ------------------------------------------------------------------------------------------------------------- */

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

static void wait_for_queues(ostler_driver_listener *listener)
{
    struct link *link = &listener->link;
    atomic_bool *in_vain = &listener->transport->waited_in_vain;

    link_lock(link);
    bool is_up = link_wait_up(link, ostler_deadline(atomic_load(in_vain) ? NEXT_START_SECONDS : START_SECONDS));
    atomic_store(in_vain, !is_up);
    if (!is_up)
        ostler_log(OSTLER_LOG_WARNING, "rabbit", "%s will begin when the broker is there: %s", listener->purpose,
                   link->why_down[0] ? link->why_down : "no connection yet");
    link_unlock(link);
}

enum ostler_status rabbit_listener_open(ostler_driver_listener *listener, ostler_driver_transport *transport,
                                        const struct listener_role *role, struct ostler_error *error)
{
    listener->transport = transport;
    listener->consumers.topology = &transport->topology;
    listener->role = role;
    listener->epoll_fd = listener->wake_fd = -1;
    atomic_init(&listener->references, 1);
    listener->dedup = dedup_new();
    enum ostler_status status = listener->dedup ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    if (status == OSTLER_OK)
        status = open_descriptors(listener, error);
    if (status == OSTLER_OK)
        status = link_start(&listener->link, &transport->options, transport->url, &role->link, listener,
                            listener->purpose, listener->epoll_fd, error);
    listener->linked = status == OSTLER_OK;
    if (status == OSTLER_OK)
        wait_for_queues(listener);
    return status;
}

void rabbit_listener_ref(ostler_driver_listener *listener)
{
    atomic_fetch_add_explicit(&listener->references, 1, memory_order_relaxed);
}

void rabbit_listener_unref(ostler_driver_listener *listener)
{
    if (atomic_fetch_sub_explicit(&listener->references, 1, memory_order_acq_rel) != 1)
        return;
    if (listener->linked && listener->role->end)
        listener->role->end(listener);
    if (listener->linked)
        link_stop(&listener->link);
    if (listener->epoll_fd >= 0)
        close(listener->epoll_fd);
    if (listener->wake_fd >= 0)
        close(listener->wake_fd);
    inbox_fini(&listener->inbox);
    dedup_unref(listener->dedup);
    listener->role->destroy(listener);
}

/* --- Polling -------------------------------------------------------------------------------------------------------------- */

void rabbit_listener_wake(ostler_driver_listener *listener)
{
    uint64_t one = 1;
    ssize_t written = write(listener->wake_fd, &one, sizeof one);
    (void)written;
}

static size_t take(ostler_driver_listener *listener, bool read, struct ostler_incoming **incoming, size_t max)
{
    const struct listener_role *role = listener->role;
    struct received *taken[LISTENER_TAKE_MAX];
    size_t count = 0;

    if (max > LISTENER_TAKE_MAX)
        max = LISTENER_TAKE_MAX;
    link_lock(&listener->link);
    if (!listener->inbox.count && read)
        link_read(&listener->link);
    while (count < max && (taken[count] = inbox_take(&listener->inbox)))
        count++;
    bool ours = count && (!role->taken || role->taken(listener, taken, count));
    bool followed = listener->inbox.count > 0;
    link_unlock(&listener->link);

    listener->busy = count > 1 || followed;
    if (ours)
        return role->hand_out(listener, taken, count, followed, incoming);
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

    if (count)
        return count;
    ostler_time due = listener->role->idle(listener, busy);
    if (at_once)
        return 0;
    wait_for_any(listener, due < deadline ? due : deadline);
    return take(listener, true, incoming, max);
}

/* --- Ending ---------------------------------------------------------------------------------------------------------------- */

/* The broker gives what was delivered and not taken to others. */
void rabbit_listener_stop(ostler_driver_listener *listener)
{
    struct link *link = &listener->link;

    link_lock(link);
    listener->stopping = true;
    if (link->is_up && link_flush_wait(link, ostler_deadline(2.0)))
        link_read(link);
    if (link->is_up && !link->outbox.length && conn_use_library(&link->conn, NULL) == OSTLER_OK)
        listener->role->stop(listener);
    inbox_clear(&listener->inbox);
    link_unlock(link);
    rabbit_listener_wake(listener);
}

void rabbit_listener_close(ostler_driver_listener *listener)
{
    rabbit_listener_unref(listener);
}
