/* SPDX-License-Identifier: Apache-2.0 */
/* A name that no config and no URL could spell. */
#include "policy.h"

OSTLER_MODULE(bad_name) = {POLICY, .name = "bad/name"};
