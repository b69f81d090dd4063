/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON object that every client prints: the members of `ostler bench --json`, and what it cost each side. */
#ifndef OSTLER_BENCH_REPORT_H
#define OSTLER_BENCH_REPORT_H

#include "contest.h"

/* Processor time used so far, side by side. */
struct report_costs {
    uint64_t client, server, broker;
};

/* As it is now. */
struct report_costs report_costs(const struct watch_list *watch);

void report_print(const struct contest_options *options, const struct tally *tally, double seconds,
                  const struct report_costs *before, const struct report_costs *after);

#endif
