/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of json values: sender and receiver are different threads, and share none. */
#ifndef FAKE_VALUE_H
#define FAKE_VALUE_H

#include <ostler/error.h>

/* Arrays and objects inside one another that a message may have. */
#define FAKE_VALUE_DEPTH 1000

/* Copies a value with all that is in it; *copy is the caller's. What no wire could carry is refused: text that is not
 * UTF-8, and nesting beyond FAKE_VALUE_DEPTH. OSTLER_E_INVALID, OSTLER_E_NOMEM. */
enum ostler_status fake_value_copy(struct json_object *value, struct json_object **copy, struct ostler_error *error);

/* As fake_value_copy(), but an empty object becomes NULL, which means the same in a request and costs nothing. */
enum ostler_status fake_value_copy_members(struct json_object *object, struct json_object **copy,
                                           struct ostler_error *error);

#endif
