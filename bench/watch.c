/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool watch_parse(struct watch_list *list, const char *text)
{
    const char *equals = strchr(text, '=');
    char *end;

    if (!equals || list->count == WATCH_MAX || (size_t)(equals - text) >= sizeof list->items[0].side)
        return false;
    struct watched *item = &list->items[list->count];
    long pid = strtol(equals + 1, &end, 10);
    if (pid <= 0 || *end)
        return false;
    snprintf(item->side, sizeof item->side, "%.*s", (int)(equals - text), text);
    item->pid = (pid_t)pid;
    list->count++;
    return true;
}

uint64_t watch_cpu_ns(const struct watch_list *list, const char *side)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < list->count; i++) {
        clockid_t clock;
        struct timespec used;
        if (strcmp(list->items[i].side, side) == 0 && clock_getcpuclockid(list->items[i].pid, &clock) == 0 &&
            clock_gettime(clock, &used) == 0)
            sum += (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
    }
    return sum;
}

static uint64_t memory_of(pid_t pid, const char *name)
{
    char path[64], line[256];
    uint64_t kib = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "re");
    if (!status)
        return 0;
    while (kib == 0 && fgets(line, sizeof line, status))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtoull(line + strlen(name), NULL, 10);
    fclose(status);
    return kib;
}

uint64_t watch_memory_kib(const struct watch_list *list, const char *side, bool peak)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].side, side) == 0)
            sum += memory_of(list->items[i].pid, peak ? "VmHWM:" : "VmRSS:");
    return sum;
}
