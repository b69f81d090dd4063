/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text as other implementations write it, into json-c values. */
#ifndef WIRE_PARSE_H
#define WIRE_PARSE_H

#include <json-c/json.h>
#include <ostler/error.h>

/* Deeper values are refused: Python reads about 990 levels. */
enum { WIRE_DEPTH = 1000 };

/* Parses one value and nothing behind it. Integers that fit no 64-bit type keep their digits (they print as they came).
 * OSTLER_E_INVALID says what is wrong and where; OSTLER_E_NOMEM. */
enum ostler_status wire_parse(const char *text, size_t length, struct json_object **value, struct ostler_error *error);

#endif
