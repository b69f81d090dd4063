/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a message, as doc/nanomsg-wire.md describes them. Nothing here allocates, and nothing that comes in is
 * believed before it is checked. */
#ifndef WIRE_H
#define WIRE_H

#include <ostler/target.h>

enum {
    WIRE_VERSION = 1,
    WIRE_HEADER_SIZE = 24,
    WIRE_RECORD_HEAD = 5, /* length and kind */
    WIRE_REQUEST_FIXED = 8 + 8 + 4 + 1,
    WIRE_NAMES_MAX = 6 * (1 + OSTLER_NAME_MAX),
    WIRE_REQUEST_HEAD_MAX = WIRE_RECORD_HEAD + WIRE_REQUEST_FIXED + WIRE_NAMES_MAX + 4,
    WIRE_REPLY_HEAD = WIRE_RECORD_HEAD + 8,
    WIRE_REFUSED_HEAD = WIRE_RECORD_HEAD + 8 + 1 + 1,
    WIRE_KEY_MAX = 3 * (1 + OSTLER_NAME_MAX)
};

/* Flags of a message. */
enum { WIRE_WANTS_ACK = 0x01 };

enum wire_kind {
    WIRE_CALL = 1,
    WIRE_CAST = 2,
    WIRE_REPLY = 3,
    WIRE_FAILURE = 4,
    WIRE_HEARTBEAT = 5,
    WIRE_REFUSED = 6,
    WIRE_ACK = 7,
    WIRE_BYE = 8,
    WIRE_HELLO = 9,
    WIRE_SERVICES = 10,
    WIRE_NOTIFY = 11
};

enum wire_refusal { WIRE_NOT_SERVED = 1, WIRE_BUSY = 2 };

struct wire_header {
    uint8_t flags;
    uint64_t received; /* weight of all messages received on this connection so far */
    uint64_t sent;     /* weight of all messages sent on it before this one */
};

struct wire_record {
    enum wire_kind kind;
    const uint8_t *body;
    size_t length;
};

/* What is left of a message. */
struct wire_reader {
    const uint8_t *at;
    size_t left;
};

/* A text inside a message, not ended by a zero byte. */
struct wire_text {
    const char *text;
    uint8_t length;
};

/* A CALL's, CAST's or NOTIFY's body. */
struct wire_request {
    uint64_t id;          /* 0: cast */
    bool notify;          /* a NOTIFY: the arguments are the notification */
    uint64_t expiry;      /* when nobody waits for it any more; 0: never */
    bool expiry_absolute; /* expiry is on the host's monotonic clock, in nanoseconds; else milliseconds from now */
    uint32_t monitor_ms;  /* 0: none */
    const uint8_t *key;   /* exchange, topic and server as they stand in the message */
    size_t key_length;
    struct wire_text exchange, topic, server;
    bool only_server; /* no other server may have it instead */
    bool has_namespace, has_version;
    struct wire_text namespace_, version, method;
    const char *context, *args; /* JSON */
    size_t context_length, args_length;
};

/* How much of the window a message of `size` bytes takes: at least what the kernel charges a socket for it. */
static inline uint64_t wire_weight(size_t size)
{
    return 2 * (uint64_t)size + 1024;
}

/* --- Out: each returns the bytes written -------------------------------------------------------------------------- */

size_t wire_put_header(uint8_t *out, const struct wire_header *header);

/* `length` bytes of body follow the record's head. */
size_t wire_put_record(uint8_t *out, enum wire_kind kind, size_t length);

/* exchange, topic, server: the key by which a request finds its listener. At most WIRE_KEY_MAX bytes; none of the
 * names may be longer than OSTLER_NAME_MAX. */
size_t wire_put_key(uint8_t *out, const char *exchange, const char *topic, const char *server);

/* All of a request up to the two values, which must follow: first the context, then the arguments. */
size_t wire_put_request(uint8_t *out, const struct wire_request *request);

/* REPLY, FAILURE, HEARTBEAT (with no value). */
size_t wire_put_reply(uint8_t *out, enum wire_kind kind, uint64_t id, size_t value_length);

/* The refused request's body must follow. */
size_t wire_put_refused(uint8_t *out, uint64_t id, enum wire_refusal reason, enum wire_kind kind, size_t body_length);

/* --- In: each returns false for what is broken -------------------------------------------------------------------- */

bool wire_open(const void *message, size_t size, struct wire_header *header, struct wire_reader *records);

/* True with a record, or at the end with kind 0. */
bool wire_next(struct wire_reader *records, struct wire_record *record);

bool wire_get_request(const struct wire_record *record, struct wire_request *request);

/* The id at the front of a REPLY, FAILURE or HEARTBEAT; the value is the rest. */
bool wire_get_reply(const struct wire_record *record, uint64_t *id, const char **value, size_t *length);

/* `refused` is the request that comes back. */
bool wire_get_refused(const struct wire_record *record, uint64_t *id, enum wire_refusal *reason,
                      struct wire_record *refused);

/* One service of a SERVICES record after another: true with a service, or at the end with an empty topic. */
struct wire_service {
    struct wire_text exchange, topic, server;
};
bool wire_next_service(struct wire_reader *services, struct wire_service *service);

#endif
