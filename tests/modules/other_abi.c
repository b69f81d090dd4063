/* SPDX-License-Identifier: Apache-2.0 */
/* Built against headers whose modules cannot be used any more; nothing behind the number may be read. */
#include "policy.h"

OSTLER_MODULE(other_abi) = {
    .abi = UINT32_C(0x05710000),
    .kind = (const char *)1,
    .name = (const char *)1,
    .ops = &operations,
};
