/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies as they come over RabbitMQ: an envelope, a request or a reply; the first byte chooses. */
#include "fuzz.h"
#include "unpack.h"
#include "wire.h"
#include "wire_parse.h"
#include "wire_quick.h"
#include "wire_text.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 20 };

static void read_as_request(json_object *message)
{
    struct wire_request request = {0};

    if (!wire_read_request(message, &request))
        return;
    FUZZ_CHECK(request.reply_q);
    FUZZ_CHECK(!request.message.args || json_object_is_type(request.message.args, json_type_object));
    FUZZ_CHECK(request.monitor_timeout >= 0);
    wire_request_clear(&request);
}

static void read_as_reply(json_object *message)
{
    struct wire_reply reply;

    if (!wire_read_reply(message, &reply))
        return;
    FUZZ_CHECK(reply.msg_id);
    wire_reply_clear(&reply);
}

static bool same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

/* What is picked out of a text is what would have been read from values. */
static void pick_request(const struct wire_text *body)
{
    struct wire_request quick, slow;
    json_object *message = NULL;

    if (!wire_quick_request(body->data, body->length, &quick))
        return;
    FUZZ_CHECK(wire_unwrap(body->data, body->length, &message, NULL) == OSTLER_OK);
    FUZZ_CHECK(wire_read_request(message, &slow));
    FUZZ_CHECK(same_text(quick.message.method, slow.message.method));
    FUZZ_CHECK(same_text(quick.message.namespace_, slow.message.namespace_));
    FUZZ_CHECK(same_text(quick.message.version, slow.message.version));
    FUZZ_CHECK(same_text(quick.reply_q, slow.reply_q));
    FUZZ_CHECK(same_text(quick.unique_id, slow.unique_id));
    FUZZ_CHECK(json_object_equal(quick.message.args, slow.message.args));
    FUZZ_CHECK(json_object_equal(quick.msg_id, slow.msg_id));
    FUZZ_CHECK(quick.message.context ? json_object_equal(quick.message.context, slow.message.context)
                                     : json_object_object_length(slow.message.context) == 0);
    FUZZ_CHECK(quick.monitor_timeout >= slow.monitor_timeout && quick.monitor_timeout <= slow.monitor_timeout);
    FUZZ_CHECK(quick.args_broken == slow.args_broken);
    wire_request_clear(&quick);
    wire_request_clear(&slow);
    json_object_put(message);
}

static void pick_reply(const struct wire_text *body)
{
    struct wire_reply quick, slow;
    json_object *message = NULL;

    if (!wire_quick_reply(body->data, body->length, &quick))
        return;
    FUZZ_CHECK(wire_unwrap(body->data, body->length, &message, NULL) == OSTLER_OK);
    FUZZ_CHECK(wire_read_reply(message, &slow));
    FUZZ_CHECK(strcmp(quick.msg_id, slow.msg_id) == 0);
    FUZZ_CHECK(quick.kind == slow.kind && quick.ending == slow.ending);
    FUZZ_CHECK(json_object_equal(quick.value, slow.value));
    wire_reply_clear(&quick);
    wire_reply_clear(&slow);
    json_object_put(message);
}

/* The input as an inner text, in the usual envelope. */
static void pick(const uint8_t *data, size_t size)
{
    struct wire_text body = {.limit = LIMIT};

    wire_put(&body, "{\"oslo.version\": \"2.0\", \"oslo.message\": ");
    wire_put_string(&body, (const char *)data, size);
    wire_put(&body, "}");
    if (!body.failed) {
        pick_request(&body);
        pick_reply(&body);
    }
    wire_text_free(&body);
}

static enum ostler_status open_body(const uint8_t *data, size_t size, json_object **message, struct ostler_error *error)
{
    static char compressions[4][24] = {"", "application/x-gzip", "application/x-bz2", "application/x-unknown"};
    static char none[] = "", json[] = "application/json";
    struct received received = {
        .content_type = data[0] & 4 ? none : json,
        .compression = data[0] & 3 ? compressions[data[0] & 3] : NULL,
        .body = fuzz_text(data + 1, size - 1),
        .length = size - 1,
    };
    enum ostler_status status = unpack(&received, LIMIT, message, error);

    free(received.body);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    json_object *message = NULL;
    enum ostler_status status;

    if (size == 0)
        return 0;
    status = open_body(data, size, &message, &error);
    fuzz_check_error(status, &error);
    if (status == OSTLER_OK) {
        FUZZ_CHECK(json_object_is_type(message, json_type_object));
        if (data[0] & 8)
            read_as_reply(message);
        else
            read_as_request(message);
    }
    json_object_put(message);
    pick(data + 1, size - 1);
    return 0;
}
