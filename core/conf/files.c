/* SPDX-License-Identifier: Apache-2.0 */
#include "readers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum ostler_status fail_errno(struct ostler_error *error, const char *path, int errnum)
{
    char reason[128];

    return ostler_error_set(error, errnum == ENOMEM ? OSTLER_E_NOMEM : OSTLER_E_CONFIG, "%s: cannot be read: %s", path,
                            strerror_r(errnum, reason, sizeof reason));
}

/* Reads until the end or until @size bytes are there; false with errno set. */
static bool read_all(int file, char *bytes, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        ssize_t got = read(file, bytes + *length, size - *length);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0)
            *length += (size_t)got;
    }
    return true;
}

/* The bytes of an open file and a NUL after them. It may be a pipe, so its size shows at its end only. */
static enum ostler_status slurp(int file, const char *path, char **bytes, size_t *length, struct ostler_error *error)
{
    char *buffer = NULL;
    size_t size = 4096, used = 0;

    for (;;) {
        char *larger = realloc(buffer, size + 1);
        size_t got = 0;
        if (!larger || !read_all(file, larger + used, size - used, &got)) {
            int reason = larger ? errno : ENOMEM;
            free(larger ? larger : buffer);
            return fail_errno(error, path, reason);
        }
        buffer = larger;
        used += got;
        if (used < size)
            break;
        if (size > READERS_FILE_BYTES) {
            free(buffer);
            return ostler_error_set(error, OSTLER_E_CONFIG, "%s: a configuration file may have %d MiB at most", path,
                                    READERS_FILE_BYTES / 1024 / 1024);
        }
        size = size * 4 > READERS_FILE_BYTES ? READERS_FILE_BYTES + 1 : size * 4;
    }
    buffer[used] = '\0';
    *bytes = buffer;
    *length = used;
    return OSTLER_OK;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);

    return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

static enum ostler_status parse(const char *name, const char *bytes, size_t length, bool libconfig,
                                struct source **source, struct ostler_error *error)
{
    struct source *made = source_new(name);

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "%s: out of memory", name);
    enum ostler_status status = (libconfig ? cfg_read : ini_read)(made, bytes, length, error);
    if (status == OSTLER_OK)
        *source = made;
    else
        source_unref(made);
    return status;
}

enum ostler_status files_read(const char *path, struct source **source, struct ostler_error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return fail_errno(error, path, errno);

    char *bytes = NULL;
    size_t length = 0;
    enum ostler_status status = slurp(file, path, &bytes, &length, error);
    close(file);
    if (status == OSTLER_OK)
        status = parse(path, bytes, length, ends_with(path, ".cfg"), source, error);
    free(bytes);
    return status;
}

enum ostler_status files_read_text(const char *name, const char *text, struct source **source,
                                   struct ostler_error *error)
{
    size_t length = strlen(text);

    if (length > READERS_FILE_BYTES)
        return ostler_error_set(error, OSTLER_E_CONFIG, "%s: a configuration text may have %d MiB at most", name,
                                READERS_FILE_BYTES / 1024 / 1024);
    return parse(name, text, length, false, source, error);
}

static int wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && (ends_with(entry->d_name, ".conf") || ends_with(entry->d_name, ".cfg"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum ostler_status read_entries(const char *path, struct dirent *const *entries, size_t count,
                                       struct source **sources, struct ostler_error *error)
{
    for (size_t i = 0; i < count; i++) {
        char *file = NULL;
        if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
            return ostler_error_set(error, OSTLER_E_NOMEM, "%s: out of memory", path);
        enum ostler_status status = files_read(file, &sources[i], error);
        free(file);
        if (status != OSTLER_OK)
            return status;
    }
    return OSTLER_OK;
}

enum ostler_status files_read_dir(const char *path, struct source ***sources, size_t *count, struct ostler_error *error)
{
    struct dirent **entries = NULL;
    int found = scandir(path, &entries, wanted, by_name);

    if (found < 0)
        return fail_errno(error, path, errno);
    struct source **made = calloc((size_t)found + 1, sizeof(struct source *));
    enum ostler_status status = made ? read_entries(path, entries, (size_t)found, made, error)
                                     : ostler_error_set(error, OSTLER_E_NOMEM, "%s: out of memory", path);
    for (int i = 0; i < found; i++)
        free(entries[i]);
    free(entries);
    if (status != OSTLER_OK) {
        files_free(made, made ? (size_t)found : 0);
        return status;
    }
    *sources = made;
    *count = (size_t)found;
    return OSTLER_OK;
}

void files_free(struct source **sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        source_unref(sources[i]);
    free(sources);
}
