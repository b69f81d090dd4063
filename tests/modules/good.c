/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong with this one. */
#include "policy.h"

static const char *const aliases[] = {"fine", "GoodPolicy", NULL};

OSTLER_MODULE(good) = {POLICY, .name = "good", .aliases = aliases};
