/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that reads a node's socket when no listener's thread does and somebody must: replies wait for
 * acknowledgements, or nothing is served any more and clients are to be told. */
#include "node.h"
#include "threads.h"

#include <ostler/log.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void keeper_init(struct keeper *keeper)
{
    keeper->wake = -1;
    pthread_cond_init(&keeper->wanted, NULL);
}

bool keeper_needed(const struct node *node)
{
    return node->peers.queued > 0 || node->active == 0;
}

/* One turn as the reader; the lock is held, and let go while it waits. */
static void read_once(struct node *node)
{
    struct pollfd wait[2] = {{.fd = node->keeper.wake, .events = POLLIN}, {.fd = node->readable, .events = POLLIN}};
    bool more = false;

    node->reader = &node->keeper;
    node_read(node, NULL, NULL, 0, &more);
    if (!more && !node->keeper.ending && keeper_needed(node)) {
        pthread_mutex_unlock(&node->lock);
        if (poll(wait, 2, -1) > 0 && wait[0].revents)
            eventfd_clear(node->keeper.wake);
        pthread_mutex_lock(&node->lock);
    }
    node->reader = NULL;
    if (!keeper_needed(node))
        node_pass_on(node);
}

static void *keeper_main(void *argument)
{
    struct node *node = argument;

    pthread_mutex_lock(&node->lock);
    while (!node->keeper.ending) {
        if (keeper_needed(node) && !node->reader)
            read_once(node);
        else
            pthread_cond_wait(&node->keeper.wanted, &node->lock);
    }
    pthread_mutex_unlock(&node->lock);
    return NULL;
}

static bool start(struct node *node)
{
    if (node->keeper.wake < 0)
        node->keeper.wake = eventfd_new();
    if (node->keeper.wake < 0) {
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "cannot start a thread: %s", strerror(errno));
        return false;
    }
    return threads_start(&node->keeper.thread, "nanomsg-keeper", keeper_main, node);
}

void keeper_check(struct node *node)
{
    struct keeper *keeper = &node->keeper;

    if (keeper->ending)
        return;
    if (node->reader == keeper) {
        if (!keeper_needed(node))
            eventfd_raise(keeper->wake);
        return;
    }
    if (node->reader || !keeper_needed(node))
        return;
    if (!keeper->started)
        keeper->started = start(node);
    pthread_cond_signal(&keeper->wanted);
}

void keeper_end(struct node *node)
{
    struct keeper *keeper = &node->keeper;

    pthread_mutex_lock(&node->lock);
    keeper->ending = true;
    pthread_cond_signal(&keeper->wanted);
    if (keeper->wake >= 0)
        eventfd_raise(keeper->wake);
    pthread_mutex_unlock(&node->lock);
    if (keeper->started)
        pthread_join(keeper->thread, NULL);
    if (keeper->wake >= 0)
        close(keeper->wake);
    pthread_cond_destroy(&keeper->wanted);
}
