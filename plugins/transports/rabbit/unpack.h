/* SPDX-License-Identifier: Apache-2.0 */
/* From a received AMQP message to the message object in it. */
#ifndef UNPACK_H
#define UNPACK_H

#include "assemble.h"

struct json_object;
struct wire_text;

/* Checks size and content type, decompresses (at most to the limit), opens the envelope. OSTLER_E_INVALID says what is
 * wrong with it. */
enum ostler_status unpack(const struct received *received, size_t limit, struct json_object **message,
                          struct ostler_error *error);

/* Compresses a body for the header's content type: *out is the caller's to free(). */
enum ostler_status pack(const char *type, const char *body, size_t length, char **out, size_t *out_length,
                        struct ostler_error *error);

/* Compresses a body that was written, in its place; NULL leaves it. */
enum ostler_status pack_body(const char *compression, struct wire_text *body, struct ostler_error *error);

#endif
