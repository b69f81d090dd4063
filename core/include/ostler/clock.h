/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/clock.h
 * Time for deadlines: CLOCK_MONOTONIC in nanoseconds, so that a changed wall clock shortens or stretches nothing.
 */
#ifndef OSTLER_CLOCK_H
#define OSTLER_CLOCK_H

#include <ostler/api.h>

OSTLER_BEGIN_DECLS

/** A point in time, or OSTLER_NEVER. */
typedef int64_t ostler_time;

/** The deadline that never comes. */
#define OSTLER_NEVER INT64_MAX
/** The deadline that has always passed: do what can be done at once, wait for nothing. */
#define OSTLER_AT_ONCE INT64_C(0)

/** Now. Any thread; never fails. */
OSTLER_API ostler_time ostler_now(void);

/** The point @p seconds from now; OSTLER_NEVER for a negative, infinite or too large number. */
OSTLER_API ostler_time ostler_deadline(double seconds);

/** Seconds left until @p deadline, not less than 0; infinity for OSTLER_NEVER. */
OSTLER_API double ostler_time_left(ostler_time deadline);

/** Milliseconds left until @p deadline rounded up, as poll(2) takes them: -1 for OSTLER_NEVER, 0 when it has passed. */
OSTLER_API int ostler_time_left_ms(ostler_time deadline);

OSTLER_END_DECLS

#endif
