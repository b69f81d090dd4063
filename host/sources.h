/* SPDX-License-Identifier: Apache-2.0 */
/* Which files make up the configuration: those of the command line in its order, or the usual places. They are looked
 * for and read again with every reload. */
#ifndef SOURCES_H
#define SOURCES_H

#include "findings.h"

#include <ostler/conf.h>

struct source {
    const char *path;
    bool folder;
};

/* From the command line; the paths are borrowed. */
struct sources {
    struct source *items;
    size_t count;
    bool debug; /* --debug wins over the option */
};

/* Reads all of them and checks the values of the core's options. NULL if a file could not be read. As oslo.config: the
 * usual files are read if no file is named, the usual folders if no folder is, both before what is named. */
ostler_conf *sources_read(const struct sources *sources, struct findings *findings);

/* Where the usual files are looked for, for people. */
extern const char sources_usual[];

#endif
