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

static bool copy_target(ostler_driver_listener *listener, const struct ostler_target *target)
{
    size_t exchange = strlen(target->exchange) + 1, topic = strlen(target->topic) + 1;
    size_t server = strlen(target->server) + 1;

    listener->names = malloc(exchange + topic + server);
    if (!listener->names)
        return false;
    listener->target.exchange = memcpy(listener->names, target->exchange, exchange);
    listener->target.topic = memcpy(listener->names + exchange, target->topic, topic);
    listener->target.server = memcpy(listener->names + exchange + topic, target->server, server);
    listener->key_length = wire_put_key(listener->key, target->exchange, target->topic, target->server);
    return true;
}

static void destroy(ostler_driver_listener *listener)
{
    if (listener->wake >= 0)
        close(listener->wake);
    free(listener->names);
    free(listener);
}

enum ostler_status node_listen(struct node *node, const struct ostler_target *target, ostler_driver_listener **out,
                               struct ostler_error *error)
{
    ostler_driver_listener *listener = calloc(1, sizeof *listener), *other;
    enum ostler_status status = OSTLER_OK;

    if (!listener)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    listener->node = node;
    listener->wake = eventfd_new();
    if (listener->wake < 0)
        status = ostler_error_set_errno(error, errno, "cannot make an eventfd");
    else if (!copy_target(listener, target))
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    if (status != OSTLER_OK) {
        destroy(listener);
        return status;
    }

    pthread_mutex_lock(&node->lock);
    HASH_FIND(hh, node->listeners, listener->key, listener->key_length, other);
    if (other) {
        status = ostler_error_set(error, OSTLER_E_LISTEN,
                                  "server \"%s\" of topic \"%s\" (exchange \"%s\") is served by this transport already",
                                  target->server, target->topic, target->exchange);
    } else {
        HASH_ADD(hh, node->listeners, key, listener->key_length, listener);
        node->active++;
        node_publish(node);
    }
    pthread_mutex_unlock(&node->lock);
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

/* --- Ending ------------------------------------------------------------------------------------------------------- */

void listener_stop(ostler_driver_listener *listener)
{
    struct node *node = listener->node;

    /* First nobody finds it any more, then what comes all the same goes back. */
    if (listener->registration)
        listener->withdraw(listener->registration);
    listener->registration = NULL;
    pthread_mutex_lock(&node->lock);
    if (!listener->stopped) {
        listener->stopped = true;
        HASH_DEL(node->listeners, listener); /* its name is free for another one */
        node->active--;
        node_publish(node);
    }
    eventfd_raise(listener->wake);
    keeper_check(node);
    pthread_mutex_unlock(&node->lock);
}

/* What nobody has polled is refused: it never ran, so another server may have it. */
static void refuse_queue(ostler_driver_listener *listener)
{
    struct incoming *incoming;

    while ((incoming = listener->queue)) {
        DL_DELETE(listener->queue, incoming);
        node_refuse(listener->node, incoming->peer, &incoming->record, WIRE_NOT_SERVED);
        incoming_drop(incoming);
    }
}

void listener_close(ostler_driver_listener *listener)
{
    struct node *node = listener->node;

    pthread_mutex_lock(&node->lock);
    refuse_queue(listener);
    pthread_mutex_unlock(&node->lock);
    destroy(listener);
}
