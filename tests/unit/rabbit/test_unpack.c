/* SPDX-License-Identifier: Apache-2.0 */
#include "unpack.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 65536 };

static enum ostler_status open_it(const char *type, const char *compression, const char *body, size_t length,
                                  struct json_object **message)
{
    struct received received = {.content_type = (char *)(uintptr_t)type,
                                .compression = (char *)(uintptr_t)compression,
                                .body = (char *)(uintptr_t)body,
                                .length = length};
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = unpack(&received, LIMIT, message, &error);

    cr_expect_eq(status != OSTLER_OK, error.message != NULL);
    ostler_error_clear(&error);
    return status;
}

Test(unpack, only_json_is_json)
{
    struct json_object *message = NULL;

    cr_expect_eq(open_it("text/plain", NULL, "{}", 2, &message), OSTLER_E_INVALID);
    cr_expect_eq(open_it("application/json; charset=utf-8", NULL, "{}", 2, &message), OSTLER_E_INVALID);
    cr_expect_eq(open_it("", NULL, "{}", 2, &message), OSTLER_E_INVALID);
    cr_assert_eq(open_it("application/json", NULL, "{}", 2, &message), OSTLER_OK);
    json_object_put(message);
}

Test(unpack, what_was_packed_comes_back)
{
    static const char *const types[] = {"application/x-gzip", "application/x-bz2"};
    static const char body[] = "{\"method\": \"m\", \"args\": {}}";

    for (int i = 0; i < 2; i++) {
        struct json_object *message = NULL;
        char *packed = NULL;
        size_t length = 0;
        cr_assert_eq(pack(types[i], body, sizeof body - 1, &packed, &length, NULL), OSTLER_OK);
        cr_assert_eq(open_it("application/json", types[i], packed, length, &message), OSTLER_OK);
        cr_expect_str_eq(json_object_get_string(json_object_object_get(message, "method")), "m");
        json_object_put(message);
        for (size_t cut = 1; cut < length; cut++)
            cr_expect_neq(open_it("application/json", types[i], packed, cut, &message), OSTLER_OK);
        free(packed);
    }
}

/* As zlib.compress() of Python makes it. */
Test(unpack, pythons_zlib)
{
    static const unsigned char packed[] = {0x78, 0x9c, 0xab, 0xae, 0x05, 0x00, 0x01, 0x75, 0x00, 0xf9};
    struct json_object *message = NULL;

    cr_assert_eq(open_it("application/json", "application/x-gzip", (const char *)packed, sizeof packed, &message),
                 OSTLER_OK);
    cr_expect_eq(json_object_object_length(message), 0);
    json_object_put(message);
}

/* A small message must not become a large one. */
Test(unpack, a_bomb_is_refused)
{
    static const char *const types[] = {"application/x-gzip", "application/x-bz2"};
    size_t size = 20 * LIMIT;
    char *zeros = malloc(size);

    memset(zeros, ' ', size);
    memcpy(zeros, "{}", 2);
    for (int i = 0; i < 2; i++) {
        struct json_object *message = NULL;
        char *packed = NULL;
        size_t length = 0;
        cr_assert_eq(pack(types[i], zeros, size, &packed, &length, NULL), OSTLER_OK);
        cr_expect_eq(open_it("application/json", types[i], packed, length, &message), OSTLER_E_INVALID);
        cr_expect_null(message);
        free(packed);
    }
    free(zeros);
}

Test(unpack, unknown_compressions_and_broken_data)
{
    struct json_object *message = NULL;

    cr_expect_eq(open_it("application/json", "application/x-lzma", "{}", 2, &message), OSTLER_E_INVALID);
    cr_expect_eq(open_it("application/json", "application/x-gzip", "nonsense", 8, &message), OSTLER_E_INVALID);
    cr_expect_eq(open_it("application/json", "application/x-bz2", "nonsense", 8, &message), OSTLER_E_INVALID);
}
