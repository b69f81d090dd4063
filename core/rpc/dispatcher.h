/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_DISPATCHER_H
#define RPC_DISPATCHER_H

#include "server_parts.h"

/* Does one request, from what the driver took off the wire to the method's return. Takes @p incoming and the hold on
 * @p generation. oslo_messaging/rpc/dispatcher.py RPCDispatcher.dispatch(). */
void dispatcher_run(struct ostler_server *server, struct generation *generation, struct ostler_incoming *incoming);

#endif
