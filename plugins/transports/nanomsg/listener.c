/* SPDX-License-Identifier: Apache-2.0 */
/* One target that is served: its turn at the node's socket, and its queue. */
#include "node.h"

#include <ostler/log.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

/* --- Making ------------------------------------------------------------------------------------------------------- */

static void destroy(ostler_driver_listener *listener)
{
    if (listener->wake >= 0)
        close(listener->wake);
    free(listener->served);
    free(listener);
}

static enum ostler_status init(ostler_driver_listener *listener, const struct ostler_target *targets, size_t count,
                               struct ostler_error *error)
{
    listener->wake = eventfd_new();
    if (listener->wake < 0)
        return ostler_error_set_errno(error, errno, "cannot make an eventfd");
    listener->served = calloc(count, sizeof *listener->served);
    if (!listener->served)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    listener->served_count = count;
    for (size_t i = 0; i < count; i++) {
        struct served *served = &listener->served[i];
        served->listener = listener;
        served->key_length = wire_put_key(served->key, targets[i].exchange, targets[i].topic, targets[i].server);
    }
    return OSTLER_OK;
}

/* The lock is held. */
static enum ostler_status add(struct node *node, ostler_driver_listener *listener, const struct ostler_target *targets,
                              struct ostler_error *error)
{
    struct served *other;

    for (size_t i = 0; i < listener->served_count; i++) {
        struct served *served = &listener->served[i];
        HASH_FIND(hh, node->served, served->key, served->key_length, other);
        if (other)
            return ostler_error_set(
                error, OSTLER_E_LISTEN,
                "server \"%s\" of topic \"%s\" (exchange \"%s\") is served by this transport already",
                targets[i].server, targets[i].topic, targets[i].exchange);
    }
    for (size_t i = 0; i < listener->served_count; i++) {
        struct served *served = &listener->served[i];
        HASH_ADD(hh, node->served, key, served->key_length, served);
    }
    node->active++;
    node_publish(node);
    return OSTLER_OK;
}

enum ostler_status node_listen(struct node *node, const struct ostler_target *targets, size_t count, bool notifications,
                               ostler_driver_listener **out, struct ostler_error *error)
{
    ostler_driver_listener *listener = calloc(1, sizeof *listener);

    if (!listener)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    listener->node = node;
    listener->notifications = notifications;
    listener->references = 1;
    enum ostler_status status = init(listener, targets, count, error);
    if (status == OSTLER_OK) {
        pthread_mutex_lock(&node->lock);
        status = add(node, listener, targets, error);
        pthread_mutex_unlock(&node->lock);
    }
    if (status != OSTLER_OK)
        destroy(listener);
    else
        *out = listener;
    return status;
}

/* --- Polling; the lock is held ------------------------------------------------------------------------------------ */

static size_t take_queued(ostler_driver_listener *listener, struct ostler_incoming **out, size_t max)
{
    size_t count = 0;

    while (count < max && listener->queue) {
        struct incoming *incoming = listener->queue;
        DL_DELETE(listener->queue, incoming);
        listener->queued--;
        listener->queued_bytes -= incoming->record.length;
        out[count++] = &incoming->base;
    }
    return count;
}

/* Waits without the lock until something may have changed. The reader also waits for the socket. */
static void wait_for_change(ostler_driver_listener *listener, bool reads, ostler_time deadline)
{
    struct node *node = listener->node;
    struct pollfd wait[2] = {{.fd = listener->wake, .events = POLLIN}, {.fd = node->readable, .events = POLLIN}};

    if (!reads) {
        listener->waiting = true;
        DL_APPEND2(node->waiting, listener, prev_waiting, next_waiting);
    }
    pthread_mutex_unlock(&node->lock);
    if (poll(wait, reads ? 2 : 1, ostler_time_left_ms(deadline)) > 0 && wait[0].revents)
        eventfd_clear(listener->wake);
    pthread_mutex_lock(&node->lock);
    if (!reads) {
        listener->waiting = false;
        DL_DELETE2(node->waiting, listener, prev_waiting, next_waiting);
    }
}

/* One turn as the reader: reads what is there, or waits once. */
static size_t read_once(ostler_driver_listener *listener, ostler_time deadline, struct ostler_incoming **out,
                        size_t max)
{
    struct node *node = listener->node;
    bool more = false;
    size_t count = node_read(node, listener, out, max, &more);

    if (count == 0 && !more && !listener->queue && !listener->woken && deadline != OSTLER_AT_ONCE)
        wait_for_change(listener, true, deadline);
    return count;
}

size_t listener_poll(ostler_driver_listener *listener, ostler_time deadline, struct ostler_incoming **out, size_t max)
{
    struct node *node = listener->node;
    size_t count = 0;
    bool expired = deadline == OSTLER_AT_ONCE, last = false;

    pthread_mutex_lock(&node->lock);
    for (;;) {
        count = take_queued(listener, out, max);
        if (count > 0 || listener->woken || last)
            break;
        /* What arrived just before the deadline is still taken: one more round. */
        last = expired;
        if (!node->reader) {
            node->reader = listener;
            count = read_once(listener, deadline, out, max);
            node->reader = NULL;
        } else if (!expired) {
            keeper_check(node);
            wait_for_change(listener, false, deadline);
        }
        if (count > 0)
            break;
        expired = expired || (deadline != OSTLER_NEVER && ostler_now() >= deadline);
    }
    listener->woken = false;
    node_pass_on(node);
    pthread_mutex_unlock(&node->lock);
    return count;
}

void listener_wake(ostler_driver_listener *listener)
{
    pthread_mutex_lock(&listener->node->lock);
    listener->woken = true;
    eventfd_raise(listener->wake);
    pthread_mutex_unlock(&listener->node->lock);
}

void node_pass_on(struct node *node)
{
    if (node->reader)
        return;
    if (node->waiting)
        eventfd_raise(node->waiting->wake);
    else
        keeper_check(node);
}

static void say_lost(void)
{
    ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME,
               "a notification is lost: it was given back to a listener that has stopped");
}

/* --- Ending ------------------------------------------------------------------------------------------------------- */

void listener_stop(ostler_driver_listener *listener)
{
    struct node *node = listener->node;

    /* First nobody finds it any more, then what comes all the same goes back. */
    for (size_t i = 0; i < listener->served_count; i++) {
        if (listener->served[i].registration)
            listener->withdraw(listener->served[i].registration);
        listener->served[i].registration = NULL;
    }
    pthread_mutex_lock(&node->lock);
    if (!listener->stopped) {
        listener->stopped = true;
        for (size_t i = 0; i < listener->served_count; i++)
            HASH_DEL(node->served, &listener->served[i]); /* its name is free for another one */
        node->active--;
        node_publish(node);
    }
    eventfd_raise(listener->wake);
    keeper_check(node);
    pthread_mutex_unlock(&node->lock);
}

/* What nobody has polled is refused: it never ran, so another server may have it. A notification was taken. */
static void refuse_queue(ostler_driver_listener *listener)
{
    struct incoming *incoming;

    while ((incoming = listener->queue)) {
        DL_DELETE(listener->queue, incoming);
        if (incoming->listener)
            say_lost();
        else
            node_refuse(listener->node, incoming->peer, &incoming->record, WIRE_NOT_SERVED);
        incoming_drop(incoming);
    }
}

void listener_close(ostler_driver_listener *listener)
{
    struct node *node = listener->node;

    pthread_mutex_lock(&node->lock);
    refuse_queue(listener);
    listener_unref(listener);
    pthread_mutex_unlock(&node->lock);
}

void listener_unref(ostler_driver_listener *listener)
{
    if (--listener->references == 0)
        destroy(listener);
}

/* --- Giving back -------------------------------------------------------------------------------------------------- */

static void put_back(ostler_driver_listener *listener, struct incoming *incoming)
{
    struct incoming *later;

    DL_FOREACH (listener->queue, later)
        if (later->arrival > incoming->arrival)
            break;
    if (later)
        DL_PREPEND_ELEM(listener->queue, later, incoming);
    else
        DL_APPEND(listener->queue, incoming);
    listener->queued++;
    listener->queued_bytes += incoming->record.length;
    eventfd_raise(listener->wake);
}

void listener_give_back(ostler_driver_listener *listener, struct incoming *incoming)
{
    struct node *node = listener->node;

    pthread_mutex_lock(&node->lock);
    if (listener->stopped) {
        say_lost();
        incoming_drop(incoming);
    } else {
        put_back(listener, incoming);
    }
    pthread_mutex_unlock(&node->lock);
}
