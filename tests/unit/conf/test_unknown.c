/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char found[4096];

static void report(void *user, const char *file, unsigned line, const char *group, const char *name,
                   const char *nearest)
{
    size_t used = strlen(found);

    (void)user;
    snprintf(found + used, sizeof found - used, "%s:%u [%s] %s? %s\n", file, line, group, name,
             nearest ? nearest : "-");
}

static void expect(const char *text, const char *expected)
{
    ostler_conf *conf = scratch_conf(text);

    found[0] = '\0';
    ostler_conf_unknown(conf, report, NULL);
    cr_expect_str_eq(found, expected);
    ostler_conf_unref(conf);
}

Test(unknown, near_names_are_named)
{
    expect("[DEFAULT]\ntransport_urll = x\ncontrol-exchange = y\n",
           "test.conf:2 [DEFAULT] transport_urll? transport_url\n"
           "test.conf:3 [DEFAULT] control-exchange? control_exchange\n");
    expect("[Server:A]\ntopics = x\n", "test.conf:2 [Server:A] topics? topic\n");
    expect("[DEFAULT]\nzzzzzz = x\n", "test.conf:2 [DEFAULT] zzzzzz? -\n");
}

Test(unknown, every_line_is_reported)
{
    expect("[server]\nnope = 1\n\nnope = 2\n", "test.conf:2 [server] nope? -\ntest.conf:4 [server] nope? -\n");
}

Test(unknown, what_is_known_by_a_former_name_is_known)
{
    expect("[DEFAULT]\nrpc_thread_pool_size = 3\nnotification_driver = log\n[rpc_notifier2]\ntopics = a\n"
           "[server:x]\nrpc_thread_pool_size = 4\n",
           "");
}

Test(unknown, sections_of_others_are_left_alone_and_ours_are_not)
{
    expect("[database]\nconnection = x\n[default]\nlower = 1\n", "");
    expect("[endpoint:thermo]\nunit = celsius\n", "test.conf:2 [endpoint:thermo] unit? -\n");
}

Test(unknown, very_long_names_are_not_compared)
{
    char text[700] = "[DEFAULT]\n", expected[700];

    memset(text + 10, 'd', 500);
    strcpy(text + 510, " = 1\n");
    snprintf(expected, sizeof expected, "test.conf:2 [DEFAULT] %.500s? -\n", text + 10);
    expect(text, expected);
}
