/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MANY = 1000 };

static struct call asynchronous(ostler_time deadline)
{
    return (struct call){.style = CALL_ASYNC, .deadline = deadline, .monitor_deadline = OSTLER_NEVER};
}

Test(calls, an_id_finds_its_call_until_it_is_removed)
{
    struct calls calls;
    struct call one = asynchronous(1), two = asynchronous(2);

    calls_init(&calls, 10);
    cr_assert_eq(calls_add(&calls, &one), OSTLER_OK);
    cr_assert_eq(calls_add(&calls, &two), OSTLER_OK);
    uint64_t id = one.id;
    cr_assert_neq(id, two.id);
    cr_assert_neq(id, 0);
    cr_assert_eq(calls_find(&calls, id), &one);
    calls_remove(&calls, &one);
    cr_assert_null(calls_find(&calls, id));
    cr_assert_eq(one.id, 0);
    cr_assert_eq(calls_find(&calls, two.id), &two);
    calls_remove(&calls, &two);
    calls_fini(&calls);
}

Test(calls, an_old_id_never_finds_a_newer_call)
{
    struct calls calls;
    uint64_t seen[MANY];

    calls_init(&calls, 10);
    for (size_t i = 0; i < MANY; i++) {
        struct call call = asynchronous(1);
        cr_assert_eq(calls_add(&calls, &call), OSTLER_OK);
        seen[i] = call.id;
        for (size_t j = 0; j < i; j++)
            cr_assert_null(calls_find(&calls, seen[j]));
        calls_remove(&calls, &call);
    }
    calls_fini(&calls);
}

Test(calls, made_up_ids_find_nothing)
{
    struct calls calls;
    struct call one = asynchronous(1);

    calls_init(&calls, 10);
    cr_assert_null(calls_find(&calls, 0));
    cr_assert_null(calls_find(&calls, UINT64_MAX));
    calls_add(&calls, &one);
    cr_assert_null(calls_find(&calls, one.id + 1));
    cr_assert_null(calls_find(&calls, one.id & 0xffffff));
    cr_assert_null(calls_find(&calls, one.id + (UINT64_C(1) << 24)));
    calls_remove(&calls, &one);
    calls_fini(&calls);
}

Test(calls, a_full_table_says_so_and_has_room_again)
{
    struct calls calls;
    struct call held[100], more = asynchronous(1);

    calls_init(&calls, 100);
    for (size_t i = 0; i < 100; i++) {
        held[i] = asynchronous(1);
        cr_assert_eq(calls_add(&calls, &held[i]), OSTLER_OK);
    }
    cr_assert_eq(calls_add(&calls, &more), OSTLER_E_BUSY);
    calls_remove(&calls, &held[50]);
    cr_assert_eq(calls_add(&calls, &more), OSTLER_OK);
    cr_assert_eq(calls.count, 100);
    calls_remove(&calls, &more);
    for (size_t i = 0; i < 100; i++)
        if (held[i].id)
            calls_remove(&calls, &held[i]);
    calls_fini(&calls);
}

Test(calls, the_first_due_is_always_first)
{
    struct calls calls;
    struct call *held = calloc(MANY, sizeof *held);
    ostler_time last = 0;

    srand(7);
    calls_init(&calls, MANY);
    for (size_t i = 0; i < MANY; i++) {
        held[i] = asynchronous(rand() % 500 + 1);
        calls_add(&calls, &held[i]);
    }
    for (size_t i = 0; i < MANY; i += 3) {
        held[i].monitor_deadline = rand() % 500 + 1;
        calls_due_changed(&calls, &held[i]);
    }
    for (size_t i = 0; i < MANY; i += 7)
        calls_remove(&calls, &held[i]);
    while (calls_first_due(&calls)) {
        struct call *first = calls_first_due(&calls);
        cr_assert_geq(call_due(first), last);
        last = call_due(first);
        calls_remove(&calls, first);
    }
    cr_assert_eq(calls.count, 0);
    calls_fini(&calls);
    free(held);
}

Test(calls, waited_calls_are_not_in_the_heap)
{
    struct calls calls;
    struct call waited = {.style = CALL_WAITED, .deadline = 1, .monitor_deadline = OSTLER_NEVER};
    uint32_t cursor = 0;

    calls_init(&calls, 10);
    calls_add(&calls, &waited);
    cr_assert_null(calls_first_due(&calls));
    cr_assert_eq(calls_next(&calls, &cursor), &waited);
    cr_assert_null(calls_next(&calls, &cursor));
    calls_remove(&calls, &waited);
    calls_fini(&calls);
}
