/* SPDX-License-Identifier: Apache-2.0 */
/* What a method takes, as its table row declares it: parsed once, checked for every request. */
#ifndef RPC_PARAMS_H
#define RPC_PARAMS_H

#include <ostler/error.h>

struct params;

/* More than a method can sensibly take. */
#define PARAMS_MAX 64

/* Parses the grammar of struct ostler_method's `params`; NULL text gives NULL params, which accept everything.
 * OSTLER_E_MODULE with what is wrong, OSTLER_E_NOMEM. */
enum ostler_status params_parse(const char *text, struct params **params, struct ostler_error *error);

void params_free(struct params *params);

/* Whether @p args (an object) fit. OSTLER_E_INVALID with the text of Python's TypeError for @p method. */
enum ostler_status params_check(const struct params *params, const char *method, struct json_object *args,
                                struct ostler_error *error);

#endif
