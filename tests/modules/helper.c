/* SPDX-License-Identifier: Apache-2.0 */
/* A library that modules need: missing_library.c cannot find it, origin.c looks in its own folder. */
#include <ostler/api.h>

OSTLER_API bool helper_allows(void);

bool helper_allows(void)
{
    return true;
}
