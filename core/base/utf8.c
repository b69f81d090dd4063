/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <ostler/json.h>

size_t utf8_sequence(const char *text, size_t left)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned char lead = at[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((lead == 0xe0 && at[1] < 0xa0) || (lead == 0xed && at[1] > 0x9f) || (lead == 0xf0 && at[1] < 0x90) ||
        (lead == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

const char *ostler_json_skip_plain(const char *at, const char *end)
{
    while (at < end) {
        while ((size_t)(end - at) >= sizeof(uint64_t)) {
            uint64_t word = word_at(at);
            if (word_needs_escape(word) | word_beyond_ascii(word))
                break;
            at += sizeof(uint64_t);
        }
        if (at == end || byte_needs_escape(*at))
            break;
        size_t step = utf8_sequence(at, (size_t)(end - at));
        if (step == 0)
            break;
        at += step;
    }
    return at;
}

bool ostler_json_is_utf8(const char *text, size_t length)
{
    const char *at = text, *end = text + length;

    while (at < end) {
        if ((size_t)(end - at) >= sizeof(uint64_t) && !word_beyond_ascii(word_at(at))) {
            at += sizeof(uint64_t);
            continue;
        }
        size_t step = utf8_sequence(at, (size_t)(end - at));
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}
