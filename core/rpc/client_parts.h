/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the client share. */
#ifndef CLIENT_PARTS_H
#define CLIENT_PARTS_H

#include "replies.h"
#include "transport_parts.h"

#include <ostler/client.h>

struct ostler_client {
    ostler_transport *transport; /* a reference */
    const struct ostler_driver_ops *ops;
    ostler_driver_transport *driver;
    struct replies *replies;
    struct ostler_target target; /* texts in `texts`; the exchange is always set */
    struct ostler_client_options options;
    char *texts;
};

/* A message that is ready to be handed to the driver, with what the serializer made for it. */
struct outgoing {
    struct ostler_outgoing message;
    struct json_object *own_context;
    struct json_object *own_args;
};

/* Checks everything that can be checked before sending (topic, fanout, version cap, types of the values), runs the
 * serializer, and fills in the message but for its call_id. */
enum ostler_status outgoing_prepare(const ostler_client *client, struct json_object *context, const char *method,
                                    struct json_object *args, bool is_call, bool may_fanout, struct outgoing *outgoing,
                                    struct ostler_error *error);
void outgoing_clear(struct outgoing *outgoing);

/* From how a call ended to what the caller gets. Takes the parts of `end`; *result is untouched on failure. */
enum ostler_status client_take_end(const ostler_client *client, const struct outgoing *outgoing,
                                   const struct call *call, struct call_end *end, struct json_object **result,
                                   struct ostler_error *error);

/* A call that has timed out. */
struct timed_out {
    const struct ostler_driver_ops *ops;
    ostler_driver_transport *driver;
    const struct call *call;
    uint64_t call_id; /* as it was sent */
    const char *method;
    const char *where; /* its target in words, or NULL */
    double timeout;
    double monitor_timeout;
};
/* Fills in `error`, in words and in details, with what the driver knows too. */
enum ostler_status client_explain_timeout(const struct timed_out *what, struct ostler_error *error);

/* Runs the serializer over a result; takes `value`. */
enum ostler_status client_take_result(const struct ostler_serializer *serializer, struct json_object *context,
                                      struct json_object *value, struct json_object **result,
                                      struct ostler_error *error);

/* "topic T of exchange X, server S" for messages; cut to the size. Returns `text`. */
const char *target_text(const struct ostler_target *target, char *text, size_t size);
enum { TARGET_TEXT_SIZE = 600 };

#endif
