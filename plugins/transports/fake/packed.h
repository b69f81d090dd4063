/* SPDX-License-Identifier: Apache-2.0 */
/* Values as bytes: what lies in the queues. The sender's thread packs them and the receiver's unpacks them, so that no
 * json_object, and no memory of one, goes from one thread to another. */
#ifndef FAKE_PACKED_H
#define FAKE_PACKED_H

#include <ostler/error.h>

#include <stdbool.h>
#include <stddef.h>

/* Arrays and objects inside one another that a message may have. */
#define FAKE_DEPTH_MAX 1000

/* Begins in memory of its user's, and moves to the heap when that is too small. */
struct fake_packed {
    char *bytes;
    size_t length;
    size_t capacity;
    bool on_heap;
};

void fake_packed_init(struct fake_packed *packed, char *room, size_t size);
/* Frees what is on the heap. */
void fake_packed_clear(struct fake_packed *packed);

/* Appends a value with all that is in it. What no wire could carry is refused: text that is not UTF-8, and nesting beyond
 * FAKE_DEPTH_MAX. After a failure it is to be cleared. OSTLER_E_INVALID, OSTLER_E_NOMEM. */
enum ostler_status fake_pack(struct fake_packed *packed, struct json_object *value, struct ostler_error *error);

/* As fake_pack(), but an empty object becomes null, which means the same in a request and costs nothing. */
enum ostler_status fake_pack_members(struct fake_packed *packed, struct json_object *object,
                                     struct ostler_error *error);

/* Makes the value at *at, which is the caller's, and moves *at behind it; false without memory. */
bool fake_unpack(const char **at, struct json_object **value);

#endif
