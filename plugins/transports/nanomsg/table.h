/* SPDX-License-Identifier: Apache-2.0 */
/* Hash tables: uthash, with a hash that takes eight bytes at a time. Every message looks for ids, topics and addresses,
 * and none of the tables grows by what somebody else chooses. */
#ifndef TABLE_H
#define TABLE_H

#include <stdint.h>
#include <string.h>

static inline unsigned table_hash(const void *key, size_t length)
{
    static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 by the golden ratio */
    const unsigned char *at = key;
    uint64_t hash = length * odd, word;

    for (; length >= sizeof word; at += sizeof word, length -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = (hash ^ word) * odd;
        hash ^= hash >> 32;
    }
    if (length > 0) {
        word = 0;
        memcpy(&word, at, length);
        hash = (hash ^ word) * odd;
        hash ^= hash >> 32;
    }
    return (unsigned)hash;
}

#define HASH_FUNCTION(key, length, hash) ((hash) = table_hash(key, length))
#include <uthash.h>

#endif
