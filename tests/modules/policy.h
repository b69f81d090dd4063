/* SPDX-License-Identifier: Apache-2.0 */
/* What the policies in this folder share. A policy has one slot: the least that a good module needs. */
#ifndef TESTS_MODULES_POLICY_H
#define TESTS_MODULES_POLICY_H

#include <ostler/policy.h>

static bool allow(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    (void)method;
    return true;
}

static const struct ostler_policy_ops operations = {.is_allowed = allow};

/* All that a descriptor needs but name and aliases; members that follow replace these. */
#define POLICY                                                                                                         \
    .abi = OSTLER_MODULE_ABI, .size = sizeof(struct ostler_module), .kind = OSTLER_KIND_POLICY, .version = "1.0",      \
    .summary = "allows everything", .ops = &operations, .ops_size = sizeof operations

#endif
