/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "arguments.h"
#include "options_table.h"
#include "output.h"

#include <ostler/version.h>

#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What went wrong with a value, as the exit code 0 or 2. */
static int bad_value(const struct options_row *row, const char *value, const char *expected)
{
    return output_usage(NULL, "option --%s: '%.64s' is not %s", row->name, value, expected);
}

static int take_seconds(const struct options_row *row, const char *value, double *seconds)
{
    char *end;
    double number = strtod(value, &end);

    if (end == value || *end != '\0' || !(number >= 0.0 && number <= OPTIONS_SECONDS_MAX))
        return bad_value(row, value, "a number of seconds from 0 to 1e9");
    *seconds = number;
    return 0;
}

static int take_integer(const struct options_row *row, const char *value, int64_t min, int64_t max, int64_t *integer)
{
    char *end, expected[80];

    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || number < min || number > max) {
        snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)min, (long long)max);
        return bad_value(row, value, expected);
    }
    *integer = number;
    return 0;
}

static int take_version(const struct options_row *row, const char *value, const char **version)
{
    if (ostler_version_check(value, NULL) != OSTLER_OK)
        return bad_value(row, value, "a version like 1.0");
    *version = value;
    return 0;
}

static int take_name(const struct options_row *row, const char *value, const char **name)
{
    if (*value == '\0' || strlen(value) > OSTLER_NAME_MAX || !arguments_utf8_valid(value, strlen(value)))
        return bad_value(row, value, "a name of 1 to 255 bytes in UTF-8");
    *name = value;
    return 0;
}

static int take_priority(const struct options_row *row, struct options *options, const char *value)
{
    if (!ostler_priority_parse(value, &options->priority))
        return bad_value(row, value, "a priority: audit, debug, info, warn, error, critical or sample");
    options->priorities |= 1u << options->priority;
    return 0;
}

/* The library says whether it is a regular expression. */
static int take_pattern(const struct options_row *row, const char *value, const char **pattern)
{
    if (!arguments_utf8_valid(value, strlen(value)))
        return bad_value(row, value, "valid UTF-8");
    *pattern = value;
    return 0;
}

static int take_source(struct options *options, const char *path, bool folder)
{
    struct options_source *larger = realloc(options->sources, (options->source_count + 1) * sizeof *options->sources);

    if (!larger) {
        output_message("out of memory");
        return OUTPUT_EXIT_FAILURE;
    }
    options->sources = larger;
    options->sources[options->source_count++] = (struct options_source){.path = path, .folder = folder};
    return 0;
}

static int take_context(struct options *options, const char *value)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    int exit_code = 0;

    if (arguments_add(options->context, value, &error) != OSTLER_OK)
        exit_code = output_usage(NULL, "option --context: %s", error.message);
    ostler_error_clear(&error);
    return exit_code;
}

/* [NAME=]BYTES */
static int take_payload(const struct options_row *row, struct options *options, char *value)
{
    char *equals = strrchr(value, '=');

    if (equals) {
        *equals = '\0';
        int exit_code = take_name(row, value, &options->payload_name);
        if (exit_code != 0)
            return exit_code;
        value = equals + 1;
    }
    return take_integer(row, value, 0, (int64_t)ARGUMENTS_SIZE_MAX, &options->payload);
}

static int take_notification_option(struct options *options, const struct options_row *row, char *value)
{
    switch (row->key) {
    case OPTION_PRIORITY:
        return take_priority(row, options, value);
    case OPTION_PUBLISHER_ID:
        return take_name(row, value, &options->publisher_id);
    case OPTION_PUBLISHER:
        return take_pattern(row, value, &options->publisher);
    case OPTION_EVENT_TYPE:
        return take_pattern(row, value, &options->event_type);
    case OPTION_POOL:
        return take_name(row, value, &options->pool);
    case OPTION_COUNT:
        return take_integer(row, value, 1, INT64_MAX, &options->count);
    default:
        return output_usage(NULL, "option --%s is not handled", row->name);
    }
}

static int take_option(struct options *options, const struct options_row *row, char *value)
{
    int64_t integer;
    int exit_code;

    switch (row->key) {
    case OPTION_URL:
        if (*value == '\0')
            return bad_value(row, value, "a transport URL");
        options->url = value;
        return 0;
    case OPTION_CONFIG_FILE:
        return take_source(options, value, false);
    case OPTION_CONFIG_DIR:
        return take_source(options, value, true);
    case OPTION_EXCHANGE:
        return take_name(row, value, &options->target.exchange);
    case OPTION_SERVER:
        return take_name(row, value, &options->target.server);
    case OPTION_NAMESPACE:
        return take_name(row, value, &options->target.namespace_);
    case OPTION_API_VERSION:
        return take_version(row, value, &options->target.version);
    case OPTION_VERSION_CAP:
        return take_version(row, value, &options->version_cap);
    case OPTION_CONTEXT:
        return take_context(options, value);
    case OPTION_TIMEOUT:
        return take_seconds(row, value, &options->timeout);
    case OPTION_CALL_MONITOR_TIMEOUT:
        return take_seconds(row, value, &options->call_monitor_timeout);
    case OPTION_RETRY:
        exit_code = take_integer(row, value, -1, INT32_MAX, &integer);
        if (exit_code == 0)
            options->retry = (int)integer;
        return exit_code;
    case OPTION_AT_LEAST_ONCE:
        options->at_least_once = true;
        return 0;
    case OPTION_FANOUT:
        options->target.fanout = true;
        return 0;
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_VERBOSE:
        options->verbose = true;
        return 0;
    case OPTION_DURATION:
        return take_seconds(row, value, &options->duration);
    case OPTION_CALLS:
        return take_integer(row, value, 1, INT64_MAX, &options->calls);
    case OPTION_IN_FLIGHT:
        return take_integer(row, value, 1, OPTIONS_IN_FLIGHT_MAX, &options->in_flight);
    case OPTION_THREADS:
        return take_integer(row, value, 1, OPTIONS_THREADS_MAX, &options->threads);
    case OPTION_WARM_UP:
        return take_integer(row, value, 0, INT64_MAX, &options->warm_up);
    case OPTION_PAYLOAD:
        return take_payload(row, options, value);
    default:
        return take_notification_option(options, row, value);
    }
}

/* getopt_long() says '?'. optopt is the key of a long option that takes no value but got one, the letter of a short one
 * that is unknown, or 0. */
static int refuse_option(const char *word)
{
    const struct options_row *row = options_row_find(optopt);

    if (row)
        return output_usage(NULL, "option --%s takes no value", row->name);
    if (optopt != 0)
        return output_usage(NULL, "option '-%c' is unknown", optopt);
    return output_usage(NULL, "option '%.64s' is unknown, or short for several", word);
}

/* getopt_long() moves operands to the end; `given` collects which rows were used, to be compared with the verb. */
static int parse_rows(struct options *options, int argc, char **argv, bool *given)
{
    struct option known[OPTIONS_ROWS_MAX + 1];
    int key, exit_code = 0;

    for (size_t i = 0; i <= options_row_count; i++)
        known[i] = i == options_row_count ? (struct option){0}
                                          : (struct option){options_rows[i].name,
                                                            options_rows[i].argument ? required_argument : no_argument,
                                                            NULL, options_rows[i].key};
    opterr = 0;
    while (exit_code == 0 && (key = getopt_long(argc, argv, ":hv", known, NULL)) != -1) {
        const struct options_row *row = options_row_find(key);

        if (key == ':') {
            exit_code = output_usage(NULL, "option '%.64s' needs a value", argv[optind - 1]);
        } else if (!row) {
            exit_code = refuse_option(argv[optind - 1]);
        } else {
            given[row - options_rows] = true;
            if (row->verbs != 0)
                exit_code = take_option(options, row, optarg);
        }
    }
    return exit_code;
}

/* The first operand is the verb; the rest must suit it, and so must the options. */
static int check_verb(struct options *options, const bool *given)
{
    const struct verb *verb = options->verb;

    for (size_t i = 0; i < options_row_count; i++)
        if (given[i] && !(options_rows[i].verbs & verb->bit))
            return output_usage(verb->name, "'%s' has no option --%s", verb->name, options_rows[i].name);
    if (options->operand_count < verb->min_operands)
        return output_usage(verb->name, "too few arguments: ostler %s %s", verb->name, verb->operands);
    if (options->operand_count > verb->max_operands)
        return output_usage(verb->name, "too many arguments ('%.64s'): ostler %s %s",
                            options->operands[verb->max_operands], verb->name, verb->operands);
    for (size_t i = 0; i < options->operand_count && i < verb->name_operands; i++) {
        const char *operand = options->operands[i];
        if (*operand == '\0' || strlen(operand) > OSTLER_NAME_MAX || !arguments_utf8_valid(operand, strlen(operand)))
            return output_usage(verb->name, "%s '%.64s' is not a name of 1 to 255 bytes in UTF-8",
                                i == 0 ? "TOPIC" : verb->second, operand);
    }
    return 0;
}

static int parse(struct options *options, int argc, char **argv, bool *done)
{
    bool given[OPTIONS_ROWS_MAX] = {false};
    int exit_code;

    *done = true;
    options->context = json_object_new_object();
    if (!options->context) {
        output_message("out of memory");
        return OUTPUT_EXIT_FAILURE;
    }
    exit_code = parse_rows(options, argc, argv, given);
    if (exit_code != 0)
        return exit_code;
    if (given[options_row_find(OPTION_VERSION) - options_rows]) {
        printf("ostler %s (libostler %s)\n", OSTLER_VERSION, ostler_version());
        return output_flush();
    }
    options->verb = optind < argc ? verb_find(argv[optind]) : NULL;
    if (optind < argc && !options->verb)
        return output_usage(NULL, "no verb is called '%.64s'", argv[optind]);
    if (given[options_row_find(OPTION_HELP) - options_rows]) {
        options_help(stdout, options->verb);
        return output_flush();
    }
    if (given[options_row_find(OPTION_COMPLETION_WORDS) - options_rows]) {
        options_words(stdout, options->verb);
        return output_flush();
    }
    if (!options->verb)
        return output_usage(NULL, "what is to be done? A verb is missing");
    *done = false;
    options->operands = argv + optind + 1;
    options->operand_count = (size_t)(argc - optind - 1);
    return check_verb(options, given);
}

bool options_parse(struct options *options, int argc, char **argv, int *exit_code)
{
    bool done;

    *options = (struct options){
        .timeout = -1.0,
        .retry = OPTIONS_RETRY_NOT_GIVEN,
        .duration = -1.0,
        .calls = -1,
        .in_flight = -1,
        .threads = -1,
        .warm_up = -1,
        .payload = -1,
        .payload_name = "arg",
        .priority = OSTLER_PRIORITY_INFO,
        .count = -1,
    };
    *exit_code = parse(options, argc, argv, &done);
    return !done && *exit_code == 0;
}

void options_clear(struct options *options)
{
    json_object_put(options->context);
    free(options->sources);
    *options = (struct options){.verb = NULL};
}
