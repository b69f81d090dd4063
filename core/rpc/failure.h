/* SPDX-License-Identifier: Apache-2.0 */
/* The failure object of the wire: class, module, message, tb, args, kwargs. */
#ifndef RPC_FAILURE_H
#define RPC_FAILURE_H

#include <ostler/api.h>

/* @p where is a line that names what failed. @p args (an array) and @p kwargs (an object) are borrowed; without args the
 * message is the only one. NULL without memory. */
struct json_object *failure_new(const char *module, const char *class_name, const char *message, const char *where,
                                struct json_object *args, struct json_object *kwargs);

#endif
