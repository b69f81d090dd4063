/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text as other implementations write it, into json-c values. */
#ifndef WIRE_PARSE_H
#define WIRE_PARSE_H

#include <json-c/json.h>
#include <ostler/error.h>

/* Reads one value and nothing behind it, as ostler_json_read() does. Integers that fit no 64-bit type keep their digits
 * (they print as they came). `what` is the subject of the error's sentence. */
enum ostler_status wire_parse(const char *text, size_t length, const char *what, struct json_object **value,
                              struct ostler_error *error);

#endif
