/* SPDX-License-Identifier: Apache-2.0 */
/* A method without a function. */
#include "endpoint.h"

static const struct ostler_method methods[] = {
    {"hollow", NULL, "", OSTLER_METHOD_EXPOSED, "does nothing, for want of a function"},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_endpoint interface = {.methods = methods};
static const struct ostler_endpoint *const endpoints[] = {&interface, NULL};
static const struct ostler_endpoint_ops operations = {.rpc = endpoints};

OSTLER_MODULE(no_function) = {
    ENDPOINT,
    .name = "no-function",
    .ops = &operations,
    .ops_size = sizeof operations,
};
