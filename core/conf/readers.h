/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to sources. Errors say "FILE:LINE: what is wrong, what was expected". */
#ifndef CONF_READERS_H
#define CONF_READERS_H

#include "source.h"

/* Largest file. */
enum { READERS_FILE_BYTES = 16 * 1024 * 1024 };

/* oslo.config's INI dialect (oslo_config/iniparser.py). */
enum ostler_status ini_read(struct source *source, const char *bytes, size_t length, struct ostler_error *error);

/* libconfig's format; @bytes ends with a NUL. */
enum ostler_status cfg_read(struct source *source, const char *bytes, size_t length, struct ostler_error *error);

/* A file in the format its name tells. */
enum ostler_status files_read(const char *path, struct source **source, struct ostler_error *error);

/* INI text from memory. */
enum ostler_status files_read_text(const char *name, const char *text, struct source **source,
                                   struct ostler_error *error);

/* Every *.conf and *.cfg in a folder, sorted by name, hidden ones left out: an array of @count sources for
 * files_free(). */
enum ostler_status files_read_dir(const char *path, struct source ***sources, size_t *count,
                                  struct ostler_error *error);
void files_free(struct source **sources, size_t count);

#endif
