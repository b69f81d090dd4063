/* SPDX-License-Identifier: Apache-2.0 */
/* The same alias twice. */
#include "policy.h"

static const char *const aliases[] = {"again", "once", "again", NULL};

OSTLER_MODULE(alias_twice) = {POLICY, .name = "alias-twice", .aliases = aliases};
