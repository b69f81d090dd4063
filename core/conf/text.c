/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"
#include "utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool text_is_utf8(const char *text, size_t length, size_t *bad)
{
    for (size_t i = 0; i < length;) {
        size_t sequence = text[i] ? utf8_sequence(text + i, length - i) : 0;
        if (sequence == 0) {
            *bad = i;
            return false;
        }
        i += sequence;
    }
    return true;
}

/* Characters outside ASCII for which Python's str.isspace() is true. */
static const char *const wide_spaces[] = {
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
    "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

static bool is_space(const char *at, size_t length)
{
    unsigned char byte = (unsigned char)*at;

    if (length == 1)
        return (byte >= 0x09 && byte <= 0x0d) || (byte >= 0x1c && byte <= 0x20);
    for (size_t i = 0; i < sizeof wide_spaces / sizeof wide_spaces[0]; i++)
        if (strlen(wide_spaces[i]) == length && memcmp(wide_spaces[i], at, length) == 0)
            return true;
    return false;
}

struct span text_strip_left(struct span text)
{
    while (text.length > 0) {
        size_t sequence = utf8_sequence(text.at, text.length);
        if (sequence == 0 || !is_space(text.at, sequence))
            break;
        text.at += sequence;
        text.length -= sequence;
    }
    return text;
}

struct span text_strip_right(struct span text)
{
    while (text.length > 0) {
        size_t sequence = 1;
        while (sequence < text.length && ((unsigned char)text.at[text.length - sequence] & 0xc0) == 0x80)
            sequence++;
        if (!is_space(text.at + text.length - sequence, sequence))
            break;
        text.length -= sequence;
    }
    return text;
}

struct span text_strip(struct span text)
{
    return text_strip_left(text_strip_right(text));
}

bool text_section_key(const char *name, char *key, size_t size)
{
    size_t length = strlen(name);

    if (length >= size)
        return false;
    memcpy(key, name, length + 1);
    if (strcmp(name, "DEFAULT") != 0)
        for (size_t i = 0; i < length; i++)
            if (key[i] >= 'A' && key[i] <= 'Z')
                key[i] = (char)(key[i] - 'A' + 'a');
    return true;
}

const char *text_shown(const char *text, char shown[TEXT_SHOWN_BYTES])
{
    enum { CUT = 60 };
    size_t length = strlen(text);
    size_t keep = length;

    if (length > CUT)
        for (keep = CUT; keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80;)
            keep--;
    for (size_t i = 0; i < keep; i++)
        shown[i] = iscntrl((unsigned char)text[i]) ? '?' : text[i];
    snprintf(shown + keep, TEXT_SHOWN_BYTES - keep, "%s", keep < length ? "..." : "");
    return shown;
}
