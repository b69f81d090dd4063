/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "options_table.h"

#include <criterion/criterion.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Verbs of the same shape as the command's, which do nothing. */
static int nothing(const struct options *options)
{
    (void)options;
    return 0;
}

const struct verb verbs[] = {
    {"call", VERB_CALL, "TOPIC METHOD …", 2, SIZE_MAX, 2, "METHOD", "calls", "", nothing},
    {"cast", VERB_CAST, "TOPIC METHOD …", 2, SIZE_MAX, 2, "METHOD", "casts", "", nothing},
    {"notify", VERB_NOTIFY, "TOPIC EVENT_TYPE …", 2, SIZE_MAX, 2, "EVENT_TYPE", "emits", "", nothing},
    {"listen", VERB_LISTEN, "TOPIC …", 1, SIZE_MAX, SIZE_MAX, "TOPIC", "listens", "", nothing},
    {"describe", VERB_DESCRIBE, "TOPIC", 1, 1, 1, NULL, "describes", "", nothing},
    {"bench", VERB_BENCH, "TOPIC …", 1, SIZE_MAX, 2, "METHOD", "measures", "", nothing},
    {NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

/* Parses a command line of words separated by spaces; they live in @p line. */
static bool parse(struct options *options, char *line, int *exit_code)
{
    static char *argv[64];
    int argc = 0;
    char *rest = line;

    argv[argc++] = (char[]){"ostler"};
    for (char *word; argc < 63 && (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    optind = 0; /* glibc: begin anew */
    return options_parse(options, argc, argv, exit_code);
}

Test(options, before_and_after_the_verb, .timeout = 60)
{
    char line[] = "--url fake:// -v call --timeout 1.5 demo --server s1 echo arg=x --retry -1 --config-file a "
                  "--config-dir b --context user=me --context n:=5 --api-version 1.2 --at-least-once -- --odd=1";
    struct options options;
    int exit_code;

    cr_assert(parse(&options, line, &exit_code));
    cr_expect_eq(exit_code, 0);
    cr_expect_str_eq(options.verb->name, "call");
    cr_expect_str_eq(options.url, "fake://");
    cr_expect_eq(options.operand_count, 4);
    cr_expect_str_eq(options.operands[0], "demo");
    cr_expect_str_eq(options.operands[1], "echo");
    cr_expect_str_eq(options.operands[2], "arg=x");
    cr_expect_str_eq(options.operands[3], "--odd=1");
    cr_expect_float_eq(options.timeout, 1.5, 0.0);
    cr_expect_eq(options.retry, -1);
    cr_expect_str_eq(options.target.server, "s1");
    cr_expect_str_eq(options.target.version, "1.2");
    cr_expect(options.verbose);
    cr_expect(options.at_least_once);
    cr_expect_eq(options.source_count, 2);
    cr_expect(!options.sources[0].folder && options.sources[1].folder);
    cr_expect_str_eq(json_object_to_json_string_ext(options.context, JSON_C_TO_STRING_PLAIN),
                     "{\"user\":\"me\",\"n\":5}");
    options_clear(&options);
}

Test(options, bench_has_its_own, .timeout = 60)
{
    char line[] = "bench demo --in-flight 64 --calls 1000 --payload text=300 --warm-up 0 --json";
    struct options options;
    int exit_code;

    cr_assert(parse(&options, line, &exit_code));
    cr_expect_eq(options.in_flight, 64);
    cr_expect_eq(options.calls, 1000);
    cr_expect_eq(options.warm_up, 0);
    cr_expect_eq(options.payload, 300);
    cr_expect_str_eq(options.payload_name, "text");
    cr_expect(options.json);
    cr_expect(options.duration < 0.0, "not given");
    options_clear(&options);
}

Test(options, of_notifications, .timeout = 60)
{
    char notify[] =
        "notify demo boiler.hot --priority WARNING --publisher-id boiler.h1 --context user=me a=b --retry 0";
    char listen[] =
        "listen a b c --priority audit --priority sample --event-type x.*y --publisher ^h --pool p --count 5";
    char bare[] = "listen a";
    struct options options;
    int exit_code;

    cr_assert(parse(&options, notify, &exit_code));
    cr_expect_eq(options.priority, OSTLER_PRIORITY_WARN);
    cr_expect_str_eq(options.publisher_id, "boiler.h1");
    cr_expect_eq(options.retry, 0);
    cr_expect_eq(options.operand_count, 3);
    options_clear(&options);
    cr_assert(parse(&options, listen, &exit_code));
    cr_expect_eq(options.priorities, 1u << OSTLER_PRIORITY_AUDIT | 1u << OSTLER_PRIORITY_SAMPLE);
    cr_expect_str_eq(options.event_type, "x.*y");
    cr_expect_str_eq(options.publisher, "^h");
    cr_expect_str_eq(options.pool, "p");
    cr_expect_eq(options.count, 5);
    cr_expect_eq(options.operand_count, 3);
    options_clear(&options);
    cr_assert(parse(&options, bare, &exit_code));
    cr_expect_eq(options.priorities, 0);
    cr_expect_eq(options.priority, OSTLER_PRIORITY_INFO);
    cr_expect_eq(options.retry, OPTIONS_RETRY_NOT_GIVEN);
    cr_expect(options.count < 0 && options.timeout < 0.0 && !options.pool, "not given");
    options_clear(&options);
}

Test(options, wrong_usage_is_refused, .timeout = 60)
{
    static const char *const lines[] = {
        "",
        "call",
        "call demo",
        "call --nonsense demo echo",
        "call -x demo echo",
        "call demo echo --url",
        "call demo echo --url ",
        "call demo echo --fanout",
        "call demo echo --verbose=yes",
        "call demo echo --con x",
        "call demo echo --timeout -1",
        "call demo echo --timeout nan",
        "call demo echo --timeout inf",
        "call demo echo --timeout 1s",
        "call demo echo --timeout ",
        "call demo echo --call-monitor-timeout x",
        "call demo echo --retry -2",
        "call demo echo --retry 1.5",
        "call demo echo --retry 99999999999",
        "call demo echo --api-version 1",
        "call demo echo --version-cap x.y",
        "call demo echo --context user",
        "call demo echo --context a=1 --context a=2",
        "call demo echo --server ",
        "call demo echo --exchange \xff",
        "call demo echo --namespace ",
        "call  echo",
        "call demo ",
        "call \xff echo",
        "cast demo echo --in-flight 2",
        "cast demo echo --call-monitor-timeout 1",
        "describe",
        "describe demo echo",
        "describe demo --namespace control",
        "describe demo --api-version 1.0",
        "bench demo --in-flight 0",
        "bench demo --in-flight 65537",
        "bench demo --threads 0",
        "bench demo --threads 1025",
        "bench demo --calls 0",
        "bench demo --calls x",
        "bench demo --duration -5",
        "bench demo --warm-up -1",
        "bench demo --payload -1",
        "bench demo --payload =5",
        "bench demo --payload arg=",
        "bench demo --payload 1k",
        "bench demo --payload 999999999999",
        "notify demo",
        "notify demo event --priority loud",
        "notify demo event --priority ",
        "notify demo event --pool p",
        "notify demo event --server s1",
        "notify demo \xff",
        "listen",
        "listen a \xff",
        "listen a  b",
        "listen a --priority verbose",
        "listen a --count 0",
        "listen a --count many",
        "listen a --pool ",
        "listen a --event-type \xff",
        "listen a --publisher-id x",
        "listen a --retry 1",
        "sing demo",
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char line[256];
        struct options options;
        int exit_code = -1;

        snprintf(line, sizeof line, "%s", lines[i]);
        cr_expect_not(parse(&options, line, &exit_code), "accepted: %s", lines[i]);
        cr_expect_eq(exit_code, 2, "exit code %d: %s", exit_code, lines[i]);
        options_clear(&options);
    }
}

Test(options, every_row_is_parsed_and_shown, .timeout = 60)
{
    char *help = NULL, *words = NULL;
    size_t help_size = 0, words_size = 0;

    for (const struct verb *verb = verbs; verb->name; verb++) {
        FILE *help_stream = open_memstream(&help, &help_size);
        FILE *words_stream = open_memstream(&words, &words_size);
        options_help(help_stream, verb);
        options_words(words_stream, verb);
        fclose(help_stream);
        fclose(words_stream);
        for (size_t i = 0; i < options_row_count; i++) {
            const struct options_row *row = &options_rows[i];
            char name[64];
            bool known = row->help && (row->verbs == 0 || (row->verbs & verb->bit));

            snprintf(name, sizeof name, "--%s%s", row->name, row->argument ? " " : "");
            cr_expect_eq(strstr(help, name) != NULL, known, "help of %s: %s", verb->name, name);
            snprintf(name, sizeof name, "--%s%s\n", row->name, row->argument ? "=" : "");
            cr_expect_eq(strstr(words, name) != NULL, known, "words of %s: %s", verb->name, name);
        }
        free(help);
        free(words);
    }
}

Test(options, a_repeated_one_counts_last, .timeout = 60)
{
    char line[] = "call demo echo --timeout 1 --url a: --timeout 2 --url b:";
    struct options options;
    int exit_code;

    cr_assert(parse(&options, line, &exit_code));
    cr_expect_float_eq(options.timeout, 2.0, 0.0);
    cr_expect_str_eq(options.url, "b:");
    options_clear(&options);
}
