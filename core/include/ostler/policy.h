/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/policy.h
 * Access policies: which methods of an endpoint may be called. The contract of a module of kind OSTLER_KIND_POLICY.
 * oslo_messaging/rpc/dispatcher.py RPCAccessPolicyBase. Built in:
 *  - `default` (DefaultRPCAccessPolicy): names that do not begin with "_";
 *  - `legacy` (LegacyRPCAccessPolicy): every method of the table;
 *  - `explicit` (ExplicitRPCAccessPolicy): methods marked OSTLER_METHOD_EXPOSED.
 */
#ifndef OSTLER_POLICY_H
#define OSTLER_POLICY_H

#include <ostler/endpoint.h>

OSTLER_BEGIN_DECLS

struct ostler_policy_ops {
    /** Whether @p method may be called. No state, no waiting: called for every request, from any thread. */
    bool (*is_allowed)(const struct ostler_endpoint *endpoint, const struct ostler_method *method);
};

OSTLER_END_DECLS

#endif
