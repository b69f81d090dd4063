/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor that is shorter than it can be. */
#include "policy.h"

OSTLER_MODULE(bad_size) = {
    .abi = OSTLER_MODULE_ABI,
    .size = 16,
    .kind = (const char *)1,
    .ops = &operations,
};
