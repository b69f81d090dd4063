/* SPDX-License-Identifier: Apache-2.0 */
/* What every verb needs first: the configuration, a transport, and for RPC a client for the target. */
#ifndef OSTLER_CLI_SESSION_H
#define OSTLER_CLI_SESSION_H

#include "options.h"

#include <ostler/client.h>

struct session {
    ostler_conf *conf;
    ostler_transport *transport;
    ostler_client *client; /* NULL for notifications */
};

/* Opens everything for @p options with @p target. On failure nothing is left open. */
enum ostler_status session_open(struct session *session, const struct options *options,
                                const struct ostler_target *target, struct ostler_error *error);

/* Opens configuration and transport for notifications. The exchange of the transport is the one of @p options. On failure
 * nothing is left open. */
enum ostler_status session_open_notifications(struct session *session, const struct options *options,
                                              struct ostler_error *error);

void session_close(struct session *session);

/* The target of a verb whose first operand is TOPIC. */
struct ostler_target session_target(const struct options *options);

#endif
