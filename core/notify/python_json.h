/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as Python's json.dumps() prints it, for people who compare logs. */
#ifndef NOTIFY_PYTHON_JSON_H
#define NOTIFY_PYTHON_JSON_H

#include <ostler/api.h>

struct json_object;

/* The text, to free(). NULL without memory. */
char *python_json(struct json_object *value);

#endif
