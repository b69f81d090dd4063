/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the listener share. A listener is a server with another role: cycle, executor, endpoints and their
 * generations, counters are those of core/rpc. */
#ifndef NOTIFY_LISTENER_PARTS_H
#define NOTIFY_LISTENER_PARTS_H

#include "batch.h"
#include "pause.h"
#include "server_parts.h"

#include <ostler/listener.h>

struct ostler_listener {
    struct ostler_server server; /* first */
    struct ostler_target *targets;
    size_t target_count;
    char *texts; /* the targets' */
    char *pool;
    bool allow_requeue;
    size_t batch_size; /* 1: no batches */
    double batch_timeout;
    struct pause pause;
    struct batch *batch; /* being filled; who polls owns it */
    ostler_time batch_due;
};

static inline struct ostler_listener *listener_of(void *server)
{
    return server;
}

#endif
