/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies as they come over RabbitMQ: an envelope, a request or a reply; the first byte chooses. */
#include "fuzz.h"
#include "unpack.h"
#include "wire.h"
#include "wire_parse.h"

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
    json_object_put(request.message.context);
}

static void read_as_reply(json_object *message)
{
    const char *msg_id = NULL;
    enum ostler_reply_kind kind;
    json_object *value = NULL;
    bool ending = false;

    if (!wire_read_reply(message, &msg_id, &kind, &ending, &value))
        return;
    FUZZ_CHECK(msg_id);
    json_object_put(value);
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
    return 0;
}
