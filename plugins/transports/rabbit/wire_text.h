/* SPDX-License-Identifier: Apache-2.0 */
/* Building JSON text without building values. */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include "wire.h"

#include <string.h>

/* Marks the text as failed. */
void wire_fail(struct wire_text *text, const char *problem);

/* As they are. */
void wire_put_bytes(struct wire_text *text, const char *bytes, size_t length);
/* A piece of JSON without backslashes. */
void wire_put(struct wire_text *text, const char *literal);
/* As a JSON string, with its quotes. Fails if it is not UTF-8. */
void wire_put_string(struct wire_text *text, const char *bytes, size_t length);
/* A JSON string that begins with "prefix", which holds nothing special. */
void wire_put_name(struct wire_text *text, const char *prefix, const char *name);
/* Any value; NULL is null. Serializers of its own are heeded for numbers with a fraction only. Fails if it is nested too deeply. */
void wire_put_value(struct wire_text *text, struct json_object *value);

#endif
