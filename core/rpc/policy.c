/* SPDX-License-Identifier: Apache-2.0 */
/* The access policies, with oslo.messaging's class names as aliases. */
#include "builtins.h"

#include <ostler/policy.h>

static bool default_is_allowed(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    return method->name[0] != '_';
}

static bool legacy_is_allowed(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    (void)method;
    return true;
}

static bool explicit_is_allowed(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    return (method->flags & OSTLER_METHOD_EXPOSED) != 0;
}

static const struct ostler_policy_ops default_operations = {.is_allowed = default_is_allowed};
static const struct ostler_policy_ops legacy_operations = {.is_allowed = legacy_is_allowed};
static const struct ostler_policy_ops explicit_operations = {.is_allowed = explicit_is_allowed};

static const char *const default_aliases[] = {"DefaultRPCAccessPolicy", NULL};
static const char *const legacy_aliases[] = {"LegacyRPCAccessPolicy", NULL};
static const char *const explicit_aliases[] = {"ExplicitRPCAccessPolicy", NULL};

const struct ostler_module policy_default = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_POLICY,
    .name = "default",
    .aliases = default_aliases,
    .version = OSTLER_VERSION,
    .summary = "methods whose names do not begin with an underscore",
    .ops = &default_operations,
    .ops_size = sizeof default_operations,
};

const struct ostler_module policy_legacy = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_POLICY,
    .name = "legacy",
    .aliases = legacy_aliases,
    .version = OSTLER_VERSION,
    .summary = "every method",
    .ops = &legacy_operations,
    .ops_size = sizeof legacy_operations,
};

const struct ostler_module policy_explicit = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_POLICY,
    .name = "explicit",
    .aliases = explicit_aliases,
    .version = OSTLER_VERSION,
    .summary = "methods that are marked as exposed",
    .ops = &explicit_operations,
    .ops_size = sizeof explicit_operations,
};
