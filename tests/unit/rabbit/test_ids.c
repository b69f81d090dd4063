/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of messages and of calls, and the memory for those that came. */
#include "dedup.h"
#include "ids.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(ids, a_call_is_found_again)
{
    char text[ID_DIGITS + 1];
    uint64_t call = 0;

    id_of_call(text, UINT64_C(0x0123456789abcdef), 42);
    cr_expect_str_eq(text, "0123456789abcdef000000000000002a");
    cr_assert(id_to_call(text, UINT64_C(0x0123456789abcdef), &call));
    cr_expect_eq(call, 42);
}

Test(ids, every_digit_has_its_letter)
{
    char text[ID_DIGITS + 1], expected[ID_DIGITS + 1];

    for (unsigned place = 0; place < 64; place += 4) {
        for (uint64_t digit = 0; digit < 16; digit++) {
            uint64_t number = digit << place, other = ~number;
            id_of_call(text, number, other);
            snprintf(expected, sizeof expected, "%016llx%016llx", (unsigned long long)number,
                     (unsigned long long)other);
            cr_expect_str_eq(text, expected);
        }
    }
}

Test(ids, those_of_others_are_not_ours)
{
    char text[ID_DIGITS + 1];
    uint64_t call = 7;

    id_of_call(text, 1, 42);
    cr_expect_not(id_to_call(text, 2, &call));
    cr_expect_not(id_to_call("", 1, &call));
    cr_expect_not(id_to_call("0000000000000001000000000000002", 1, &call));
    cr_expect_not(id_to_call("000000000000000100000000000000zz", 1, &call));
    cr_expect_not(id_to_call("0000000000000001-00000000000002a", 1, &call));
    cr_expect_eq(call, 7);
}

Test(ids, each_message_has_its_own)
{
    enum { COUNT = 1000 };
    static char ids[COUNT][ID_DIGITS + 1];

    for (int i = 0; i < COUNT; i++) {
        id_make_unique(ids[i]);
        cr_assert_eq(strspn(ids[i], "0123456789abcdef"), ID_DIGITS);
        for (int k = 0; k < i; k++)
            cr_assert_str_neq(ids[i], ids[k]);
    }
}

static bool see(struct dedup *dedup, int number)
{
    char id[16];

    snprintf(id, sizeof id, "id%d", number);
    return dedup_seen(dedup, id);
}

Test(dedup, the_last_are_remembered)
{
    enum { REMEMBERED = 2048 };
    struct dedup *dedup = dedup_new();
    int seen = 0;

    /* Round and round: exactly the last so many are known at any time. */
    for (int i = 0; i < 5 * REMEMBERED; i++) {
        seen += see(dedup, i);
        seen += i >= REMEMBERED - 1 && !see(dedup, i - REMEMBERED + 1);
    }
    cr_expect_eq(seen, 0, "%d were taken for what they are not", seen);
    cr_expect_not(see(dedup, 0));
    cr_expect(see(dedup, 5 * REMEMBERED - 1));
    dedup_unref(dedup);
}

Test(dedup, what_has_no_id_is_never_a_repeat)
{
    struct dedup *dedup = dedup_new();

    for (int i = 0; i < 2; i++) {
        cr_expect_not(dedup_seen(dedup, NULL));
        cr_expect_not(dedup_seen(dedup, ""));
    }
    dedup_unref(dedup);
}
