/* SPDX-License-Identifier: Apache-2.0 */
#include "readers.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_failure(const char *path, bool folder, const char *what)
{
    ostler_conf *conf = scratch_conf(NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq((folder ? ostler_conf_add_dir : ostler_conf_add_file)(conf, path, &error), OSTLER_E_CONFIG);
    cr_expect(strncmp(error.message, path, strlen(path)) == 0, "%s", error.message);
    cr_expect_not_null(strstr(error.message, what), "%s", error.message);
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
}

Test(files, what_cannot_be_read_is_named_with_the_reason)
{
    const char *folder = scratch_make();
    char link[512], missing[512];

    snprintf(link, sizeof link, "%s/link.conf", folder);
    snprintf(missing, sizeof missing, "%s/missing.conf", folder);
    expect_failure(missing, false, "cannot be read: No such file or directory");
    expect_failure(missing, true, "cannot be read: No such file or directory");
    expect_failure(folder, false, "cannot be read: Is a directory");
    cr_assert_eq(symlink("nowhere", link), 0);
    expect_failure(link, false, "No such file or directory");
    expect_failure(scratch_write("a.conf", ""), true, "Not a directory");
    expect_failure(folder, true, "link.conf: cannot be read: No such file or directory");
    scratch_remove();
}

Test(files, a_folder_is_read_by_name_and_only_what_is_config)
{
    ostler_conf *conf = scratch_conf(NULL);
    const char *folder = scratch_make();

    scratch_write("b.conf", "[DEFAULT]\ncontrol_exchange = b\nlog_file = b\n");
    scratch_write("a.conf", "[DEFAULT]\ncontrol_exchange = a\nlog_file = a\nplugin_path = a\n");
    scratch_write("c.cfg", "control_exchange = \"c\";\n");
    scratch_write(".hidden.conf", "[DEFAULT]\nplugin_path = hidden\n");
    scratch_write("z.conf~", "not even config");
    cr_assert_eq(ostler_conf_add_dir(conf, folder, NULL), OSTLER_OK);
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "control_exchange"), "c");
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "log_file"), "b");
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "plugin_path"), "a");
    ostler_conf_unref(conf);
    scratch_remove();
}

Test(files, of_a_folder_with_a_bad_file_nothing_counts)
{
    ostler_conf *conf = scratch_conf(NULL);
    struct ostler_error error = OSTLER_ERROR_INIT;
    const char *folder = scratch_make();

    scratch_write("a.conf", "[DEFAULT]\ncontrol_exchange = a\n");
    scratch_write("b.conf", "[DEFAULT\n");
    cr_assert_eq(ostler_conf_add_dir(conf, folder, &error), OSTLER_E_CONFIG);
    cr_expect_not_null(strstr(error.message, "b.conf:1: a section must end with ]"), "%s", error.message);
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "control_exchange"), "openstack");
    ostler_error_clear(&error);
    ostler_conf_unref(conf);
    scratch_remove();
}

Test(files, an_empty_folder_is_fine)
{
    ostler_conf *conf = scratch_conf(NULL);

    cr_assert_eq(ostler_conf_add_dir(conf, scratch_make(), NULL), OSTLER_OK);
    ostler_conf_unref(conf);
    scratch_remove();
}

Test(files, a_file_has_a_largest_size)
{
    scratch_make();
    size_t length = READERS_FILE_BYTES + 1;
    char *text = malloc(length);
    ostler_conf *conf = scratch_conf(NULL);

    cr_assert_not_null(text);
    memset(text, '\n', length);
    expect_failure(scratch_write_bytes("large.conf", text, length), false, "16 MiB at most");
    cr_expect_eq(ostler_conf_add_file(conf, scratch_write_bytes("just.conf", text, length - 1), NULL), OSTLER_OK);
    ostler_conf_unref(conf);
    free(text);
    scratch_remove();
}

static void *feed(void *path)
{
    FILE *pipe = fopen(path, "w");

    if (pipe) {
        for (int i = 0; i < 5000; i++)
            fputs("# a comment to make it longer than a pipe holds\n", pipe);
        fputs("[DEFAULT]\ncontrol_exchange = piped\n", pipe);
        fclose(pipe);
    }
    return NULL;
}

Test(files, a_pipe_is_read_to_its_end, .timeout = 60)
{
    ostler_conf *conf = scratch_conf(NULL);
    char path[512];
    pthread_t feeder;

    snprintf(path, sizeof path, "%s/pipe.conf", scratch_make());
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(pthread_create(&feeder, NULL, feed, path), 0);
    cr_expect_eq(ostler_conf_add_file(conf, path, NULL), OSTLER_OK);
    pthread_join(feeder, NULL);
    cr_expect_str_eq(ostler_conf_string(conf, "DEFAULT", "control_exchange"), "piped");
    ostler_conf_unref(conf);
    scratch_remove();
}
