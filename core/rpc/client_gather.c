/* SPDX-License-Identifier: Apache-2.0 */
/* One request to all servers of a topic, and all their answers. */
#include "client_parts.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>

static void take_answer(const ostler_client *client, struct call_end *end, struct ostler_gathered *answer)
{
    struct json_object *value = end->value;

    end->value = NULL;
    answer->status = end->status;
    if (end->status == OSTLER_OK) {
        answer->status = client_take_result(client->options.serializer, NULL, value, &answer->result, &answer->error);
    } else {
        ostler_error_set_remote(&answer->error, value);
        json_object_put(value);
    }
    call_end_clear(end);
}

/* Fewer answers than servers is no failure; anything but running out of time is. */
static enum ostler_status take_answers(const ostler_client *client, struct gather_call *gather,
                                       struct ostler_gathered **out, size_t *count, struct ostler_error *error)
{
    enum ostler_status status = gather->waited.call.end.status;

    if (status != OSTLER_OK && status != OSTLER_E_TIMEOUT)
        return ostler_error_set(error, status, "gather: %s",
                                gather->waited.call.end.reason ? gather->waited.call.end.reason
                                                               : ostler_status_text(status));
    struct ostler_gathered *answers = calloc(gather->count ? gather->count : 1, sizeof *answers);
    if (!answers)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    for (size_t i = 0; i < gather->count; i++)
        take_answer(client, &gather->ends[i], &answers[i]);
    *out = answers;
    *count = gather->count;
    return OSTLER_OK;
}

static void gather_clear(struct gather_call *gather)
{
    for (size_t i = 0; i < gather->count; i++)
        call_end_clear(&gather->ends[i]);
    free(gather->ends);
    call_end_clear(&gather->waited.call.end);
    waited_call_fini(&gather->waited);
}

enum ostler_status ostler_client_gather(const ostler_client *client, struct json_object *context, const char *method,
                                        struct json_object *args, size_t expected, struct ostler_gathered **answers,
                                        size_t *count, struct ostler_error *error)
{
    struct outgoing outgoing;
    struct gather_call gather = {.expected = expected ? expected : SIZE_MAX};
    unsigned receivers = UINT_MAX; /* unknown */
    enum ostler_status status = outgoing_prepare(client, context, method, args, true, true, &outgoing, error);

    if (status != OSTLER_OK)
        return status;
    waited_call_init(&gather.waited, CALL_GATHER, outgoing.message.deadline, 0.0);
    status = replies_add(client->replies, &gather.waited.call, &outgoing.message.call_id, error);
    if (status != OSTLER_OK)
        goto out;

    outgoing.message.target.fanout = true;
    outgoing.message.monitor_timeout = 0.0;
    status = client->ops->send(client->driver, &outgoing.message, &receivers, error);
    if (status != OSTLER_OK && replies_drop(client->replies, &gather.waited.call))
        goto out;
    if (!expected && receivers != UINT_MAX)
        replies_expect(client->replies, &gather, receivers);
    replies_wait(client->replies, &gather.waited);
    status = take_answers(client, &gather, answers, count, error);
out:
    gather_clear(&gather);
    outgoing_clear(&outgoing);
    return status;
}

void ostler_gathered_free(struct ostler_gathered *answers, size_t count)
{
    for (size_t i = 0; answers && i < count; i++) {
        json_object_put(answers[i].result);
        ostler_error_clear(&answers[i].error);
    }
    free(answers);
}
