/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/clock.h>

#include <limits.h>
#include <math.h>
#include <time.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
/* Over a century: longer spans are "never", which keeps the sums below far from overflow. */
#define LONGEST_S 4e9

ostler_time ostler_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (ostler_time)now.tv_sec * NS_PER_S + now.tv_nsec;
}

ostler_time ostler_deadline(double seconds)
{
    if (!(seconds >= 0.0 && seconds < LONGEST_S))
        return OSTLER_NEVER;
    return ostler_now() + (ostler_time)(seconds * (double)NS_PER_S);
}

double ostler_time_left(ostler_time deadline)
{
    if (deadline == OSTLER_NEVER)
        return (double)INFINITY;
    ostler_time now = ostler_now();
    return deadline > now ? (double)(deadline - now) / (double)NS_PER_S : 0.0;
}

int ostler_time_left_ms(ostler_time deadline)
{
    if (deadline == OSTLER_NEVER)
        return -1;
    if (deadline == OSTLER_AT_ONCE)
        return 0;
    ostler_time now = ostler_now();
    if (deadline <= now)
        return 0;
    int64_t ms = (deadline - now + NS_PER_MS - 1) / NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}
