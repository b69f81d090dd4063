/* SPDX-License-Identifier: Apache-2.0 */
/* The only place in the core that names a driver: without a configured URL, servers and clients of one user on one host
 * meet in a folder. */
#include "default_url.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SCHEME "nanomsg"

/* An absolute path from the environment, or NULL. */
static const char *folder_from(const char *variable)
{
    const char *folder = getenv(variable);

    return folder && folder[0] == '/' && strlen(folder) < PATH_MAX ? folder : NULL;
}

char *default_url(void)
{
    char url[PATH_MAX + 64];
    const char *runtime = folder_from("XDG_RUNTIME_DIR");
    const char *temporary = folder_from("TMPDIR");

    if (geteuid() == 0)
        snprintf(url, sizeof url, DEFAULT_SCHEME ":///run/ostler");
    else if (runtime)
        snprintf(url, sizeof url, DEFAULT_SCHEME "://%s/ostler", runtime);
    else
        snprintf(url, sizeof url, DEFAULT_SCHEME "://%s/ostler-%u", temporary ? temporary : "/tmp",
                 (unsigned)geteuid());
    return strdup(url);
}
