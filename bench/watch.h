/* SPDX-License-Identifier: Apache-2.0 */
/* What other processes cost while something is measured: their processors' time and their memory. */
#ifndef OSTLER_BENCH_WATCH_H
#define OSTLER_BENCH_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A fanout has many servers, a broker a few processes. */
#define WATCH_MAX 256

/* One process; several may be one side, and are added up. */
struct watched {
    char side[16];
    pid_t pid;
};

struct watch_list {
    struct watched items[WATCH_MAX];
    size_t count;
};

/* Adds "SIDE=PID". False: it is not of that form, or the list is full. */
bool watch_parse(struct watch_list *list, const char *text);

/* Nanoseconds of processor time that all processes of a side have used; 0 if they are gone. */
uint64_t watch_cpu_ns(const struct watch_list *list, const char *side);

/* KiB of a side that are in memory: now, or @p peak, the most there ever were. */
uint64_t watch_memory_kib(const struct watch_list *list, const char *side, bool peak);

#endif
