/* SPDX-License-Identifier: Apache-2.0 */
#include "routing_rules.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[256];

static void write_file(const char *text)
{
    const char *folder = getenv("TMPDIR");

    snprintf(path, sizeof path, "%s/routing.XXXXXX", folder ? folder : "/tmp");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

static void expect_wrong(const char *text, const char *line, const char *why)
{
    struct routing_rules rules = {0};
    struct ostler_error error = OSTLER_ERROR_INIT;
    char wanted[300];

    write_file(text);
    snprintf(wanted, sizeof wanted, "%s:%s: ", path, line);
    cr_expect_eq(routing_rules_read(path, &rules, &error), OSTLER_E_CONFIG);
    cr_assert_not_null(error.message);
    cr_expect(strncmp(error.message, wanted, strlen(wanted)) == 0, "%s", error.message);
    cr_expect(strstr(error.message, why), "%s", error.message);
    cr_expect_eq(rules.count, 0);
    ostler_error_clear(&error);
    remove_file();
}

static bool selects(const char *rule, const char *event_type, const char *priority)
{
    struct routing_rules rules = {0};
    char text[512];

    snprintf(text, sizeof text, "group:\n  log: %s\n", rule);
    write_file(text);
    cr_assert_eq(routing_rules_read(path, &rules, NULL), OSTLER_OK);
    remove_file();
    cr_assert_eq(rules.count, 1);
    bool selected = routing_rule_selects(&rules.each[0], event_type, priority);
    routing_rules_clear(&rules);
    return selected;
}

Test(routing_rules, are_read, .timeout = 30)
{
    struct routing_rules rules = {0};

    write_file(
        "group_1:\n  messagingv2:\n    accepted_events: [\"compute.*\", x]\n    accepted_priorities: [info, ERR*]\n"
        "  log:\n    rejected_events:\n      - \"*.end\"\ngroup_2:\n  messagingv2: {}\n");
    cr_assert_eq(routing_rules_read(path, &rules, NULL), OSTLER_OK);
    cr_assert_eq(rules.count, 3);
    cr_expect_str_eq(rules.each[0].driver, "messagingv2");
    cr_expect_str_eq(rules.each[0].accepted_events[1], "x");
    cr_expect_null(rules.each[0].accepted_events[2]);
    cr_expect_str_eq(rules.each[0].accepted_priorities[1], "err*");
    cr_expect_null(rules.each[1].accepted_events);
    cr_expect_str_eq(rules.each[1].rejected_events[0], "*.end");
    routing_rules_clear(&rules);
    remove_file();
}

Test(routing_rules, select_by_globs, .timeout = 30)
{
    cr_expect(selects("{}", "any", "info"));
    cr_expect_not(selects("{accepted_events: []}", "any", "info"));
    cr_expect(selects("{accepted_events: [\"compute.*\"]}", "compute.a/b.c", "info"));
    cr_expect_not(selects("{accepted_events: [\"compute.*\"]}", "Compute.a", "info"));
    cr_expect_not(selects("{accepted_events: [compute]}", "compute.a", "info"));
    cr_expect(selects("{accepted_events: [a, \"[!b]?\"]}", "cd", "info"));
    cr_expect(selects("{accepted_priorities: [ERR*]}", "any", "error"));
    cr_expect_not(selects("{accepted_events: [any], accepted_priorities: [error]}", "any", "info"));
    cr_expect_not(selects("{accepted_events: [\"*\"], rejected_events: [\"*.end\"]}", "a.end", "info"));
    cr_expect_not(selects("{rejected_priorities: [DEBUG]}", "any", "debug"));
    cr_expect(selects("{rejected_priorities: [debug]}", "any", "info"));
}

Test(routing_rules, what_is_wrong_is_told_with_its_line, .timeout = 30)
{
    expect_wrong("", "1", "empty");
    expect_wrong("group:\n  log: [\n", "3", "");
    expect_wrong("- a\n", "1", "map of groups");
    expect_wrong("group:\n  log:\n", "2", "rules of a driver");
    expect_wrong("group:\n  - log\n", "2", "map of drivers");
    expect_wrong("group:\n  routing: {}\n", "2", "itself");
    expect_wrong("group:\n  log:\n    accepted_events: a\n", "3", "list");
    expect_wrong("group:\n  log:\n    accepted_events:\n      - [a]\n", "4", "text");
}

Test(routing_rules, a_file_that_is_missing_is_named, .timeout = 30)
{
    struct routing_rules rules = {0};
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_expect_eq(routing_rules_read("/nonexistent/routing.yaml", &rules, &error), OSTLER_E_CONFIG);
    cr_expect(strstr(error.message, "/nonexistent/routing.yaml"));
    ostler_error_clear(&error);
}
