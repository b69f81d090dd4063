/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/log.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char seen[8192];
static unsigned lines;

static void sink(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)user;
    lines++;
    snprintf(seen, sizeof seen, "%s %s %s", ostler_log_level_name(level), module, text);
}

Test(log, nothing_happens_without_a_sink)
{
    cr_assert_not(ostler_log_enabled(OSTLER_LOG_CRITICAL));
    ostler_log(OSTLER_LOG_CRITICAL, "test", "x");
}

Test(log, the_level_decides)
{
    ostler_log_set_sink(sink, NULL);
    ostler_log(OSTLER_LOG_DEBUG, "test", "x");
    cr_assert_eq(lines, 0);
    ostler_log(OSTLER_LOG_WARNING, "test", "%d", 3);
    cr_assert_str_eq(seen, "WARNING test 3");
    ostler_log_set_level(OSTLER_LOG_DEBUG);
    ostler_log(OSTLER_LOG_DEBUG, "test", "y");
    cr_assert_str_eq(seen, "DEBUG test y");
    cr_assert_eq(lines, 2);
}

Test(log, a_long_line_is_cut)
{
    char text[6000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ostler_log_set_sink(sink, NULL);
    ostler_log(OSTLER_LOG_ERROR, "t", "%s", text);
    cr_assert_eq(strlen(seen), strlen("ERROR t ") + 4095);
}
