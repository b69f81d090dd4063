/* SPDX-License-Identifier: Apache-2.0 */
/* A kind that nobody knows. */
#include "policy.h"

OSTLER_MODULE(unknown_kind) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = "gizmo",
    .name = "unknown-kind",
    .version = "1.0",
    .ops = &operations,
    .ops_size = sizeof operations,
};
