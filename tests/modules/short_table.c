/* SPDX-License-Identifier: Apache-2.0 */
/* An operations table that ends before its last required slot. */
#include "policy.h"

OSTLER_MODULE(short_table) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_POLICY,
    .name = "short-table",
    .version = "1.0",
    .ops = &operations,
    .ops_size = sizeof operations - 1,
};
