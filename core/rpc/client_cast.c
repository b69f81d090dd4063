/* SPDX-License-Identifier: Apache-2.0 */
/* Casts: one that waits for the transport to accept it, and one that does not. */
#include "acceptance.h"
#include "client_parts.h"

#include <ostler/log.h>

#include <stdlib.h>
#include <string.h>

enum ostler_status ostler_client_cast(const ostler_client *client, struct json_object *context, const char *method,
                                      struct json_object *args, struct ostler_error *error)
{
    struct outgoing outgoing;
    enum ostler_status status = outgoing_prepare(client, context, method, args, false, true, &outgoing, error);

    if (status != OSTLER_OK)
        return status;
    status = client->ops->send(client->driver, &outgoing.message, NULL, error);
    outgoing_clear(&outgoing);
    return status;
}

/* --- Without waiting ---------------------------------------------------------------------------------------------- */

struct cast {
    ostler_accepted_fn done; /* or NULL */
    void *user;
    char method[];
};

static void cast_ended(void *self, enum ostler_status status, const char *reason)
{
    struct cast *cast = self;
    struct ostler_error error = OSTLER_ERROR_INIT;

    if (status != OSTLER_OK)
        ostler_error_set(&error, status, "%s: %s", cast->method, reason);
    if (cast->done)
        cast->done(cast->user, status, status == OSTLER_OK ? NULL : &error);
    else if (status != OSTLER_OK)
        ostler_log(OSTLER_LOG_WARNING, "client", "a cast has failed: %s", error.message);
    ostler_error_clear(&error);
    free(cast);
}

static enum ostler_status send_cast(ostler_transport *transport, const void *message, uint64_t id, ostler_time deadline,
                                    struct ostler_error *error)
{
    struct ostler_outgoing outgoing = *(const struct ostler_outgoing *)message;

    outgoing.call_id = id;
    outgoing.acceptance = id != 0;
    outgoing.accept_by = outgoing.deadline;
    outgoing.deadline = deadline;
    outgoing.more = id && replies_will_flush(transport_replies(transport));
    return transport_ops(transport)->send(transport_driver(transport), &outgoing, NULL, error);
}

enum ostler_status ostler_client_cast_async(const ostler_client *client, struct json_object *context,
                                            const char *method, struct json_object *args, ostler_accepted_fn done,
                                            void *user, struct ostler_error *error)
{
    struct outgoing outgoing;
    enum ostler_status status = outgoing_prepare(client, context, method, args, false, true, &outgoing, error);

    if (status != OSTLER_OK)
        return status;
    size_t size = strlen(method) + 1;
    struct cast *cast = malloc(sizeof *cast + size);
    if (!cast) {
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
        goto out;
    }
    cast->done = done;
    cast->user = user;
    memcpy(cast->method, method, size);
    status = acceptance_begin(client->transport, outgoing.message.deadline, send_cast, &outgoing.message, cast_ended,
                              cast, error);
    if (status != OSTLER_OK)
        free(cast);
out:
    outgoing_clear(&outgoing);
    return status;
}
