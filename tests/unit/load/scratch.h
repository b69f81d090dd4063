/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for one test, with copies of the modules of tests/modules in it. */
#ifndef TESTS_LOAD_SCRATCH_H
#define TESTS_LOAD_SCRATCH_H

#include <ostler/module.h>

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

static char scratch[PATH_MAX / 4];

/* The test's .init. What the surrounding build says about modules is not meant for these tests. */
UNUSED static void scratch_make(void)
{
    const char *folder = getenv("TMPDIR");

    unsetenv("OSTLER_PLUGIN_PATH");
    snprintf(scratch, sizeof scratch, "%s/ostler-load-XXXXXX", folder ? folder : "/tmp");
    cr_assert_not_null(mkdtemp(scratch));
    cr_assert_eq(chmod(scratch, 0755), 0);
}

UNUSED static void scratch_empty(const char *folder)
{
    struct dirent *entry;
    DIR *stream = opendir(folder);

    while (stream && (entry = readdir(stream)) != NULL) {
        char path[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (unlink(path) != 0) {
            scratch_empty(path);
            rmdir(path);
        }
    }
    if (stream)
        closedir(stream);
}

/* The test's .fini. */
UNUSED static void scratch_remove(void)
{
    scratch_empty(scratch);
    rmdir(scratch);
}

/* "SCRATCH/NAME"; the text is good for the next 15 uses. */
UNUSED static const char *scratch_path(const char *name)
{
    static char paths[16][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 16];

    snprintf(path, PATH_MAX, "%s/%s", scratch, name);
    return path;
}

UNUSED static void scratch_folder(const char *name)
{
    cr_assert_eq(mkdir(scratch_path(name), 0755), 0);
}

UNUSED static void scratch_write(const char *path, const void *content, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, content, size), (ssize_t)size);
    close(fd);
}

/* The content of a module that was built; the caller frees it. */
UNUSED static char *scratch_read(const char *module, size_t *size)
{
    char path[PATH_MAX];
    struct stat status;

    snprintf(path, sizeof path, "%s/%s.so", BUILT_MODULES, module);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s is not there", path);
    cr_assert_eq(fstat(fd, &status), 0);
    *size = (size_t)status.st_size;
    char *content = malloc(*size);
    cr_assert_not_null(content);
    cr_assert_eq(read(fd, content, *size), status.st_size);
    close(fd);
    return content;
}

/* Copies a module that was built over SCRATCH/NAME: the file that may be there keeps its inode. Returns the path. */
UNUSED static const char *scratch_overwrite(const char *module, const char *name)
{
    size_t size;
    char *content = scratch_read(module, &size);
    const char *path = scratch_path(name);

    scratch_write(path, content, size);
    free(content);
    return path;
}

/* As scratch_overwrite(), but as installers do it: the file that may be there is replaced by another. */
UNUSED static const char *scratch_replace(const char *module, const char *name)
{
    const char *fresh = scratch_overwrite(module, ".fresh");
    const char *path = scratch_path(name);

    cr_assert_eq(rename(fresh, path), 0);
    return path;
}

/* A load that must succeed. */
UNUSED static ostler_loaded_module *scratch_load(const char *kind, const char *name, const char *plugin_path)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = NULL;
    enum ostler_status status = ostler_module_load(kind, name, plugin_path, &module, &error);

    cr_assert_eq(status, OSTLER_OK, "%s: %s", name, error.message ? error.message : "?");
    return module;
}

/* A load that must fail with OSTLER_E_MODULE and a message that holds @part; the output must stay alone. */
UNUSED static void scratch_refused(const char *kind, const char *name, const char *plugin_path, const char *part)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = (ostler_loaded_module *)&error;
    enum ostler_status status = ostler_module_load(kind, name, plugin_path, &module, &error);

    cr_assert_eq(status, OSTLER_E_MODULE, "%s: %s", name, ostler_status_name(status));
    cr_assert_eq(error.status, OSTLER_E_MODULE);
    cr_assert_not_null(strstr(error.message, part), "\"%s\" lacks \"%s\"", error.message, part);
    cr_assert_eq(module, (ostler_loaded_module *)&error);
    ostler_error_clear(&error);
}

/* How many descriptors this process has open. */
UNUSED static unsigned count_descriptors(void)
{
    unsigned count = 0;
    DIR *stream = opendir("/proc/self/fd");

    while (stream && readdir(stream))
        count++;
    if (stream)
        closedir(stream);
    return count;
}

/* How many mappings of modules this process has. */
UNUSED static unsigned count_mappings(void)
{
    char line[PATH_MAX + 128];
    unsigned count = 0;
    FILE *maps = fopen("/proc/self/maps", "re");

    cr_assert_not_null(maps);
    while (fgets(line, sizeof line, maps))
        count += strstr(line, "memfd:") != NULL || strstr(line, scratch) != NULL;
    fclose(maps);
    return count;
}

#endif
