/* SPDX-License-Identifier: Apache-2.0 */
/* Which deployment is in force, for the endpoint `control`, which asks from other threads than the worker's. */
#ifndef ROSTER_H
#define ROSTER_H

#include "deployment.h"

#include <pthread.h>

struct roster {
    pthread_mutex_t lock; /* guards all below, and what runs for the deployment from being moved */
    const struct deployment *deployment;
};

#define ROSTER_INIT                                                                                                    \
    {                                                                                                                  \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                                              \
    }

/* Between these two what runs may move from one deployment to the next; @p deployment (NULL: none) is in force from then
 * on. Only the worker's. */
void roster_begin(struct roster *roster);
void roster_end(struct roster *roster, const struct deployment *deployment);

/* Its listeners, as struct ostler_endpoint_host has them. The caller puts it. NULL without memory. Any thread. */
struct json_object *roster_listeners(struct roster *roster);

#endif
