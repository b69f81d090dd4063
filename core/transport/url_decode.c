/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-decoding, by the rules of Python's urllib.parse.unquote(). */
#include "url_parts.h"

#include <ostler/json.h>

#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool url_is_utf8(const char *text)
{
    return ostler_json_is_utf8(text, strlen(text));
}

enum ostler_status url_decode(char *text, const char *what, struct ostler_error *error)
{
    char *to = text;

    for (const char *from = text; *from; to++) {
        int high = from[0] == '%' ? hex_value(from[1]) : -1;
        int low = high >= 0 ? hex_value(from[2]) : -1;
        if (low < 0) { /* a "%" that begins no escape stands for itself */
            *to = *from++;
            continue;
        }
        *to = (char)(high * 16 + low);
        if (!*to)
            return ostler_error_set(error, OSTLER_E_URL, "%s holds %%00, which no text can", what);
        from += 3;
    }
    *to = '\0';
    if (!url_is_utf8(text))
        return ostler_error_set(error, OSTLER_E_URL, "%s is not UTF-8 once its %%XX are decoded", what);
    return OSTLER_OK;
}
