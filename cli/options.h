/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one table of options, from which parsing, --help and the shell's completion come. */
#ifndef OSTLER_CLI_OPTIONS_H
#define OSTLER_CLI_OPTIONS_H

#include "verb.h"

#include <ostler/notification.h>
#include <ostler/target.h>

#include <stdint.h>
#include <stdio.h>

/* Bounds of what can be asked for. */
#define OPTIONS_SECONDS_MAX   1e9
#define OPTIONS_IN_FLIGHT_MAX 65536
#define OPTIONS_THREADS_MAX   1024

#define OPTIONS_RETRY_NOT_GIVEN (-2)

/* One configuration source, in the order given. */
struct options_source {
    const char *path;
    bool folder;
};

/* What a command line says. Texts are those of argv. */
struct options {
    const struct verb *verb;
    char **operands; /* TOPIC, METHOD, arguments */
    size_t operand_count;

    const char *url;
    struct options_source *sources;
    size_t source_count;
    struct ostler_target target; /* all but the topic */
    const char *version_cap;
    struct json_object *context; /* an object */
    double timeout;              /* negative: not given */
    double call_monitor_timeout;
    int retry; /* OPTIONS_RETRY_NOT_GIVEN */
    bool at_least_once;
    bool verbose;
    bool json;

    double duration; /* bench: negative: not given */
    int64_t calls;   /* negative: not given */
    int64_t in_flight;
    int64_t threads;
    int64_t warm_up; /* negative: not given */
    const char *payload_name;
    int64_t payload; /* bytes; negative: not given */

    unsigned priorities;           /* a bit for each that was given: 1 << enum ostler_priority */
    enum ostler_priority priority; /* the last of them, or info */
    const char *publisher_id;
    const char *publisher; /* a regular expression, as the next */
    const char *event_type;
    const char *pool;
    int64_t count; /* negative: not given */
};

/* Reads the command line. Returns true if the verb is to be run; otherwise *exit_code is what to end with, and help or
 * a message has been printed. Call options_clear() in either case. */
bool options_parse(struct options *options, int argc, char **argv, int *exit_code);

void options_clear(struct options *options);

/* The help of a verb, or of the command for NULL. */
void options_help(FILE *stream, const struct verb *verb);

#endif
