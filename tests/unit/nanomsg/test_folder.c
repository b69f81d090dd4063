/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct ostler_matchmaker_ops *folder;
static struct ostler_error error = OSTLER_ERROR_INIT;

static ostler_matchmaker *open_folder(const char *options)
{
    ostler_matchmaker *matchmaker = NULL;

    folder = fixture_matchmaker("folder");
    cr_assert_eq(folder->open(fixture_conf(options), fixture_parse(fixture_url()), &matchmaker, &error), OSTLER_OK,
                 "%s", error.message);
    return matchmaker;
}

static struct ostler_target target(const char *exchange, const char *topic, const char *server)
{
    return (struct ostler_target){.exchange = exchange, .topic = topic, .server = server};
}

static enum ostler_status announce(ostler_matchmaker *matchmaker, struct ostler_target what,
                                   ostler_registration **registration)
{
    return folder->announce(matchmaker, &what, "/somewhere", registration, &error);
}

/* The servers' names, separated by blanks. */
static const char *servers(ostler_matchmaker *matchmaker, const char *exchange, const char *topic)
{
    static char names[1024];
    struct ostler_peer *peers = NULL;
    size_t count = 0;

    names[0] = 0;
    cr_assert_eq(folder->lookup(matchmaker, exchange, topic, &peers, &count, &error), OSTLER_OK, "%s", error.message);
    for (size_t i = 0; i < count; i++) {
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " " : "", peers[i].server);
        free(peers[i].server);
        free(peers[i].address);
    }
    free(peers);
    return names;
}

static void end(void)
{
    ostler_error_clear(&error);
    fixture_end();
}

Test(folder, servers_are_found_as_long_as_they_are_there, .fini = end, .timeout = 30)
{
    ostler_matchmaker *matchmaker = open_folder(NULL);
    ostler_registration *one = NULL, *other = NULL, *strange = NULL;

    cr_expect_str_eq(servers(matchmaker, "e", "t"), "");
    cr_assert_eq(announce(matchmaker, target("e", "t", "b"), &one), OSTLER_OK, "%s", error.message);
    cr_assert_eq(announce(matchmaker, target("e", "t", "a"), &other), OSTLER_OK);
    cr_assert_eq(announce(matchmaker, target("e/../@", "../\xff%", ".hidden/x"), &strange), OSTLER_OK);
    cr_expect_str_eq(servers(matchmaker, "e", "t"), "a b");
    cr_expect_str_eq(servers(matchmaker, "e/../@", "../\xff%"), ".hidden/x");
    cr_expect_str_eq(servers(matchmaker, "e", "u"), "");
    folder->withdraw(one);
    cr_expect_str_eq(servers(matchmaker, "e", "t"), "a");
    folder->withdraw(other);
    folder->withdraw(strange);
    cr_expect_str_eq(servers(matchmaker, "e", "t"), "");
    folder->close(matchmaker);
}

Test(folder, a_name_is_given_once, .fini = end, .timeout = 30)
{
    ostler_matchmaker *matchmaker = open_folder(NULL), *other = open_folder(NULL);
    ostler_registration *first = NULL, *second = NULL;
    char pid[32];

    cr_assert_eq(announce(matchmaker, target("e", "t", "s"), &first), OSTLER_OK);
    cr_assert_eq(announce(other, target("e", "t", "s"), &second), OSTLER_E_LISTEN);
    snprintf(pid, sizeof pid, "process %d", (int)getpid());
    cr_expect_not_null(strstr(error.message, pid), "%s", error.message);
    folder->withdraw(first);
    cr_assert_eq(announce(other, target("e", "t", "s"), &second), OSTLER_OK);
    folder->withdraw(second);
    folder->close(other);
    folder->close(matchmaker);
}

Test(folder, the_generation_follows_servers, .fini = end, .timeout = 60)
{
    ostler_matchmaker *matchmaker = open_folder(NULL);
    ostler_registration *registration = NULL;
    uint64_t before = folder->generation(matchmaker, "e", "t");

    cr_assert_eq(announce(matchmaker, target("e", "t", "s"), &registration), OSTLER_OK);
    ostler_time deadline = ostler_deadline(30.0);
    while (folder->generation(matchmaker, "e", "t") == before && ostler_now() < deadline)
        usleep(1000);
    cr_expect_neq(folder->generation(matchmaker, "e", "t"), before);
    folder->withdraw(registration);
    folder->close(matchmaker);
}

static int count_files(const char *path)
{
    DIR *opened = opendir(path);
    struct dirent *entry;
    int count = 0;

    cr_assert_not_null(opened, "%s", path);
    while ((entry = readdir(opened)))
        count += entry->d_name[0] != '.';
    closedir(opened);
    return count;
}

Test(folder, a_killed_servers_file_is_removed, .fini = end, .timeout = 30)
{
    ostler_matchmaker *matchmaker = open_folder(NULL);
    ostler_registration *registration = NULL;
    char path[PATH_MAX];
    int ready[2], status;

    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        if (announce(matchmaker, target("e", "t", "s"), &registration) == OSTLER_OK && write(ready[1], "r", 1) == 1)
            pause();
        _exit(1);
    }
    char byte;
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    cr_expect_str_eq(servers(matchmaker, "e", "t"), "s");
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    cr_expect_str_eq(servers(matchmaker, "e", "t"), "");
    snprintf(path, sizeof path, "%s/o/e@t", fixture_folder());
    cr_expect_eq(count_files(path), 0);
    cr_assert_eq(announce(matchmaker, target("e", "t", "s"), &registration), OSTLER_OK);
    folder->withdraw(registration);
    folder->close(matchmaker);
}

Test(folder, names_that_fit_no_file_are_refused, .fini = end, .timeout = 30)
{
    ostler_matchmaker *matchmaker = open_folder(NULL);
    ostler_registration *registration = NULL;
    char name[OSTLER_NAME_MAX + 1];

    memset(name, 'x', OSTLER_NAME_MAX);
    name[OSTLER_NAME_MAX] = 0;
    cr_expect_eq(announce(matchmaker, target("e", name, "s"), &registration), OSTLER_E_TARGET);
    cr_expect_eq(announce(matchmaker, target("e", "t", name), &registration), OSTLER_E_TARGET);
    memset(name, ' ', 100);
    name[100] = 0;
    cr_expect_eq(announce(matchmaker, target("e", name, "s"), &registration), OSTLER_E_TARGET);
    name[50] = 0;
    cr_expect_eq(announce(matchmaker, target("e", name, "s"), &registration), OSTLER_OK);
    folder->withdraw(registration);
    folder->close(matchmaker);
}

Test(folder, sockets_and_files_are_private, .fini = end, .timeout = 30)
{
    ostler_driver_transport *transport = fixture_open(NULL, NULL);
    ostler_driver_listener *listener = fixture_listen(transport, "s");
    char *address = fixture_address(transport), path[PATH_MAX];
    struct stat info;

    cr_assert_eq(stat(address, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0600);
    snprintf(path, sizeof path, "%s/o", fixture_folder());
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0700);
    snprintf(path, sizeof path, "%s/o/exchange@topic/s.json", fixture_folder());
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0600);
    fixture_close(listener);
    fixture_driver()->close(transport);
    cr_expect_neq(stat(address, &info), 0);
    free(address);
}

Test(folder, the_mode_can_be_for_a_group, .fini = end, .timeout = 30)
{
    ostler_driver_transport *transport = fixture_open(NULL, "folder_mode = 0770");
    ostler_driver_listener *listener = fixture_listen(transport, "s");
    char *address = fixture_address(transport), path[PATH_MAX];
    struct stat info;

    cr_assert_eq(stat(address, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0660);
    snprintf(path, sizeof path, "%s/o", fixture_folder());
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0770);
    fixture_close(listener);
    fixture_driver()->close(transport);
    free(address);
}

static enum ostler_status try_to_listen(ostler_driver_transport *transport)
{
    struct ostler_target what = target("exchange", "topic", "s");
    ostler_driver_listener *listener = NULL;
    enum ostler_status status = fixture_driver()->listen(transport, &what, &listener, &error);

    if (status == OSTLER_OK)
        fixture_close(listener);
    return status;
}

Test(folder, a_folder_that_everybody_may_write_to_is_refused, .fini = end, .timeout = 30)
{
    ostler_driver_transport *transport = fixture_open(NULL, NULL);
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/o", fixture_folder());
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_eq(chmod(path, 0777), 0);
    cr_expect_eq(try_to_listen(transport), OSTLER_E_LISTEN);
    cr_expect_not_null(strstr(error.message, "everybody may write"), "%s", error.message);
    cr_assert_eq(chmod(path, 01777), 0);
    cr_expect_eq(try_to_listen(transport), OSTLER_OK, "%s", error.message);
    fixture_driver()->close(transport);
}

Test(folder, a_folder_that_cannot_be_made_is_an_error_that_names_it, .fini = end, .timeout = 30)
{
    char url[256];

    /* Below a file nobody makes a folder, not even root. */
    snprintf(url, sizeof url, "nanomsg:///dev/null/folder");
    ostler_driver_transport *transport = fixture_open(url, NULL);
    cr_expect_eq(try_to_listen(transport), OSTLER_E_LISTEN);
    cr_expect_not_null(strstr(error.message, "/dev/null/folder"), "%s", error.message);
    fixture_driver()->close(transport);
}

Test(folder, a_path_too_long_for_a_socket_is_refused, .fini = end, .timeout = 30)
{
    char url[512], path[256];

    snprintf(path, sizeof path, "%s/%0100d", fixture_folder(), 0);
    snprintf(url, sizeof url, "nanomsg://%s", path);
    ostler_driver_transport *transport = fixture_open(url, NULL);
    cr_expect_eq(try_to_listen(transport), OSTLER_E_LISTEN);
    cr_expect_not_null(strstr(error.message, "shorter name"), "%s", error.message);
    fixture_driver()->close(transport);
}

Test(folder, sockets_left_behind_are_removed_in_time, .fini = end, .timeout = 30)
{
    ostler_driver_transport *transport = fixture_open(NULL, NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct stat info;

    cr_assert_eq(try_to_listen(transport), OSTLER_OK);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/o/sockets/left.sock", fixture_folder());
    int left = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(left, (struct sockaddr *)&address, sizeof address), 0);
    close(left);
    /* Young it may be another server's that does not listen yet. */
    ostler_driver_transport *second = fixture_open(NULL, NULL);
    cr_expect_eq(try_to_listen(second), OSTLER_OK);
    cr_expect_eq(stat(address.sun_path, &info), 0);
    cr_assert_eq(utimensat(AT_FDCWD, address.sun_path, old, 0), 0);
    ostler_driver_transport *third = fixture_open(NULL, NULL);
    cr_expect_eq(try_to_listen(third), OSTLER_OK);
    cr_expect_neq(stat(address.sun_path, &info), 0);
    fixture_driver()->close(third);
    fixture_driver()->close(second);
    fixture_driver()->close(transport);
}
