/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *sample_of(const struct ostler_option_group *group)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    cr_assert_not_null(stream);
    cr_assert(ostler_conf_write_sample(stream, group));
    cr_assert_eq(fclose(stream), 0);
    return text;
}

Test(sample, an_option_with_everything)
{
    static const char *const choices[] = {"x y", " z", NULL};
    static const struct ostler_option_alias former[] = {{"Past", NULL}, {NULL, "older"}, {0}};
    static const struct ostler_option options[] = {
        {.name = "one",
         .type = OSTLER_OPTION_STRING,
         .default_value = " z",
         .help = "A help that is long enough to be broken into two lines, of which each one is a comment of its own.",
         .choices = choices,
         .deprecated = former},
        {.name = "two", .type = OSTLER_OPTION_INTEGER, .default_value = "3", .help = "Count.", .min = 1, .max = 9},
        {.name = "three", .type = OSTLER_OPTION_STRING, .default_value = "hidden", .help = "Key.", .secret = true},
        {.name = "four", .type = OSTLER_OPTION_LIST, .help = "Four.", .no_effect = true},
        {.name = NULL},
    };
    const struct ostler_option_group group = {"thing:*", "Things.", options};
    char *text = sample_of(&group);

    cr_expect_str_eq(text, "[thing:NAME]\n"
                           "# Things.\n"
                           "\n"
                           "# A help that is long enough to be broken into two lines, of which each one is\n"
                           "# a comment of its own.\n"
                           "# (text)\n"
                           "# One of: x y,  z\n"
                           "# Former name: [Past] one\n"
                           "# Former name: [thing:NAME] older\n"
                           "#one = \" z\"\n"
                           "\n"
                           "# Count.\n"
                           "# (integer)\n"
                           "# From 1 to 9\n"
                           "#two = 3\n"
                           "\n"
                           "# Key.\n"
                           "# (text)\n"
                           "#three =\n"
                           "\n"
                           "# Four.\n"
                           "# (list, separated by commas)\n"
                           "# Accepted, but without effect here.\n"
                           "#four =\n");
    free(text);
}

/* Takes the comment sign off each option that has a value. */
static void uncomment(char *text)
{
    char *to = text;

    for (char *line = text; *line;) {
        char *end = strchr(line, '\n') + 1;
        if (line[0] == '#' && islower((unsigned char)line[1]) && end[-2] != '=')
            line++;
        memmove(to, line, (size_t)(end - line));
        to += end - line;
        line = end;
    }
    *to = '\0';
}

Test(sample, the_cores_own_can_be_used_as_it_stands)
{
    for (const struct ostler_option_group *group = ostler_conf_core_options(); group->name; group++) {
        ostler_conf *defaults = scratch_conf(NULL);
        char *text = sample_of(group);
        uncomment(text);
        ostler_conf *conf = scratch_conf(text);
        cr_expect_eq(ostler_conf_check(conf, NULL), OSTLER_OK);
        const char *name = strcmp(group->name, "server:*") == 0     ? "server:NAME"
                           : strcmp(group->name, "listener:*") == 0 ? "listener:NAME"
                                                                    : group->name;
        cr_expect(ostler_conf_same(conf, defaults, name), "%s", text);
        free(text);
        ostler_conf_unref(conf);
        ostler_conf_unref(defaults);
    }
}

Test(sample, every_option_of_the_core_is_described)
{
    for (const struct ostler_option_group *group = ostler_conf_core_options(); group->name; group++) {
        cr_expect_not_null(group->help);
        for (const struct ostler_option *option = group->options; option->name; option++) {
            cr_assert_not_null(option->help, "[%s] %s", group->name, option->name);
            cr_expect_eq(option->help[strlen(option->help) - 1], '.', "[%s] %s", group->name, option->name);
        }
    }
}

Test(sample, a_stream_that_fails_is_told)
{
    FILE *full = fopen("/dev/full", "w");

    cr_assert_not_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    cr_expect_not(ostler_conf_write_sample(full, ostler_conf_core_options()));
    fclose(full);
}
