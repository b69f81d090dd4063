/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"

#include <ostler/log.h>
#include <ostler/thread.h>

#define NS_PER_S 1e9
/* Bounds for the interval: what a caller asks must neither flood it nor overflow. */
#define SHORTEST_S 0.005
#define LONGEST_S  86400.0

void monitor_init(struct monitor *monitor, const char *name, void (*beat)(struct monitored *monitored))
{
    *monitor = (struct monitor){.beat = beat, .name = name, .wakes_at = OSTLER_NEVER};
    pthread_mutex_init(&monitor->lock, NULL);
    ostler_cond_init(&monitor->wanted);
    ostler_cond_init(&monitor->beaten);
    TAILQ_INIT(&monitor->list);
}

/* Most callers ask for the same interval: the right place is at or near the end. */
static void insert(struct monitor *monitor, struct monitored *monitored)
{
    struct monitored *before;

    TAILQ_FOREACH_REVERSE(before, &monitor->list, monitored_list, link)
    if (before->due <= monitored->due)
        break;
    if (before)
        TAILQ_INSERT_AFTER(&monitor->list, before, monitored, link);
    else
        TAILQ_INSERT_HEAD(&monitor->list, monitored, link);
}

/* Called with the lock held, which is off during the beat. */
static void beat(struct monitor *monitor, struct monitored *monitored)
{
    TAILQ_REMOVE(&monitor->list, monitored, link);
    monitored->due += monitored->interval;
    insert(monitor, monitored);
    monitored->beating = true;
    pthread_mutex_unlock(&monitor->lock);
    monitor->beat(monitored);
    pthread_mutex_lock(&monitor->lock);
    monitored->beating = false;
    pthread_cond_broadcast(&monitor->beaten);
}

static void *monitor_body(void *argument)
{
    struct monitor *monitor = argument;

    pthread_mutex_lock(&monitor->lock);
    while (!monitor->stopping) {
        struct monitored *first = TAILQ_FIRST(&monitor->list);
        if (first && first->due <= ostler_now()) {
            beat(monitor, first);
            continue;
        }
        monitor->wakes_at = first ? first->due : OSTLER_NEVER;
        ostler_cond_wait(&monitor->wanted, &monitor->lock, monitor->wakes_at);
    }
    pthread_mutex_unlock(&monitor->lock);
    return NULL;
}

static bool runs(struct monitor *monitor)
{
    if (!monitor->running)
        monitor->running =
            ostler_thread_start(&monitor->thread, monitor->name, monitor_body, monitor, NULL) == OSTLER_OK;
    return monitor->running;
}

void monitor_add(struct monitor *monitor, struct monitored *monitored, double timeout)
{
    double interval = timeout / 2.0;

    interval = interval < SHORTEST_S ? SHORTEST_S : interval > LONGEST_S ? LONGEST_S : interval;
    monitored->interval = (ostler_time)(interval * NS_PER_S);
    monitored->due = ostler_now() + monitored->interval;

    pthread_mutex_lock(&monitor->lock);
    bool running = runs(monitor);
    if (running) {
        insert(monitor, monitored);
        monitored->listed = true;
        /* A thread that looks in time anyhow needs no wake: with equal intervals it is never woken for a request. */
        if (monitored->due < monitor->wakes_at) {
            monitor->wakes_at = monitored->due;
            pthread_cond_signal(&monitor->wanted);
        }
    }
    pthread_mutex_unlock(&monitor->lock);
    if (!running)
        ostler_log(OSTLER_LOG_WARNING, "server", "%s: no thread could be made for signs of life to callers",
                   monitor->name);
}

void monitor_remove(struct monitor *monitor, struct monitored *monitored)
{
    if (!monitored->listed)
        return;
    pthread_mutex_lock(&monitor->lock);
    while (monitored->beating)
        pthread_cond_wait(&monitor->beaten, &monitor->lock);
    TAILQ_REMOVE(&monitor->list, monitored, link);
    monitored->listed = false;
    pthread_mutex_unlock(&monitor->lock);
}

void monitor_fini(struct monitor *monitor)
{
    pthread_mutex_lock(&monitor->lock);
    monitor->stopping = true;
    bool running = monitor->running;
    pthread_cond_signal(&monitor->wanted);
    pthread_mutex_unlock(&monitor->lock);
    if (running)
        pthread_join(monitor->thread, NULL);
    pthread_cond_destroy(&monitor->beaten);
    pthread_cond_destroy(&monitor->wanted);
    pthread_mutex_destroy(&monitor->lock);
}
