/* SPDX-License-Identifier: Apache-2.0 */
#include "packed.h"

#include <criterion/criterion.h>
#include <json-c/json.h>

static struct json_object *parse(const char *text)
{
    struct json_tokener *tokener = json_tokener_new_ex(64);
    struct json_object *value = json_tokener_parse_ex(tokener, text, -1);

    cr_assert_eq(json_tokener_get_error(tokener), json_tokener_success, "%s", text);
    json_tokener_free(tokener);
    return value;
}

static struct json_object *nest(int depth)
{
    struct json_object *value = json_object_new_array();

    for (int i = 1; i < depth; i++) {
        struct json_object *outer = json_object_new_array();
        json_object_array_add(outer, value);
        value = outer;
    }
    return value;
}

/* There and back, from room of `size` bytes. */
static struct json_object *copy(struct json_object *value, size_t size)
{
    struct fake_packed packed;
    struct json_object *back = NULL;
    char room[4096];

    fake_packed_init(&packed, room, size);
    cr_assert_eq(fake_pack(&packed, value, NULL), OSTLER_OK);
    const char *at = packed.bytes;
    cr_assert(fake_unpack(&at, &back));
    cr_expect_eq(at, packed.bytes + packed.length, "what was packed is read to its end");
    fake_packed_clear(&packed);
    return back;
}

static enum ostler_status pack(struct json_object *value, struct ostler_error *error)
{
    struct fake_packed packed;
    char room[16];

    fake_packed_init(&packed, room, sizeof room);
    enum ostler_status status = fake_pack(&packed, value, error);
    fake_packed_clear(&packed);
    return status;
}

Test(packed, what_comes_back_is_equal_and_shares_nothing)
{
    static const char *const texts[] = {
        "{\"a\":[1,2,{\"b\":null}],\"c\":\"text\",\"d\":true,\"e\":false,\"f\":0.1,\"\":\"\",\"g\":{},\"h\":[]}",
        "[-9223372036854775808,9223372036854775807,9223372036854775808,18446744073709551615,0,-1]",
        "[1e300,-0.5,3.0]",
        "\"\\u00fc \\u20ac \\ud83d\\ude00 a\\u0000b\"",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct json_object *value = parse(texts[i]), *back = copy(value, 4096);
        cr_expect(json_object_equal(value, back), "%s", texts[i]);
        cr_expect_neq(value, back);
        json_object_put(value);
        json_object_put(back);
    }
}

Test(packed, nothing_is_lost_where_the_room_ends)
{
    struct json_object *value = parse("{\"name\":[1,\"text\",{\"a\":0.5}],\"b\":true}");

    for (size_t size = 0; size < 128; size++) {
        struct json_object *back = copy(value, size);
        cr_expect(json_object_equal(value, back), "room of %zu bytes", size);
        json_object_put(back);
    }
    json_object_put(value);
}

Test(packed, what_is_large_comes_back)
{
    struct json_object *array = json_object_new_array();

    for (int i = 0; i < 20000; i++)
        json_object_array_add(array, json_object_new_int(i));
    struct json_object *back = copy(array, 64);
    cr_expect(json_object_equal(array, back));
    json_object_put(array);
    json_object_put(back);
}

Test(packed, null_is_null)
{
    cr_expect_null(copy(NULL, 4096));
}

Test(packed, an_empty_object_is_as_good_as_none)
{
    struct json_object *object = json_object_new_object(), *back = object;
    struct fake_packed packed;
    char room[64];
    const char *at = room;

    fake_packed_init(&packed, room, sizeof room);
    cr_expect_eq(fake_pack_members(&packed, object, NULL), OSTLER_OK);
    json_object_object_add(object, "a", NULL);
    cr_expect_eq(fake_pack_members(&packed, object, NULL), OSTLER_OK);
    cr_assert(fake_unpack(&at, &back));
    cr_expect_null(back);
    cr_assert(fake_unpack(&at, &back));
    cr_expect_eq(json_object_object_length(back), 1);
    json_object_put(object);
    json_object_put(back);
}

Test(packed, what_is_no_utf8_is_refused)
{
    static const char *const bad[] = {"\xff",         "abcdefgh\x80",     "\xc0\x80",         "\xc3",
                                      "\xe0\x80\x80", "\xed\xa0\x80",     "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80", "12345678\xe2\x82", "\xe2\x28\xa1"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ostler_error error = OSTLER_ERROR_INIT;
        struct json_object *array = json_object_new_array(), *object = json_object_new_object();
        json_object_array_add(array, json_object_new_string(bad[i]));
        json_object_object_add(object, bad[i], json_object_new_int(1));
        cr_expect_eq(pack(array, &error), OSTLER_E_INVALID, "value %zu", i);
        cr_expect_eq(pack(object, &error), OSTLER_E_INVALID, "name %zu", i);
        ostler_error_clear(&error);
        json_object_put(array);
        json_object_put(object);
    }
}

Test(packed, depth_ends_at_its_limit)
{
    struct json_object *deepest = nest(FAKE_DEPTH_MAX), *deeper = nest(FAKE_DEPTH_MAX + 1);
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_expect_eq(pack(deeper, &error), OSTLER_E_INVALID);
    struct json_object *back = copy(deepest, 4096);
    cr_expect(json_object_equal(deepest, back));
    ostler_error_clear(&error);
    json_object_put(deepest);
    json_object_put(deeper);
    json_object_put(back);
}
