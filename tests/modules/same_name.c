/* SPDX-License-Identifier: Apache-2.0 */
/* Another file with the name of good.c. */
#include "policy.h"

OSTLER_MODULE(same_name) = {POLICY, .name = "good"};
