/* SPDX-License-Identifier: Apache-2.0 */
/* Heartbeats for callers that ask for signs of life: one thread per server, made when the first caller asks. */
#ifndef RPC_MONITOR_H
#define RPC_MONITOR_H

#include <ostler/clock.h>

#include <pthread.h>
#include <sys/queue.h>

/* One request under way; embedded in it. */
struct monitored {
    TAILQ_ENTRY(monitored) link;
    ostler_time due;
    ostler_time interval;
    bool listed;
    bool beating;
};

struct monitor {
    pthread_mutex_t lock; /* guards all below; not held while beating */
    pthread_cond_t wanted;
    pthread_cond_t beaten;
    TAILQ_HEAD(monitored_list, monitored) list; /* the earliest due first */
    ostler_time wakes_at;                       /* when the thread looks next */
    void (*beat)(struct monitored *monitored);
    const char *name;
    pthread_t thread;
    bool running;
    bool stopping;
};

/* @p beat sends one sign of life, in the monitor's thread. @p name is for the log and the thread; borrowed. */
void monitor_init(struct monitor *monitor, const char *name, void (*beat)(struct monitored *monitored));
/* Joins the thread; nothing may be listed any more. */
void monitor_fini(struct monitor *monitor);

/* Begins to beat for a caller that waits @p timeout seconds for a sign of life: after half of it, then every half. */
void monitor_add(struct monitor *monitor, struct monitored *monitored, double timeout);
/* Ends it; when this returns no beat is running and none will come. */
void monitor_remove(struct monitor *monitor, struct monitored *monitored);

#endif
