/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-decoding, by the rules of Python's urllib.parse.unquote(). */
#include "url_parts.h"

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

/* The length of the UTF-8 sequence at @p s, or 0 if there is no valid one (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *s)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t length;

    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        length = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        length = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        length = 4;
    else
        return 0;

    if (s[0] == 0xe0)
        low = 0xa0; /* shorter forms exist */
    else if (s[0] == 0xed)
        high = 0x9f; /* surrogates */
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f; /* above U+10FFFF */

    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (s[i] < 0x80 || s[i] > 0xbf)
            return 0;
    }
    return length;
}

bool url_is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    while (*s) {
        size_t length = utf8_length(s);
        if (length == 0)
            return false;
        s += length;
    }
    return true;
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
