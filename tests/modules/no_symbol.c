/* SPDX-License-Identifier: Apache-2.0 */
/* A good shared object, but no module. */
#include <ostler/api.h>

OSTLER_API int not_a_module(void);

int not_a_module(void)
{
    return 0;
}
