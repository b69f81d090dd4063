/* SPDX-License-Identifier: Apache-2.0 */
/* A name of its own, and an alias that good.c has too. */
#include "policy.h"

static const char *const aliases[] = {"other", "fine", NULL};

OSTLER_MODULE(alias_taken) = {POLICY, .name = "alias-taken", .aliases = aliases};
