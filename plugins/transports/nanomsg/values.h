/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values to and from the wire's text. */
#ifndef VALUES_H
#define VALUES_H

#include <ostler/error.h>

/* Parsers kept for reuse; making one costs more than using it. Any thread. */
struct values;

struct values *values_new(void);
void values_free(struct values *values);

/* Parses all of `text`, which need not end with a zero byte; `what` names it in errors. No text is JSON's null. Refuses
 * what is no UTF-8, and what is nested deeper than 1000. OSTLER_E_INVALID, OSTLER_E_NOMEM. */
enum ostler_status values_parse(struct values *values, const char *text, size_t length, const char *what,
                                struct json_object **out, struct ostler_error *error);

/* The text of a value, which keeps it until it is printed again or freed; NULL without memory. */
const char *values_print(struct json_object *value, size_t *length);

#endif
