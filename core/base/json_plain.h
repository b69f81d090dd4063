/* SPDX-License-Identifier: Apache-2.0 */
/* Text to values, for what programs write: read many bytes at a time. Whatever else comes (deep nesting, huge numbers,
 * lone surrogates, mistakes) is not plain, and json-c's to read. So not everything need be read here, but
 * what is read must become what json-c makes of it. */
#ifndef JSON_PLAIN_H
#define JSON_PLAIN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

enum json_plain { JSON_READ, JSON_NOT_PLAIN, JSON_NO_MEMORY };

/* Reads all of the text. */
enum json_plain json_read_plain(const char *text, size_t length, struct json_object **value);

/* Reads the value that the text begins with, and leaves *at behind it. */
enum json_plain json_read_plain_next(const char **at, const char *end, struct json_object **value);

#endif
