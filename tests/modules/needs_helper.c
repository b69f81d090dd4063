/* SPDX-License-Identifier: Apache-2.0 */
/* Needs the library of helper.c; whether it finds it is a matter of how it is linked. */
#include <ostler/policy.h>

bool helper_allows(void);

static bool allow(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    (void)method;
    return helper_allows();
}

static const struct ostler_policy_ops operations = {.is_allowed = allow};

OSTLER_MODULE(needs_helper) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_POLICY,
    .name = "needs-helper",
    .version = "1.0",
    .ops = &operations,
    .ops_size = sizeof operations,
};
