/* SPDX-License-Identifier: Apache-2.0 */
#include "unpack.h"
#include "wire.h"

#include <bzlib.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ZLIB_TYPE  "application/x-gzip"
#define BZIP2_TYPE "application/x-bz2"

/* Grows until it fits: nobody says beforehand how large it is. Returns false at the limit or for broken data. */
static bool inflate_all(const struct received *received, size_t limit, char **out, size_t *length)
{
    z_stream stream = {.next_in = (Bytef *)received->body, .avail_in = (uInt)received->length};
    size_t capacity = received->length * 4 + 1024;
    char *data = NULL;
    int result = inflateInit(&stream);

    while (result == Z_OK) {
        char *larger = stream.total_out < limit ? realloc(data, capacity) : NULL;
        if (!larger) {
            result = Z_MEM_ERROR;
            break;
        }
        data = larger;
        stream.next_out = (Bytef *)data + stream.total_out;
        stream.avail_out = (uInt)(capacity - stream.total_out);
        result = inflate(&stream, Z_NO_FLUSH);
        capacity *= 2;
        if (result == Z_OK && stream.avail_out > 0)
            result = Z_DATA_ERROR;
    }
    *length = stream.total_out;
    inflateEnd(&stream);
    if (result == Z_STREAM_END && *length <= limit) {
        *out = data;
        return true;
    }
    free(data);
    return false;
}

static bool decompress_bzip2(const struct received *received, size_t limit, char **out, size_t *length)
{
    size_t capacity = received->length * 8 + 1024;

    for (;; capacity *= 4) {
        unsigned size = (unsigned)(capacity < limit ? capacity : limit);
        char *data = malloc(size);
        int result = data ? BZ2_bzBuffToBuffDecompress(data, &size, received->body, (unsigned)received->length, 0, 0)
                          : BZ_MEM_ERROR;
        if (result == BZ_OK) {
            *out = data;
            *length = size;
            return true;
        }
        free(data);
        if (result != BZ_OUTBUFF_FULL || capacity >= limit)
            return false;
    }
}

static enum ostler_status decompress(const struct received *received, size_t limit, struct plain_body *body,
                                     struct ostler_error *error)
{
    char *bytes = NULL;
    size_t length = 0;
    bool good = false;

    if (strcmp(received->compression, ZLIB_TYPE) == 0)
        good = inflate_all(received, limit, &bytes, &length);
    else if (strcmp(received->compression, BZIP2_TYPE) == 0)
        good = decompress_bzip2(received, limit, &bytes, &length);
    else
        return ostler_error_set(error, OSTLER_E_INVALID, "compression %s is not supported", received->compression);
    if (!good)
        return ostler_error_set(error, OSTLER_E_INVALID, "the body cannot be decompressed as %s within %zu bytes",
                                received->compression, limit);
    *body = (struct plain_body){.bytes = bytes, .length = length, .own = bytes};
    return OSTLER_OK;
}

enum ostler_status unpack_body(const struct received *received, size_t limit, struct plain_body *body,
                               struct ostler_error *error)
{
    if (received->too_large)
        return ostler_error_set(error, OSTLER_E_INVALID, "the body is larger than max_message_size, %zu bytes", limit);
    if (received->length && strcmp(received->content_type, "application/json") != 0)
        return ostler_error_set(error, OSTLER_E_INVALID, "content type \"%s\", application/json was expected",
                                received->content_type);
    if (received->compression)
        return decompress(received, limit, body, error);
    *body = (struct plain_body){.bytes = received->body, .length = received->length};
    return OSTLER_OK;
}

enum ostler_status unpack(const struct received *received, size_t limit, struct json_object **message,
                          struct ostler_error *error)
{
    struct plain_body body = {.own = NULL};
    enum ostler_status status = unpack_body(received, limit, &body, error);

    if (status == OSTLER_OK)
        status = wire_unwrap(body.bytes, body.length, message, error);
    free(body.own);
    return status;
}

enum ostler_status pack(const char *type, const char *body, size_t length, char **out, size_t *out_length,
                        struct ostler_error *error)
{
    bool zlib = strcmp(type, ZLIB_TYPE) == 0;
    uLongf size = zlib ? compressBound(length) : length + length / 100 + 600;
    char *data = malloc(size);
    unsigned bzip2_size = (unsigned)size;
    int result = Z_MEM_ERROR;

    if (data && zlib)
        result = compress((Bytef *)data, &size, (const Bytef *)body, length);
    else if (data)
        result = BZ2_bzBuffToBuffCompress(data, &bzip2_size, (char *)(uintptr_t)body, (unsigned)length, 9, 0, 0);
    if (result != Z_OK) {
        free(data);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory to compress a message");
    }
    *out = data;
    *out_length = zlib ? size : bzip2_size;
    return OSTLER_OK;
}

enum ostler_status pack_body(const char *compression, struct wire_text *body, struct ostler_error *error)
{
    char *packed = NULL;
    size_t length = 0;

    if (!compression)
        return OSTLER_OK;
    enum ostler_status status = pack(compression, body->data, body->length, &packed, &length, error);
    if (status != OSTLER_OK)
        return status;
    free(body->data);
    body->data = packed;
    body->length = length;
    return OSTLER_OK;
}
