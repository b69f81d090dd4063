/* SPDX-License-Identifier: Apache-2.0 */
/* How calls end: by a reply, or without one. */
#include "replies_parts.h"

#include <json-c/json.h>
#include <stdlib.h>

void replies_end(struct replies *replies, struct call *call, struct call_end end)
{
    calls_remove(&replies->calls, call);
    call->end = end;
    if (call->style == CALL_ASYNC) {
        replies_owe(replies, (struct ostler_call *)call);
    } else {
        struct waited_call *waited = (struct waited_call *)call;
        waited->ended = true;
        pthread_cond_signal(&waited->changed);
    }
}

void replies_end_gather(struct replies *replies, struct gather_call *gather)
{
    if (!gather->waited.ended && gather->count + gather->lost >= gather->expected)
        replies_end(replies, &gather->waited.call, (struct call_end){.status = OSTLER_OK});
}

/* More replies than any topic has servers: what comes beyond is dropped. */
enum { GATHERED_MAX = 65536 };

static void add_gathered(struct replies *replies, struct gather_call *gather, struct call_end end)
{
    if (gather->count == GATHERED_MAX) {
        call_end_clear(&end);
        return;
    }
    if (gather->count == gather->capacity) {
        size_t capacity = gather->capacity ? gather->capacity * 2 : 8;
        struct call_end *ends = realloc(gather->ends, capacity * sizeof *ends);
        if (!ends) {
            call_end_clear(&end);
            replies_end(replies, &gather->waited.call, (struct call_end){.status = OSTLER_E_NOMEM});
            return;
        }
        gather->ends = ends;
        gather->capacity = capacity;
    }
    gather->ends[gather->count++] = end;
    replies_end_gather(replies, gather);
}

static void count_lost(struct replies *replies, struct gather_call *gather, struct call_end end)
{
    call_end_clear(&end);
    gather->lost++;
    replies_end_gather(replies, gather);
}

static void sign_of_life(struct replies *replies, struct call *call)
{
    call->heartbeat_seen = true;
    if (call->monitor_deadline == OSTLER_NEVER)
        return;
    call->monitor_deadline = ostler_now() + call->monitor_span;
    if (call->style == CALL_ASYNC)
        calls_due_changed(&replies->calls, call);
}

static struct call_end end_of(struct ostler_reply *reply)
{
    struct call_end end = {.value = reply->value};

    if (reply->kind == OSTLER_REPLY_FAILURE)
        end.status = OSTLER_E_REMOTE;
    else if (reply->kind == OSTLER_REPLY_LOST)
        end = (struct call_end){.status = reply->status == OSTLER_OK ? OSTLER_E_DELIVERY : reply->status,
                                .reason = reply->reason};
    return end;
}

/* A reply for nobody (late, repeated, made up) is dropped. */
void replies_deliver(struct replies *replies, struct ostler_reply *reply)
{
    struct call *call = calls_find(&replies->calls, reply->call_id);
    struct call_end end;

    if (reply->kind == OSTLER_REPLY_HEARTBEAT) {
        json_object_put(reply->value);
        if (call)
            sign_of_life(replies, call);
        return;
    }
    end = end_of(reply);
    if (!call)
        call_end_clear(&end);
    else if (call->style == CALL_GATHER && reply->kind == OSTLER_REPLY_LOST)
        count_lost(replies, (struct gather_call *)call, end);
    else if (call->style == CALL_GATHER)
        add_gathered(replies, (struct gather_call *)call, end);
    else
        replies_end(replies, call, end);
}
