/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint of the option rpc_ping_enabled. oslo_messaging/rpc/server.py PingEndpoint. */
#include "server_parts.h"

#include <json-c/json.h>

static enum ostler_status ping(ostler_request *request, void *state)
{
    (void)state;
    struct json_object *pong = json_object_new_string("pong");
    if (!pong)
        return OSTLER_E_NOMEM;
    return ostler_request_return(request, pong);
}

static const struct ostler_method methods[] = {
    {"oslo_rpc_server_ping", ping, NULL, 0, "returns \"pong\""},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_endpoint endpoint = {.version = "1.0", .methods = methods};
static const struct ostler_endpoint *const endpoints[] = {&endpoint, NULL};

const struct ostler_endpoint_ops ping_operations = {.rpc = endpoints};
