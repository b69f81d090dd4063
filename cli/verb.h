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
    VERB_NOTIFY = 1 << 4,
    VERB_LISTEN = 1 << 5,
    VERB_SENDING = VERB_CALL | VERB_CAST | VERB_BENCH,
    VERB_RPC = VERB_SENDING | VERB_DESCRIBE,
    VERB_ALL = VERB_RPC | VERB_NOTIFY | VERB_LISTEN
};

struct verb {
    const char *name; /* NULL ends the table */
    enum verb_bit bit;
    const char *operands; /* what stands after the verb, for people */
    size_t min_operands;
    size_t max_operands;
    size_t name_operands;    /* how many of them are names: the first is TOPIC */
    const char *second;      /* what those after the first are, for people; NULL: there is none */
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
int cmd_notify(const struct options *options);
int cmd_listen(const struct options *options);

#endif
