/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a function that exists nowhere: it must not open, rather than end the process at the call. */
#include <ostler/policy.h>

bool function_that_exists_nowhere(void);

static bool allow(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    (void)method;
    return function_that_exists_nowhere();
}

static const struct ostler_policy_ops operations = {.is_allowed = allow};

OSTLER_MODULE(unresolved) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_POLICY,
    .name = "unresolved",
    .version = "1.0",
    .ops = &operations,
    .ops_size = sizeof operations,
};
