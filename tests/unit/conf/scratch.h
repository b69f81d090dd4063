/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the configuration share: a folder for files, log lines kept to be looked at. */
#ifndef CONF_SCRATCH_H
#define CONF_SCRATCH_H

#include <ostler/conf.h>

/* Makes an empty folder under $TMPDIR and returns its path; scratch_remove() removes it with what is in it. */
const char *scratch_make(void);
void scratch_remove(void);

/* Writes a file there and returns its path, good for the test's life. */
const char *scratch_write(const char *name, const char *text);
const char *scratch_write_bytes(const char *name, const void *bytes, size_t length);

/* A configuration without the environment, of one text (NULL: of none). */
ostler_conf *scratch_conf(const char *text);

/* From here on log lines are kept: "LEVEL MODULE TEXT\n" each. */
void scratch_keep_log(void);
const char *scratch_log(void);

#endif
