/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/notification.h>

#include <strings.h>

static const char *const names[OSTLER_PRIORITIES] = {
    [OSTLER_PRIORITY_AUDIT] = "audit",   [OSTLER_PRIORITY_DEBUG] = "debug", [OSTLER_PRIORITY_INFO] = "info",
    [OSTLER_PRIORITY_WARN] = "warn",     [OSTLER_PRIORITY_ERROR] = "error", [OSTLER_PRIORITY_CRITICAL] = "critical",
    [OSTLER_PRIORITY_SAMPLE] = "sample",
};

const char *ostler_priority_name(enum ostler_priority priority)
{
    return (unsigned)priority < OSTLER_PRIORITIES ? names[priority] : "unknown";
}

bool ostler_priority_parse(const char *name, enum ostler_priority *priority)
{
    if (!name)
        return false;
    if (strcasecmp(name, "warning") == 0)
        name = "warn";
    for (unsigned i = 0; i < OSTLER_PRIORITIES; i++)
        if (strcasecmp(name, names[i]) == 0) {
            *priority = (enum ostler_priority)i;
            return true;
        }
    return false;
}
