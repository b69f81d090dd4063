/* SPDX-License-Identifier: Apache-2.0 */
#include "acceptance.h"

#include "replies.h"

#include <stdlib.h>
#include <string.h>

struct acceptance {
    struct ostler_call base; /* first: what the table of calls knows */
    acceptance_done_fn done;
    void *user;
};

static void complete(struct ostler_call *call, struct call_end *end)
{
    struct acceptance *acceptance = (struct acceptance *)call;
    bool in_time = end->status != OSTLER_E_TIMEOUT;
    const char *reason = end->reason                ? end->reason
                         : !in_time                 ? "sent, but the transport has not accepted it in time"
                         : end->status != OSTLER_OK ? ostler_status_text(end->status)
                                                    : NULL;

    acceptance->done(acceptance->user, in_time ? end->status : OSTLER_E_DELIVERY, reason);
    call_end_clear(end);
}

static struct acceptance *new_acceptance(struct replies *replies, acceptance_done_fn done, void *user)
{
    struct acceptance *acceptance = malloc(sizeof *acceptance);

    if (!acceptance)
        return NULL;
    memset(acceptance, 0, sizeof *acceptance);
    async_call_init(&acceptance->base, replies, complete);
    acceptance->done = done;
    acceptance->user = user;
    return acceptance;
}

enum ostler_status acceptance_begin(ostler_transport *transport, ostler_time deadline, acceptance_send_fn send,
                                    const void *message, acceptance_done_fn done, void *user,
                                    struct ostler_error *error)
{
    struct replies *replies = transport_replies(transport);
    bool later = transport_ops(transport)->accepts_later, owed = false;
    uint64_t id;
    enum ostler_status status = replies_need_completer(replies, error);

    if (status != OSTLER_OK)
        return status;
    struct acceptance *acceptance = new_acceptance(replies, done, user);
    if (!acceptance)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    struct call *call = &acceptance->base.call;
    status = replies_add(replies, call, &id, error);
    if (status == OSTLER_OK) {
        status = send(transport, message, later ? id : 0, replies_have_event_loop(replies) ? OSTLER_AT_ONCE : deadline,
                      error);
        if (status == OSTLER_OK && later)
            replies_await(replies, call, deadline, OSTLER_NEVER);
        else if (status == OSTLER_OK)
            replies_succeed(replies, call);
        /* It may have ended meanwhile: then the callback comes, and says how. */
        owed = status == OSTLER_OK || !replies_drop(replies, call);
    }
    async_call_unref(&acceptance->base);
    if (!owed)
        async_call_unref(&acceptance->base);
    return owed ? OSTLER_OK : status;
}
