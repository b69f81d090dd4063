/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand in a JSON string. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>

static inline bool byte_needs_escape(char byte)
{
    return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

/* The length of the UTF-8 sequence at `text`, 0 if it is none (RFC 3629: no overlong forms, no surrogates). */
size_t utf8_sequence(const char *text, size_t left);

#endif
