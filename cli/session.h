/* SPDX-License-Identifier: Apache-2.0 */
/* What every verb needs first: the configuration, a transport, and a client for the target. */
#ifndef OSTLER_CLI_SESSION_H
#define OSTLER_CLI_SESSION_H

#include "options.h"

#include <ostler/client.h>

struct session {
    ostler_conf *conf;
    ostler_transport *transport;
    ostler_client *client;
};

/* Opens everything for @p options with @p target. On failure nothing is left open. */
enum ostler_status session_open(struct session *session, const struct options *options,
                                const struct ostler_target *target, struct ostler_error *error);

void session_close(struct session *session);

/* The target of a verb whose first operand is TOPIC. */
struct ostler_target session_target(const struct options *options);

#endif
