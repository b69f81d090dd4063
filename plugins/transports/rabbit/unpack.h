/* SPDX-License-Identifier: Apache-2.0 */
/* From a received AMQP message to its body, or to the message object in it. */
#ifndef UNPACK_H
#define UNPACK_H

#include "assemble.h"

struct json_object;
struct wire_text;

/* A body as it is without compression. */
struct plain_body {
    const char *bytes;
    size_t length;
    char *own; /* to free(), or NULL: they are the received message's */
};

/* Checks size and content type, decompresses (at most to the limit). OSTLER_E_INVALID says what is wrong with it. */
enum ostler_status unpack_body(const struct received *received, size_t limit, struct plain_body *body,
                               struct ostler_error *error);

/* The same, and opens the envelope. */
enum ostler_status unpack(const struct received *received, size_t limit, struct json_object **message,
                          struct ostler_error *error);

/* Compresses a body for the header's content type: *out is the caller's to free(). */
enum ostler_status pack(const char *type, const char *body, size_t length, char **out, size_t *out_length,
                        struct ostler_error *error);

/* Compresses a body that was written, in its place; NULL leaves it. */
enum ostler_status pack_body(const char *compression, struct wire_text *body, struct ostler_error *error);

#endif
