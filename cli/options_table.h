/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of options. */
#ifndef OSTLER_CLI_OPTIONS_TABLE_H
#define OSTLER_CLI_OPTIONS_TABLE_H

#include "verb.h"

#include <stdio.h>

/* Short options have their letter as key. */
enum option_key {
    OPTION_HELP = 'h',
    OPTION_VERBOSE = 'v',
    OPTION_URL = 256,
    OPTION_CONFIG_FILE,
    OPTION_CONFIG_DIR,
    OPTION_EXCHANGE,
    OPTION_SERVER,
    OPTION_NAMESPACE,
    OPTION_API_VERSION,
    OPTION_VERSION_CAP,
    OPTION_CONTEXT,
    OPTION_TIMEOUT,
    OPTION_CALL_MONITOR_TIMEOUT,
    OPTION_RETRY,
    OPTION_AT_LEAST_ONCE,
    OPTION_FANOUT,
    OPTION_JSON,
    OPTION_DURATION,
    OPTION_CALLS,
    OPTION_IN_FLIGHT,
    OPTION_THREADS,
    OPTION_WARM_UP,
    OPTION_PAYLOAD,
    OPTION_PRIORITY,
    OPTION_PUBLISHER_ID,
    OPTION_PUBLISHER,
    OPTION_EVENT_TYPE,
    OPTION_POOL,
    OPTION_COUNT,
    OPTION_VERSION,
    OPTION_COMPLETION_WORDS
};

struct options_row {
    const char *name;
    int key;              /* enum option_key */
    const char *argument; /* what its value is, for people; NULL: it takes none */
    unsigned verbs;       /* enum verb_bit, combined; 0: belongs to the command itself */
    const char *help;     /* NULL: not shown */
};

#define OPTIONS_ROWS_MAX 40

extern const struct options_row options_rows[];
extern const size_t options_row_count;

/* NULL if there is none. */
const struct options_row *options_row_find(int key);

/* What a shell may complete after @p verb, or after the command for NULL: one word a line, options that take a value
 * with a "=" at their end. */
void options_words(FILE *stream, const struct verb *verb);

#endif
