/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/clock.h>

#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>

Test(clock, now_does_not_go_back)
{
    ostler_time first = ostler_now();

    cr_assert_gt(first, 0);
    cr_assert_geq(ostler_now(), first);
}

Test(clock, what_is_no_span_is_never)
{
    cr_expect_eq(ostler_deadline(-1.0), OSTLER_NEVER);
    cr_expect_eq(ostler_deadline((double)NAN), OSTLER_NEVER);
    cr_expect_eq(ostler_deadline((double)INFINITY), OSTLER_NEVER);
    cr_expect_eq(ostler_deadline(1e300), OSTLER_NEVER);
}

Test(clock, a_deadline_lies_its_span_ahead)
{
    ostler_time before = ostler_now();
    ostler_time deadline = ostler_deadline(2.5);
    ostler_time after = ostler_now();

    cr_assert_geq(deadline, before + INT64_C(2500000000));
    cr_assert_leq(deadline, after + INT64_C(2500000000));
}

Test(clock, time_left)
{
    cr_expect(isinf(ostler_time_left(OSTLER_NEVER)));
    cr_expect_eq(ostler_time_left_ms(OSTLER_NEVER), -1);
    cr_expect_eq(ostler_time_left_ms(OSTLER_AT_ONCE), 0);
    cr_expect_eq(ostler_time_left_ms(ostler_now() - 1), 0);
    cr_expect_eq(ostler_time_left(ostler_now() - 1), 0.0);
    cr_expect_gt(ostler_time_left_ms(ostler_deadline(100.0)), 99000);
    cr_expect_eq(ostler_time_left_ms(ostler_deadline(3.9e9)), INT_MAX);
}
