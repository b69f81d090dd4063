/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint module without any interface. */
#include "endpoint.h"

static const struct ostler_endpoint *const endpoints[] = {NULL};
static const struct ostler_endpoint_ops operations = {.rpc = endpoints};

OSTLER_MODULE(nothing_offered) = {
    ENDPOINT,
    .name = "nothing-offered",
    .ops = &operations,
    .ops_size = sizeof operations,
};
