/* SPDX-License-Identifier: Apache-2.0 */
#include "builtins.h"

#include "module_builtin.h"

#include <pthread.h>

static void register_all(void)
{
    module_register_builtin(&executor_threading);
    module_register_builtin(&executor_blocking);
    module_register_builtin(&policy_default);
    module_register_builtin(&policy_legacy);
    module_register_builtin(&policy_explicit);
}

/* A program may ask for the modules there are before it has a server. */
__attribute__((constructor)) void builtins_register(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, register_all);
}
