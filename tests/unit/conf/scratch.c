/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <ostler/log.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];
static char paths[16][512];
static size_t path_count;
static char kept[16384];

static void must(bool good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

const char *scratch_make(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%s/ostler-conf.XXXXXX", parent ? parent : "/tmp");
    must(mkdtemp(folder) != NULL, "mkdtemp");
    return folder;
}

/* Files, links, and empty folders. */
void scratch_remove(void)
{
    DIR *open_folder = opendir(folder);

    must(open_folder != NULL, folder);
    for (struct dirent *entry; (entry = readdir(open_folder));) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            must(remove(path) == 0, path);
    }
    closedir(open_folder);
    must(rmdir(folder) == 0, folder);
}

const char *scratch_write_bytes(const char *name, const void *bytes, size_t length)
{
    char *path = paths[path_count++ % 16];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    must(file && fwrite(bytes, 1, length, file) == length && fclose(file) == 0, path);
    return path;
}

const char *scratch_write(const char *name, const char *text)
{
    return scratch_write_bytes(name, text, strlen(text));
}

ostler_conf *scratch_conf(const char *text)
{
    ostler_conf *conf = NULL;
    struct ostler_error error = OSTLER_ERROR_INIT;

    must(ostler_conf_new(&conf, NULL) == OSTLER_OK, "ostler_conf_new");
    ostler_conf_use_environment(conf, false);
    if (text && ostler_conf_add_text(conf, "test.conf", text, &error) != OSTLER_OK)
        must(false, error.message);
    return conf;
}

static void keep(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    size_t used = strlen(kept);

    (void)user;
    snprintf(kept + used, sizeof kept - used, "%s %s %s\n", ostler_log_level_name(level), module, text);
}

void scratch_keep_log(void)
{
    kept[0] = '\0';
    ostler_log_set_sink(keep, NULL);
}

const char *scratch_log(void)
{
    return kept;
}
