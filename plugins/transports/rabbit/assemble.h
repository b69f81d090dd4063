/* SPDX-License-Identifier: Apache-2.0 */
/* Messages from frames: basic.deliver or basic.return, then a header, then bodies. Copies at the border: what is handed
 * out owns its bytes. */
#ifndef ASSEMBLE_H
#define ASSEMBLE_H

#include <ostler/error.h>

#include <amqp.h>

/* A message that came in; free it with received_free(). */
struct received {
    bool returned; /* basic.return: our own message, refused with `reply_code` */
    uint16_t reply_code;
    uint64_t delivery_tag; /* of basic.deliver */
    unsigned epoch;        /* of the connection it came over, for who settles it later */
    bool redelivered;
    bool too_large; /* the body was over the limit and has been passed over */
    const char *routing_key;
    const char *content_type; /* "" if absent */
    char *other_type;         /* if it is not application/json: content_type, or NULL */
    char *compression;        /* the header of that name, or NULL */
    char *body;               /* `length` bytes and a terminator */
    size_t length;
    char key[]; /* routing_key */
};

void received_free(struct received *received);

/* Zeroed but for the limit to begin with. */
struct assembler {
    size_t limit;
    struct received *message; /* half done */
    uint64_t body_size;
    uint64_t seen;
};

enum assembled {
    ASSEMBLED_OTHER, /* the frame belongs to no message: look at its method */
    ASSEMBLED_PART,  /* more is to come */
    ASSEMBLED_WHOLE, /* *message is the caller's */
    ASSEMBLED_BROKEN /* frames out of order, or no memory: close the connection */
};

enum assembled assemble(struct assembler *assembler, const amqp_frame_t *frame, struct received **message);

/* Forgets a half-done message, after the connection or channel was lost. */
void assembler_reset(struct assembler *assembler);

#endif
