/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <criterion/criterion.h>

Test(ring, an_empty_one_gives_nothing)
{
    struct fake_ring ring;
    int item = 7;

    fake_ring_init(&ring, sizeof item);
    cr_expect_eq(fake_ring_take(&ring, &item, 1), 0);
    cr_expect_eq(item, 7);
    fake_ring_fini(&ring);
}

Test(ring, order_is_kept_while_it_wraps_and_grows)
{
    struct fake_ring ring;
    int put = 0, taken = 0, items[50];

    fake_ring_init(&ring, sizeof(int));
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 37; i++, put++)
            cr_assert(fake_ring_push(&ring, &put));
        size_t count = fake_ring_take(&ring, items, (size_t)(round % 50));
        for (size_t i = 0; i < count; i++, taken++)
            cr_assert_eq(items[i], taken);
        cr_assert_eq(ring.count, (size_t)(put - taken));
    }
    while (fake_ring_take(&ring, items, 1))
        cr_assert_eq(items[0], taken++);
    cr_expect_eq(taken, put);
    fake_ring_fini(&ring);
}
