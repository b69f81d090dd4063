/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies as they nearly always are: what a request or a reply says is picked out of its text, so that values are made only of
 * arguments, context and result. What is picked is what wire_unwrap() and wire_read_...() would have read. */
#ifndef WIRE_QUICK_H
#define WIRE_QUICK_H

#include "wire.h"

/* The text in an envelope, to free(); NULL if the body is anything else, or without memory. */
char *wire_quick_text(const char *bytes, size_t length, size_t *text_length);

/* False if the body is unusual in any way, and without memory; nothing is left behind then. */
bool wire_quick_request(const char *bytes, size_t length, struct wire_request *request);
bool wire_quick_reply(const char *bytes, size_t length, struct wire_reply *reply);

#endif
