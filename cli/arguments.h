/* SPDX-License-Identifier: Apache-2.0 */
/* NAME=STRING, NAME:=JSON and NAME:=@FILE, as they stand on the command line, into a JSON object. */
#ifndef OSTLER_CLI_ARGUMENTS_H
#define OSTLER_CLI_ARGUMENTS_H

#include <ostler/error.h>

/* The deepest nesting of a JSON argument, arrays and objects together. */
#define ARGUMENTS_DEPTH_MAX 512
/* The most bytes of one argument, be it on the command line or in a file. */
#define ARGUMENTS_SIZE_MAX ((size_t)256 * 1024 * 1024)

/* Adds one argument to @p object. OSTLER_E_INVALID and OSTLER_E_SYSTEM (the file cannot be read) with a message that
 * names the argument; then the object is as it was. */
enum ostler_status arguments_add(struct json_object *object, const char *text, struct ostler_error *error);

/* A new object of @p count arguments, the caller's to put. */
enum ostler_status arguments_parse(char *const *texts, size_t count, struct json_object **object,
                                   struct ostler_error *error);

/* Whether @p size bytes are valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool arguments_utf8_valid(const char *text, size_t size);

#endif
