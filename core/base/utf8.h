/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at text a word at a time: most of it is plain ASCII. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EVERY_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t word_at(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof word);
    return word;
}

/* Not 0 if the word has a byte above 0x7f. */
static inline uint64_t word_beyond_ascii(uint64_t word)
{
    return word & EVERY_BYTE(0x80);
}

/* Not 0 if the word may have a byte that a JSON string cannot hold as it is: a control character, a quote, a backslash.
 * Bytes above 0x7f do not count. */
static inline uint64_t word_needs_escape(uint64_t word)
{
    uint64_t quote = word ^ EVERY_BYTE('"'), backslash = word ^ EVERY_BYTE('\\');

    return (((word - EVERY_BYTE(0x20)) & ~word) | ((quote - EVERY_BYTE(1)) & ~quote) |
            ((backslash - EVERY_BYTE(1)) & ~backslash)) &
           EVERY_BYTE(0x80);
}

static inline bool byte_needs_escape(char byte)
{
    return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

/* The length of the UTF-8 sequence at `text`, 0 if it is none (RFC 3629: no overlong forms, no surrogates). */
size_t utf8_sequence(const char *text, size_t left);

#endif
