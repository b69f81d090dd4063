/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/version.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct version {
    long part[3]; /* major, minor, revision */
};

const char *ostler_version(void)
{
    return OSTLER_VERSION;
}

/* One number with blanks around it, as Python's int() takes it. */
static bool parse_part(const char **text, long *value)
{
    const char *at = *text;

    while (isspace((unsigned char)*at))
        at++;
    if (!isdigit((unsigned char)*at))
        return false;
    char *end;
    *value = strtol(at, &end, 10);
    while (isspace((unsigned char)*end))
        end++;
    if (*end != '.' && *end != '\0')
        return false;
    *text = *end == '.' ? end + 1 : NULL;
    return true;
}

/* Parts after the third do not count, but must be there to be ignored: "1.2.3.4" is 1.2.3. */
static bool parse_version(const char *text, struct version *version)
{
    struct version parsed = {{0, 0, 0}};
    size_t count = 0;

    while (text && count < 3)
        if (!parse_part(&text, &parsed.part[count++]))
            return false;
    if (count < 2)
        return false;
    *version = parsed;
    return true;
}

bool ostler_version_compatible(const char *implemented, const char *requested)
{
    struct version have, want;

    if (!implemented)
        return true;
    if (!requested || !parse_version(implemented, &have) || !parse_version(requested, &want))
        return false;
    if (have.part[0] != want.part[0] || want.part[1] > have.part[1])
        return false;
    return want.part[1] < have.part[1] || want.part[2] <= have.part[2];
}

enum ostler_status ostler_version_check(const char *version, struct ostler_error *error)
{
    struct version parsed;

    if (version && parse_version(version, &parsed))
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_INVALID, "Version must contain a major and minor integer. Got %s",
                            version ? version : "none");
}
