/* SPDX-License-Identifier: Apache-2.0 */
/* Linked into a program with libtool's -dlpreopen. */
#include "policy.h"

static const char *const aliases[] = {"one", NULL};

OSTLER_MODULE(first) = {POLICY, .name = "first", .aliases = aliases};
