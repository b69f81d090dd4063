/* SPDX-License-Identifier: Apache-2.0 */
/* Latencies in bounded memory: whole numbers counted in buckets that grow with the number, so that a percentile is
 * right to within 1/256 of its value whatever the range. */
#ifndef OSTLER_CLI_HISTOGRAM_H
#define OSTLER_CLI_HISTOGRAM_H

#include <stdint.h>

/* Numbers below 256 have a bucket each; every doubling above has 128 more. */
#define HISTOGRAM_EXACT   256
#define HISTOGRAM_STEPS   128
#define HISTOGRAM_BUCKETS (HISTOGRAM_EXACT + (64 - 8) * HISTOGRAM_STEPS)

struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Makes it empty. */
void histogram_clear(struct histogram *histogram);

/* Counts one value. One thread at a time. */
void histogram_add(struct histogram *histogram, uint64_t value);

/* Adds everything in @p from to @p histogram. */
void histogram_merge(struct histogram *histogram, const struct histogram *from);

/* The smallest value that at least @p share (0 to 1) of all values do not exceed; 0 if there are none. The highest one
 * is exact. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
