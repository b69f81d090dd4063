/* SPDX-License-Identifier: Apache-2.0 */
/* echo.c for ostlerd. */
#include "echo.h"

OSTLER_MODULE(bench) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "bench",
    .version = "1.0",
    .summary = "says back what it is told, and counts",
    .ops = &echo_operations,
    .ops_size = sizeof echo_operations,
};
