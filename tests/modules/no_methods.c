/* SPDX-License-Identifier: Apache-2.0 */
/* An interface without a table of methods. */
#include "endpoint.h"

static const struct ostler_endpoint interface = {.version = "1.0"};
static const struct ostler_endpoint *const endpoints[] = {&interface, NULL};
static const struct ostler_endpoint_ops operations = {.rpc = endpoints};

OSTLER_MODULE(no_methods) = {
    ENDPOINT,
    .name = "no-methods",
    .ops = &operations,
    .ops_size = sizeof operations,
};
