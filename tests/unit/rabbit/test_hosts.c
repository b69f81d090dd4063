/* SPDX-License-Identifier: Apache-2.0 */
#include "hosts.h"

#include <criterion/criterion.h>
#include <string.h>

static ostler_url *url;
static const struct rabbit_options options = {.retry_interval = 1, .retry_backoff = 2, .interval_max = 6};

static void open_hosts(struct hosts *hosts, const char *text)
{
    cr_assert_eq(ostler_url_parse(text, &url, NULL), OSTLER_OK);
    cr_assert(hosts_init(hosts, url, &options));
}

static void close_hosts(struct hosts *hosts)
{
    hosts_fini(hosts);
    ostler_url_free(url);
}

Test(hosts, all_are_tried_in_a_round_without_waiting)
{
    struct hosts hosts;
    unsigned seen = 0;

    open_hosts(&hosts, "rabbit://a:1,b:2,c:3/");
    for (int i = 0; i < 3; i++) {
        const struct ostler_url_host *host = hosts_pick(&hosts);
        seen |= 1u << host->port;
        double wait = hosts_failed(&hosts);
        cr_expect_eq(wait > 0.0, i == 2);
    }
    cr_expect_eq(seen, 0xeu);
    close_hosts(&hosts);
}

Test(hosts, waits_grow_to_a_limit_and_are_spread)
{
    static const double due[] = {1, 3, 5, 6, 6, 6};
    struct hosts hosts;

    open_hosts(&hosts, "rabbit://a/");
    for (size_t i = 0; i < sizeof due / sizeof *due; i++) {
        double wait = hosts_failed(&hosts);
        cr_expect_geq(wait, due[i] * 0.5);
        cr_expect_leq(wait, due[i] * 1.5);
    }
    hosts_succeeded(&hosts);
    cr_expect_leq(hosts_failed(&hosts), 1.5);
    close_hosts(&hosts);
}

Test(hosts, many_clients_do_not_come_back_at_one_moment)
{
    unsigned tenths[11] = {0}, used = 0;

    for (int i = 0; i < 200; i++) {
        struct hosts hosts;
        open_hosts(&hosts, "rabbit://a/");
        tenths[(int)((hosts_failed(&hosts) - 0.5) * 10)]++;
        close_hosts(&hosts);
    }
    for (int i = 0; i < 10; i++) {
        used += tenths[i] > 0;
        cr_expect_lt(tenths[i], 80u);
    }
    cr_expect_geq(used, 8u);
}

Test(hosts, clients_begin_with_different_hosts)
{
    unsigned first[4] = {0};

    for (int i = 0; i < 200; i++) {
        struct hosts hosts;
        open_hosts(&hosts, "rabbit://a:1,b:2,c:3/");
        first[hosts_pick(&hosts)->port]++;
        close_hosts(&hosts);
    }
    for (int i = 1; i <= 3; i++)
        cr_expect_gt(first[i], 20u);
}

Test(hosts, a_url_without_hosts_stands_for_the_default_one)
{
    struct hosts hosts;

    open_hosts(&hosts, "rabbit://");
    cr_expect_null(hosts_pick(&hosts));
    cr_expect_gt(hosts_failed(&hosts), 0.0);
    close_hosts(&hosts);
}
