/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as Python reads and prints them, whatever the locale. */
#ifndef CONF_NUMBER_H
#define CONF_NUMBER_H

#include <ostler/api.h>

enum { NUMBER_TEXT_BYTES = 48 };

enum number_result { NUMBER_OK, NUMBER_BAD, NUMBER_RANGE };

/* int(TEXT) for a text without white space around it: sign, digits, single underscores between digits. NUMBER_RANGE
 * where it does not fit 64 bits. */
enum number_result number_parse_integer(const char *text, int64_t *value);

/* float(TEXT) likewise; a text of a thousand bytes or more is NUMBER_BAD. */
enum number_result number_parse_float(const char *text, double *value);

/* repr(VALUE): the shortest digits that read back as the same value. */
void number_print(double value, char text[NUMBER_TEXT_BYTES]);

#endif
