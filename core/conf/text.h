/* SPDX-License-Identifier: Apache-2.0 */
/* Text as Python sees it, because the files are read by Python's rules: UTF-8, with Unicode's white space. */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <ostler/api.h>

/* A piece of somebody else's text; not ended by a NUL. */
struct span {
    const char *at;
    size_t length;
};

/* Whether all of it is UTF-8 without NUL bytes; if not, *bad is the offset of the first byte that is not. */
bool text_is_utf8(const char *text, size_t length, size_t *bad);

/* Python's str.lstrip(), rstrip() and strip(), for valid UTF-8. */
struct span text_strip_left(struct span text);
struct span text_strip_right(struct span text);
struct span text_strip(struct span text);

/* A section's name as sections are compared: lower case (ASCII), but DEFAULT as it is. Writes at most @size bytes with
 * the NUL; false if it does not fit. */
bool text_section_key(const char *name, char *key, size_t size);

/* The text as an error message can show it: cut at 60 bytes, control characters as '?'. @shown holds the result. */
enum { TEXT_SHOWN_BYTES = 72 };
const char *text_shown(const char *text, char shown[TEXT_SHOWN_BYTES]);

#endif
