/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/version.h>

#include <limits.h>

struct version {
    long part[3]; /* major, minor, revision */
};

const char *ostler_version(void)
{
    return OSTLER_VERSION;
}

/* Asked for every request: no function of the C library's that looks at the locale. */
static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One number with blanks around it, as Python's int() takes it. */
static bool parse_part(const char **text, long *value)
{
    const char *at = *text;

    while (is_blank(*at))
        at++;
    if (!is_digit(*at))
        return false;
    /* Numbers that are too large are all the same. */
    for (*value = 0; is_digit(*at); at++)
        *value = *value < LONG_MAX / 10 - 1 ? *value * 10 + (*at - '0') : LONG_MAX;
    while (is_blank(*at))
        at++;
    if (*at != '.' && *at != '\0')
        return false;
    *text = *at == '.' ? at + 1 : NULL;
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
