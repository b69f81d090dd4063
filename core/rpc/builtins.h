/* SPDX-License-Identifier: Apache-2.0 */
/* The executors and access policies that are part of the library: modules like those that are loaded. */
#ifndef RPC_BUILTINS_H
#define RPC_BUILTINS_H

#include <ostler/module.h>
#include <ostler/version.h>

extern const struct ostler_module executor_blocking;
extern const struct ostler_module executor_threading;
extern const struct ostler_module policy_default;
extern const struct ostler_module policy_explicit;
extern const struct ostler_module policy_legacy;

/* Makes them known to ostler_module_load(), once; also called when the library is loaded. */
void builtins_register(void);

#endif
