/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "sources.h"

enum arguments_verb {
    ARGUMENTS_SERVE,
    ARGUMENTS_CHECK,
    ARGUMENTS_SAMPLE, /* --sample-config: for the build and packagers, not in --help */
    ARGUMENTS_DONE    /* --help and --version have printed */
};

struct arguments {
    enum arguments_verb verb;
    struct sources sources;
};

/* Returns false for a wrong usage, which it has explained. End it with arguments_clear() in either case. */
bool arguments_read(struct arguments *arguments, int argc, char **argv);
void arguments_clear(struct arguments *arguments);

#endif
