/* SPDX-License-Identifier: Apache-2.0 */
#include "registration.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_SIZE = 16 * 1024, TRIES = 100 };

/* Two bytes are locked, one apart from the other. A server holds ALIVE as long as it lives. Whoever removes a file or
 * begins to use one holds GUARD for that moment only. */
enum { ALIVE = 0, GUARD = 1 };

static bool lock_byte(int file, off_t byte, bool wait)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    return fcntl(file, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock) == 0;
}

static void unlock_byte(int file, off_t byte)
{
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    (void)fcntl(file, F_OFD_SETLK, &lock);
}

/* Looks without locking, so that it disturbs nobody. */
static bool is_alive(int file)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = ALIVE, .l_len = 1};

    return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Whether the name still belongs to this file. */
static bool is_current(int folder, const char *name, int file)
{
    struct stat named, opened;

    return fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &opened) == 0 &&
           named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static struct json_object *read_file(int file)
{
    char text[FILE_MAX_SIZE];
    ssize_t size = pread(file, text, sizeof text - 1, 0);

    if (size <= 0)
        return NULL;
    text[size] = 0;
    return json_tokener_parse(text);
}

static const char *member(struct json_object *content, const char *name)
{
    struct json_object *value = json_object_object_get(content, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* Removes the file of a server that has died. A server that has just taken it waits for the guard, and then finds that
 * the name is not its file's any more. */
static void remove_stale(int folder, const char *name)
{
    int file = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (file < 0)
        return;
    if (lock_byte(file, GUARD, false) && !is_alive(file) && is_current(folder, name, file))
        unlinkat(folder, name, 0);
    close(file);
}

bool registration_read(int folder, const char *name, struct ostler_peer *peer)
{
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool good = false;

    if (file < 0)
        return false;
    bool alive = is_alive(file);
    struct json_object *content = alive ? read_file(file) : NULL;
    close(file);
    if (!alive) {
        remove_stale(folder, name);
        return false;
    }
    const char *server = member(content, "server"), *address = member(content, "address");
    if (server && address) {
        peer->server = strdup(server);
        peer->address = strdup(address);
        good = peer->server && peer->address;
        if (!good) {
            free(peer->server);
            free(peer->address);
        }
    }
    json_object_put(content);
    return good;
}

/* --- Making ------------------------------------------------------------------------------------------------------- */

static bool write_file(int file, const struct ostler_target *target, const char *address)
{
    struct json_object *content = json_object_new_object();
    size_t length = 0;

    if (!content)
        return false;
    json_object_object_add(content, "exchange", json_object_new_string(target->exchange));
    json_object_object_add(content, "topic", json_object_new_string(target->topic));
    json_object_object_add(content, "server", json_object_new_string(target->server));
    json_object_object_add(content, "address", json_object_new_string(address));
    json_object_object_add(content, "pid", json_object_new_int64(getpid()));
    const char *text = json_object_to_json_string_length(content, JSON_C_TO_STRING_PLAIN, &length);
    bool good = text && ftruncate(file, 0) == 0 && pwrite(file, text, length, 0) == (ssize_t)length;
    json_object_put(content);
    return good;
}

static enum ostler_status name_taken(int file, const struct ostler_target *target, struct ostler_error *error)
{
    struct json_object *content = read_file(file);
    int64_t pid = json_object_get_int64(json_object_object_get(content, "pid"));
    enum ostler_status status = ostler_error_set(error, OSTLER_E_LISTEN,
                                                 "server \"%s\" of topic \"%s\" (exchange \"%s\") is running already, "
                                                 "as process %lld: give this one another name",
                                                 target->server, target->topic, target->exchange, (long long)pid);

    json_object_put(content);
    return status;
}

/* Opens and locks the file that has the name in the end. */
static enum ostler_status hold(struct ostler_registration *registration, const struct folder_paths *paths,
                               const struct ostler_target *target, struct ostler_error *error)
{
    for (int i = 0; i < TRIES; i++) {
        int file =
            openat(registration->folder, registration->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                   (mode_t)folder_paths_file_mode(paths));
        if (file < 0)
            return ostler_error_set(error, OSTLER_E_LISTEN, "cannot make %s in a folder of %s: %s", registration->name,
                                    paths->folder, strerror(errno));
        if (!lock_byte(file, ALIVE, false)) {
            enum ostler_status status = name_taken(file, target, error);
            close(file);
            return status;
        }
        bool guarded = lock_byte(file, GUARD, true);
        if (guarded && is_current(registration->folder, registration->name, file)) {
            unlock_byte(file, GUARD);
            registration->file = file;
            return OSTLER_OK;
        }
        close(file);
    }
    return ostler_error_set(error, OSTLER_E_LISTEN, "%s in a folder of %s is removed again and again",
                            registration->name, paths->folder);
}

enum ostler_status registration_make(const struct folder_paths *paths, const struct ostler_target *target,
                                     const char *address, struct ostler_registration **out, struct ostler_error *error)
{
    struct ostler_registration *registration = calloc(1, sizeof *registration);
    char topic[NAME_MAX + 1];
    enum ostler_status status = OSTLER_E_NOMEM;

    if (!registration)
        return ostler_error_set(error, status, "out of memory");
    registration->folder = registration->file = -1;
    status = folder_paths_topic(target->exchange, target->topic, topic, error);
    if (status == OSTLER_OK)
        status = folder_paths_server(target->server, registration->name, error);
    if (status == OSTLER_OK)
        status = folder_paths_open(paths, topic, true, OSTLER_E_LISTEN, &registration->folder, error);
    if (status == OSTLER_OK)
        status = hold(registration, paths, target, error);
    if (status == OSTLER_OK && (fchmod(registration->file, (mode_t)folder_paths_file_mode(paths)) != 0 ||
                                !write_file(registration->file, target, address)))
        status = ostler_error_set(error, OSTLER_E_LISTEN, "cannot write %s in a folder of %s: %s", registration->name,
                                  paths->folder, strerror(errno));
    if (status != OSTLER_OK)
        registration_remove(registration);
    else
        *out = registration;
    return status;
}

void registration_remove(struct ostler_registration *registration)
{
    if (registration->file >= 0) {
        unlinkat(registration->folder, registration->name, 0);
        close(registration->file);
    }
    if (registration->folder >= 0)
        close(registration->folder);
    free(registration);
}
