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
enum { BLOCK = 16, WORD = 8 };
typedef signed char block __attribute__((vector_size(BLOCK)));

/* Which of the bytes are above 0x7f or must be escaped: not 0. */
static inline block odd_bytes(const char *at)
{
    block bytes;

    memcpy(&bytes, at, BLOCK);
    /* What is above 0x7f is negative. */
    return (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
}

/* How many of the bytes come before the first odd one. */
static inline size_t even_bytes(block odd)
{
    uint64_t halves[2];

    memcpy(halves, &odd, BLOCK);
    if (halves[0])
        return (size_t)__builtin_ctzll(le64toh(halves[0])) / 8;
    return halves[1] ? 8 + (size_t)__builtin_ctzll(le64toh(halves[1])) / 8 : BLOCK;
}

/* Goes on to the first odd byte. */
static inline const char *skip_even(const char *at, const char *end)
{
    char rest[BLOCK];

    while (end - at >= 2 * BLOCK && even_bytes(odd_bytes(at) | odd_bytes(at + BLOCK)) == BLOCK)
        at += 2 * BLOCK;
    while (end - at >= BLOCK) {
        size_t even = even_bytes(odd_bytes(at));
        at += even;
        if (even < BLOCK)
            return at;
    }
    size_t left = (size_t)(end - at);
    if (left == 0)
        return at;
    memset(rest, 'a', BLOCK);
    memcpy(rest, at, left);
    size_t even = even_bytes(odd_bytes(rest));
    return at + (even < left ? even : left);
}

const char *ostler_json_skip_plain(const char *at, const char *end)
{
    for (;;) {
        at = skip_even(at, end);
        /* Text of another script is not looked at in blocks. */
        while (at < end && (unsigned char)*at > 0x7f) {
            size_t step = utf8_sequence(at, (size_t)(end - at));
            if (step == 0)
                return at;
            at += step;
        }
        if (at == end || byte_needs_escape(*at))
            return at;
    }
}

static inline uint64_t word_at(const char *at)
{
    uint64_t word;

    memcpy(&word, at, WORD);
    return word;
}

static const char *skip_ascii(const char *at, const char *end)
{
    static const uint64_t high = UINT64_C(0x8080808080808080);

    while (end - at >= 4 * WORD &&
           !((word_at(at) | word_at(at + WORD) | word_at(at + 2 * WORD) | word_at(at + 3 * WORD)) & high))
        at += 4 * WORD;
    while (end - at >= WORD && !(word_at(at) & high))
        at += WORD;
    while (at < end && (unsigned char)*at < 0x80)
        at++;
    return at;
}

/* What an escape of two characters stands for; 0 if it is none. */
static char meaning_of(char letter)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *found = letter ? strchr(letters, letter) : NULL;

    return found ? meanings[found - letters] : 0;
}

size_t ostler_json_unescape(const char *from, size_t length, char *to)
{
    const char *end = from + length, *begin = to;

    for (;;) {
        size_t plain = 0;
        /* Between escapes there is mostly less than a block. */
        if (end - from >= BLOCK) {
            memcpy(to, from, BLOCK);
            plain = even_bytes(odd_bytes(from));
        }
        if (from + plain < end && from[plain] != '\\') {
            plain = (size_t)(ostler_json_skip_plain(from + plain, end) - from);
            memcpy(to, from, plain);
        }
        from += plain;
        to += plain;
        if (from == end)
            return (size_t)(to - begin);
        if (*from != '\\' || end - from < 2)
            return SIZE_MAX;
        *to = from[1] == '"' ? '"' : meaning_of(from[1]);
        if (!*to++)
            return SIZE_MAX;
        from += 2;
    }
}

bool ostler_json_is_utf8(const char *text, size_t length)
{
    const char *end = text + length, *at = skip_ascii(text, end);

    while (at < end) {
        size_t step = utf8_sequence(at, (size_t)(end - at));
        if (step == 0)
            return false;
        at = skip_ascii(at + step, end);
    }
    return true;
}
