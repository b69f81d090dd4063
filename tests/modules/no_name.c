/* SPDX-License-Identifier: Apache-2.0 */
/* No name. */
#include "policy.h"

OSTLER_MODULE(no_name) = {POLICY};
