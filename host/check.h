/* SPDX-License-Identifier: Apache-2.0 */
/* `ostlerd --check`. */
#ifndef CHECK_H
#define CHECK_H

#include "sources.h"

/* Loads everything that the configuration names and prints every finding; opens no endpoint and listens on nothing.
 * Returns the exit code: 0 without a finding, else 2. */
int check(const struct sources *sources);

#endif
