/* SPDX-License-Identifier: Apache-2.0 */
/* Linked into a program with libtool's -dlpreopen; the archive's name has a character that no symbol can have. */
#include "policy.h"

OSTLER_MODULE(second_one) = {POLICY, .name = "second"};
