/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of the command: `ostler VERB …`. README.md says how to add one. */
#ifndef OSTLER_CLI_VERB_H
#define OSTLER_CLI_VERB_H

#include <stddef.h>

struct options;

/* One bit each, for the table of options: which verbs know an option. */
enum verb_bit {
    VERB_CALL = 1 << 0,
    VERB_CAST = 1 << 1,
    VERB_DESCRIBE = 1 << 2,
    VERB_BENCH = 1 << 3,
    VERB_SENDING = VERB_CALL | VERB_CAST | VERB_BENCH,
    VERB_ALL = VERB_SENDING | VERB_DESCRIBE
};

struct verb {
    const char *name; /* NULL ends the table */
    enum verb_bit bit;
    const char *operands; /* what stands after the verb, for people */
    size_t min_operands;
    size_t max_operands;
    const char *summary;     /* one line */
    const char *description; /* the rest of its help */
    /* Does it and returns the exit code. */
    int (*run)(const struct options *options);
};

/* In the order of the help; ended by a NULL name. */
extern const struct verb verbs[];

/* NULL if there is none of this name. */
const struct verb *verb_find(const char *name);

int cmd_call(const struct options *options);
int cmd_cast(const struct options *options);
int cmd_describe(const struct options *options);
int cmd_bench(const struct options *options);

#endif
