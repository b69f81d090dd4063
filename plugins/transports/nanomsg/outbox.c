/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox.h"

#include <stdlib.h>
#include <string.h>

bool outbox_put(struct outbox *outbox, const struct iovec *parts, int count)
{
    if (!outbox->bytes) {
        outbox->bytes = malloc(OUTBOX_SIZE);
        if (!outbox->bytes)
            return false;
        outbox->since = ostler_now();
    }
    for (int i = 0; i < count; i++) {
        if (parts[i].iov_len)
            memcpy(outbox->bytes + outbox->used, parts[i].iov_base, parts[i].iov_len);
        outbox->used += parts[i].iov_len;
    }
    outbox->records++;
    return true;
}

struct outbox outbox_take(struct outbox *outbox)
{
    struct outbox taken = *outbox;

    *outbox = (struct outbox){.bytes = NULL};
    return taken;
}
