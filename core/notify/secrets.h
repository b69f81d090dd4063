/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords and their like in values: told by the name of the member, or by a name in front of them in a text. */
#ifndef NOTIFY_SECRETS_H
#define NOTIFY_SECRETS_H

#include <ostler/api.h>

/* Whether a member of this name holds a secret. */
bool secrets_is_name(const char *name);

/* A copy of @p value as JSON text, as Python prints it, with "***" for secrets; to free(). NULL without memory. */
char *secrets_print_masked(struct json_object *value);

#endif
