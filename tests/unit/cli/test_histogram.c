/* SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* The same numbers every time. */
static uint64_t next_number(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 20;
}

Test(histogram, empty_one_says_zero, .timeout = 60)
{
    struct histogram histogram;

    histogram_clear(&histogram);
    cr_expect_eq(histogram_percentile(&histogram, 0.5), 0);
    cr_expect_eq(histogram_percentile(&histogram, 1.0), 0);
}

Test(histogram, small_numbers_are_exact, .timeout = 60)
{
    struct histogram histogram;

    histogram_clear(&histogram);
    for (uint64_t value = 1; value <= 100; value++)
        histogram_add(&histogram, value);
    cr_expect_eq(histogram_percentile(&histogram, 0.0), 1);
    cr_expect_eq(histogram_percentile(&histogram, 0.5), 50);
    cr_expect_eq(histogram_percentile(&histogram, 0.99), 99);
    cr_expect_eq(histogram_percentile(&histogram, 1.0), 100);
    cr_expect_eq(histogram.max, 100);
}

Test(histogram, every_single_value_is_found_within_its_error, .timeout = 60)
{
    for (unsigned bits = 0; bits < 64; bits++) {
        for (int64_t offset = -1; offset <= 1; offset++) {
            uint64_t value = (UINT64_C(1) << bits) + (uint64_t)offset;
            struct histogram histogram;

            histogram_clear(&histogram);
            histogram_add(&histogram, value);
            histogram_add(&histogram, UINT64_MAX);
            double found = (double)histogram_percentile(&histogram, 0.5);
            cr_expect(fabs(found - (double)value) <= (double)value / 256.0, "%llu was found as %g",
                      (unsigned long long)value, found);
            cr_expect_eq(histogram_percentile(&histogram, 1.0), UINT64_MAX);
        }
    }
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

Test(histogram, percentiles_of_many, .timeout = 60)
{
    enum { COUNT = 100000 };
    static const double shares[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0};
    static uint64_t values[COUNT];
    static struct histogram histogram, half;
    uint64_t state = 1;

    /* Spread over many magnitudes, and in two parts that are merged. */
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t number = next_number(&state);
        values[i] = number >> (number % 40);
        histogram_add(i % 2 ? &histogram : &half, values[i]);
    }
    histogram_merge(&histogram, &half);
    qsort(values, COUNT, sizeof values[0], compare);
    cr_assert_eq(histogram.count, COUNT);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        double exact = (double)values[(size_t)ceil(shares[i] * COUNT) - 1];
        double found = (double)histogram_percentile(&histogram, shares[i]);
        cr_expect(fabs(found - exact) <= exact * 0.01, "share %g: %g, exactly %g", shares[i], found, exact);
    }
    cr_expect_eq(histogram_percentile(&histogram, 1.0), values[COUNT - 1]);
}
