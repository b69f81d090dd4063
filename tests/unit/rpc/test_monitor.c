/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"
#include "scripted.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <time.h>

struct entry {
    struct monitored monitored; /* first */
    atomic_uint beats;
    atomic_bool removed;
    atomic_bool late;
    ostler_time first;
};

static struct monitor monitor;

static void beat(struct monitored *monitored)
{
    struct entry *entry = (struct entry *)(void *)monitored;

    if (atomic_fetch_add(&entry->beats, 1) == 0)
        entry->first = ostler_now();
    if (atomic_load(&entry->removed))
        atomic_store(&entry->late, true);
}

static bool has_beats(void *user)
{
    return atomic_load(&((struct entry *)user)->beats) >= 3;
}

Test(monitor, beats_after_half_the_time_and_again, .timeout = 60)
{
    struct entry entry = {.first = 0};

    monitor_init(&monitor, "test", beat);
    ostler_time began = ostler_now();
    monitor_add(&monitor, &entry.monitored, 0.06);
    cr_expect(scripted_until(has_beats, &entry));
    monitor_remove(&monitor, &entry.monitored);
    cr_expect_geq(entry.first - began, 30000000);
    monitor_fini(&monitor);
}

Test(monitor, nothing_beats_after_it_is_removed, .timeout = 60)
{
    static struct entry entries[50];

    monitor_init(&monitor, "test", beat);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 50; i++)
            monitor_add(&monitor, &entries[i].monitored, 0.0001 * (i % 7));
        nanosleep(&(struct timespec){.tv_nsec = 6000000}, NULL);
        for (int i = 0; i < 50; i++) {
            monitor_remove(&monitor, &entries[i].monitored);
            atomic_store(&entries[i].removed, true);
        }
        for (int i = 0; i < 50; i++) {
            cr_expect_not(atomic_load(&entries[i].late));
            atomic_store(&entries[i].removed, false);
        }
    }
    monitor_fini(&monitor);
}

Test(monitor, an_earlier_one_is_not_delayed_by_a_later_one, .timeout = 60)
{
    struct entry late = {.first = 0}, soon = {.first = 0};

    monitor_init(&monitor, "test", beat);
    monitor_add(&monitor, &late.monitored, 1e9);
    monitor_add(&monitor, &soon.monitored, 0.01);
    cr_expect(scripted_until(has_beats, &soon));
    cr_expect_eq(atomic_load(&late.beats), 0);
    monitor_remove(&monitor, &soon.monitored);
    monitor_remove(&monitor, &late.monitored);
    monitor_fini(&monitor);
}

Test(monitor, nothing_is_made_that_is_not_asked_for)
{
    struct entry entry = {.first = 0};

    monitor_init(&monitor, "test", beat);
    cr_expect_not(monitor.running);
    monitor_remove(&monitor, &entry.monitored);
    monitor_fini(&monitor);
}
