/* SPDX-License-Identifier: Apache-2.0 */
#include "client_parts.h"

#include <stdio.h>

const char *target_text(const struct ostler_target *target, char *text, size_t size)
{
    snprintf(text, size, "topic %s%s%s%s%s%s", target->topic ? target->topic : "(none)",
             target->exchange ? " of exchange " : "", target->exchange ? target->exchange : "",
             target->fanout ? ", all servers" : "", !target->fanout && target->server ? ", server " : "",
             !target->fanout && target->server ? target->server : "");
    return text;
}
