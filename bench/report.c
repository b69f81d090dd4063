/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct report_costs report_costs(const struct watch_list *watch)
{
    struct timespec own;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    return (struct report_costs){.client = (uint64_t)own.tv_sec * 1000000000 + (uint64_t)own.tv_nsec,
                                 .server = watch_cpu_ns(watch, "server"),
                                 .broker = watch_cpu_ns(watch, "broker")};
}

static bool is_watched(const struct watch_list *watch, const char *side)
{
    for (size_t i = 0; i < watch->count; i++)
        if (strcmp(watch->items[i].side, side) == 0)
            return true;
    return false;
}

/* One side's costs; null where there is no such process. */
static void print_side(const struct watch_list *watch, const char *side, uint64_t ns, uint64_t calls)
{
    if (is_watched(watch, side) && calls > 0)
        printf(",\"%s\":{\"cpu_us\":%.3f,\"rss_kib\":%" PRIu64 ",\"peak_kib\":%" PRIu64 "}", side,
               (double)ns / 1e3 / (double)calls, watch_memory_kib(watch, side, false),
               watch_memory_kib(watch, side, true));
    else
        printf(",\"%s\":null", side);
}

void report_print(const struct contest_options *options, const struct tally *tally, double seconds,
                  const struct report_costs *before, const struct report_costs *after)
{
    const struct histogram *latencies = &tally->latencies;
    struct watch_list all = options->watch;
    char self[32];

    printf("{\"calls\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"seconds\":%.6f,\"rate\":%.1f,\"p50_us\":%.3f,"
           "\"p99_us\":%.3f,\"p999_us\":%.3f,\"max_us\":%.3f,\"in_flight\":%u,\"payload_bytes\":%zu",
           latencies->count + tally->errors, tally->errors, seconds, (double)latencies->count / seconds,
           (double)histogram_percentile(latencies, 0.5) / 1e3, (double)histogram_percentile(latencies, 0.99) / 1e3,
           (double)histogram_percentile(latencies, 0.999) / 1e3, (double)latencies->max / 1e3, options->in_flight,
           options->payload);
    /* The client is this process; in a program that is both sides it stands for both. */
    snprintf(self, sizeof self, "client=%d", (int)getpid());
    if (all.count == WATCH_MAX)
        all.count--;
    watch_parse(&all, self);
    print_side(&all, "client", after->client - before->client, latencies->count);
    print_side(&all, "server", after->server - before->server, latencies->count);
    print_side(&all, "broker", after->broker - before->broker, latencies->count);
    puts("}");
}
