/* SPDX-License-Identifier: Apache-2.0 */
/* What one configuration says is to be hosted: servers, listeners, their endpoints, and the transports that they share.
 * Made by plan_make(), then opened and started; a reload makes a second one and moves what stays from the old to the new.
 * Belongs to one thread. */
#ifndef DEPLOYMENT_H
#define DEPLOYMENT_H

#include "hosted.h"

#include <limits.h>

/* One transport for all sections with the same URL. */
struct host_transport {
    const char *url; /* as configured; NULL: the default */
    ostler_transport *transport;
};

struct deployment {
    struct hosted_means means;
    char host_name[HOST_NAME_MAX + 1];
    struct host_transport *transports;
    size_t transport_count;
    struct hosted *hosted;
    size_t hosted_count;
};

/* "2 servers, 1 listener"; what there is none of is left out. */
enum { DEPLOYMENT_TEXT_BYTES = 80 };
const char *deployment_text(const struct deployment *deployment, char text[DEPLOYMENT_TEXT_BYTES]);

/* Opens and starts all. On failure those that run are stopped again. */
enum ostler_status deployment_start(struct deployment *deployment, struct ostler_error *error);

/* Stops all and waits until every request has been answered and every notification settled; false if some were not by
 * @p deadline, which it has logged. */
bool deployment_stop(struct deployment *deployment, ostler_time deadline);

/* Stops what still runs, however long that takes, and frees everything. NULL is fine. */
void deployment_free(struct deployment *deployment);

#endif
