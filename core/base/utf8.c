/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <ostler/json.h>

#include <endian.h>
#include <stdint.h>
#include <string.h>

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

/* Most text is plain ASCII: looked at so many bytes at a time. */
enum { BLOCK = 16 };
typedef signed char block __attribute__((vector_size(BLOCK)));

/* How many of the bytes come before the first one that is above 0x7f or must be escaped. */
static inline size_t plain_bytes(const char *at)
{
    block bytes;
    uint64_t halves[2];

    memcpy(&bytes, at, BLOCK);
    /* What is above 0x7f is negative. */
    block odd = (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
    memcpy(halves, &odd, BLOCK);
    if (halves[0])
        return (size_t)__builtin_ctzll(le64toh(halves[0])) / 8;
    return halves[1] ? 8 + (size_t)__builtin_ctzll(le64toh(halves[1])) / 8 : BLOCK;
}

const char *ostler_json_skip_plain(const char *at, const char *end)
{
    while (at < end) {
        size_t plain = end - at >= BLOCK ? plain_bytes(at) : 0;
        at += plain;
        if (plain == BLOCK)
            continue;
        if (byte_needs_escape(*at))
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
    const char *end = text + length, *at = ostler_json_skip_plain(text, end);

    while (at < end && (unsigned char)*at < 0x80)
        at = ostler_json_skip_plain(at + 1, end);
    return at == end;
}
