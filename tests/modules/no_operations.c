/* SPDX-License-Identifier: Apache-2.0 */
/* No operations. */
#include <ostler/policy.h>

OSTLER_MODULE(no_operations) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_POLICY,
    .name = "no-operations",
    .version = "1.0",
};
