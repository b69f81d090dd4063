/* SPDX-License-Identifier: Apache-2.0 */
/* Building JSON text without building values. */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include "wire.h"

#include <string.h>

/* Marks the text as failed. */
void wire_fail(struct wire_text *text, const char *problem);

void wire_put_bytes(struct wire_text *text, const char *bytes, size_t length);
/* As a JSON string, with its quotes. Fails if it is not UTF-8. */
void wire_put_string(struct wire_text *text, const char *bytes, size_t length);
/* A JSON string whose contents follow "prefix". */
void wire_put_name(struct wire_text *text, const char *prefix, const char *name);
/* Any value; NULL is null. Fails if it is nested too deeply. */
void wire_put_value(struct wire_text *text, struct json_object *value);

/* A literal. */
static inline void wire_put(struct wire_text *text, const char *literal)
{
    wire_put_bytes(text, literal, strlen(literal));
}

#endif
