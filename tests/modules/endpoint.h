/* SPDX-License-Identifier: Apache-2.0 */
/* What the endpoint modules in this folder share. */
#ifndef TESTS_MODULES_ENDPOINT_H
#define TESTS_MODULES_ENDPOINT_H

#include <ostler/endpoint.h>

/* All that a descriptor needs but name and operations. */
#define ENDPOINT                                                                                                       \
    .abi = OSTLER_MODULE_ABI, .size = sizeof(struct ostler_module), .kind = OSTLER_KIND_ENDPOINT, .version = "1.0",    \
    .summary = "for the loader's tests"

#endif
