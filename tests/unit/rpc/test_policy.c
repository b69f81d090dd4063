/* SPDX-License-Identifier: Apache-2.0 */
#include "builtins.h"

#include <ostler/policy.h>

#include <criterion/criterion.h>

static enum ostler_status nothing(ostler_request *request, void *state)
{
    (void)request;
    (void)state;
    return OSTLER_OK;
}

static const struct ostler_method plain = {"run", nothing, NULL, 0, ""};
static const struct ostler_method hidden = {"_run", nothing, NULL, 0, ""};
static const struct ostler_method exposed = {"run", nothing, NULL, OSTLER_METHOD_EXPOSED, ""};
static const struct ostler_method hidden_exposed = {"_run", nothing, NULL, OSTLER_METHOD_EXPOSED, ""};
static const struct ostler_endpoint endpoint = {.version = "1.0"};

static unsigned allowed(const char *policy)
{
    ostler_loaded_module *module = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    builtins_register();
    cr_assert_eq(ostler_module_load(OSTLER_KIND_POLICY, policy, NULL, &module, &error), OSTLER_OK, "%s", policy);
    const struct ostler_policy_ops *ops = ostler_module_descriptor(module)->ops;
    unsigned bits = ops->is_allowed(&endpoint, &plain) * 1u + ops->is_allowed(&endpoint, &hidden) * 2u +
                    ops->is_allowed(&endpoint, &exposed) * 4u + ops->is_allowed(&endpoint, &hidden_exposed) * 8u;
    ostler_module_unref(module);
    return bits;
}

Test(policy, default_hides_underscores)
{
    cr_expect_eq(allowed("default"), 1u + 4u);
    cr_expect_eq(allowed("DefaultRPCAccessPolicy"), 1u + 4u);
}

Test(policy, legacy_allows_all)
{
    cr_expect_eq(allowed("legacy"), 1u + 2u + 4u + 8u);
    cr_expect_eq(allowed("LegacyRPCAccessPolicy"), 1u + 2u + 4u + 8u);
}

Test(policy, explicit_allows_what_is_exposed)
{
    cr_expect_eq(allowed("explicit"), 4u + 8u);
    cr_expect_eq(allowed("ExplicitRPCAccessPolicy"), 4u + 8u);
}
