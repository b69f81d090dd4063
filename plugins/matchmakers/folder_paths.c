/* SPDX-License-Identifier: Apache-2.0 */
#include "folder_paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A socket this young may be bound and not listening yet. */
enum { YOUNG_S = 10 };

/* --- The folder's options ----------------------------------------------------------------------------------------- */

enum ostler_status folder_paths_init(struct folder_paths *paths, const ostler_conf *conf, const ostler_url *url,
                                     struct ostler_error *error)
{
    /* The options stand in the section of the driver that uses this matchmaker. */
    const char *section = ostler_url_driver(url);
    const char *path = ostler_url_virtual_host(url), *mode = ostler_conf_string(conf, section, "folder_mode");
    size_t hosts;

    ostler_url_hosts(url, &hosts);
    if (hosts > 0 && ostler_url_hosts(url, &hosts)[0].hostname && ostler_url_hosts(url, &hosts)[0].hostname[0])
        return ostler_error_set(error, OSTLER_E_URL,
                                "the URL names host \"%s\", but a folder is on this host: use %s+tcp:// for hosts, or "
                                "three slashes before the folder",
                                ostler_url_hosts(url, &hosts)[0].hostname, section);
    if (!path || !path[0])
        return ostler_error_set(error, OSTLER_E_URL, "the URL names no folder: %s:///FOLDER", section);
    if (asprintf(&paths->folder, "/%s", path) < 0) {
        paths->folder = NULL;
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    size_t length = strlen(paths->folder);
    while (length > 1 && paths->folder[length - 1] == '/')
        paths->folder[--length] = 0;
    paths->mode = mode ? (unsigned)strtoul(mode, NULL, 8) & 01777 : 0700;
    paths->group = ostler_conf_string(conf, section, "folder_group");
    if (paths->group && !paths->group[0])
        paths->group = NULL;
    return OSTLER_OK;
}

void folder_paths_fini(struct folder_paths *paths)
{
    free(paths->folder);
}

unsigned folder_paths_file_mode(const struct folder_paths *paths)
{
    return paths->mode & 0666;
}

/* --- Names -------------------------------------------------------------------------------------------------------- */

static bool is_plain(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           (c == '.' && !first);
}

/* Returns the length, or more than `room` if it does not fit. */
static size_t escape(const char *text, char *out, size_t room)
{
    size_t length = 0;

    for (size_t i = 0; text[i] && length <= room; i++) {
        bool plain = is_plain(text[i], i == 0);
        size_t size = plain ? 1 : 3;
        if (length + size > room)
            return room + 1;
        if (plain)
            out[length] = text[i];
        else
            snprintf(out + length, 4, "%%%02X", (unsigned)(unsigned char)text[i]);
        length += size;
    }
    out[length] = 0;
    return length;
}

enum ostler_status folder_paths_topic(const char *exchange, const char *topic, char *name, struct ostler_error *error)
{
    size_t length = escape(exchange, name, NAME_MAX - 1), more = 0;

    if (length < NAME_MAX) {
        name[length++] = '@';
        more = escape(topic, name + length, NAME_MAX - length);
    }
    if (length + more > NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET,
                                "exchange and topic are too long for the name of a folder (%d bytes together, with "
                                "special characters as three): \"%.60s\" and \"%.60s\"",
                                NAME_MAX - 1, exchange, topic);
    return OSTLER_OK;
}

enum ostler_status folder_paths_server(const char *server, char *name, struct ostler_error *error)
{
    static const char suffix[] = ".json";
    size_t room = NAME_MAX - (sizeof suffix - 1), length = escape(server, name, room);

    if (length > room)
        return ostler_error_set(error, OSTLER_E_TARGET,
                                "the server's name is too long for the name of a file (%zu bytes, with special "
                                "characters as three): \"%.60s...\"",
                                room, server);
    memcpy(name + length, suffix, sizeof suffix);
    return OSTLER_OK;
}

/* --- Folders ------------------------------------------------------------------------------------------------------ */

/* Whoever can put files into the folder can pass for a server. */
static enum ostler_status check_folder(const struct folder_paths *paths, int fd, enum ostler_status failure,
                                       struct ostler_error *error)
{
    bool shared = paths->mode & 0070;
    struct stat info;

    if (fstat(fd, &info) != 0)
        return ostler_error_set(error, failure, "cannot examine the folder %s: %s", paths->folder, strerror(errno));
    if (info.st_uid != geteuid() && info.st_uid != 0 && !shared)
        return ostler_error_set(error, failure,
                                "the folder %s belongs to another user (uid %u): use a folder of your own, or set "
                                "folder_mode to 0770 to share it",
                                paths->folder, (unsigned)info.st_uid);
    if ((info.st_mode & S_IWOTH) && !(info.st_mode & S_ISVTX))
        return ostler_error_set(error, failure,
                                "everybody may write to the folder %s (mode %04o): take that permission away",
                                paths->folder, (unsigned)info.st_mode & 07777);
    return OSTLER_OK;
}

/* Gives a new folder its permissions whatever the umask is. */
static enum ostler_status dress(const struct folder_paths *paths, int fd, enum ostler_status failure,
                                struct ostler_error *error)
{
    unsigned mode = paths->mode;

    if (paths->group) {
        struct group entry, *found = NULL;
        char texts[4096];
        if (getgrnam_r(paths->group, &entry, texts, sizeof texts, &found) != 0 || !found)
            return ostler_error_set(error, failure, "folder_group: there is no group \"%s\"", paths->group);
        if (fchown(fd, (uid_t)-1, found->gr_gid) != 0)
            return ostler_error_set(error, failure, "cannot give the folder %s to group \"%s\": %s", paths->folder,
                                    paths->group, strerror(errno));
        mode |= S_ISGID;
    }
    if (fchmod(fd, mode) != 0)
        return ostler_error_set(error, failure, "cannot set the permissions of %s: %s", paths->folder, strerror(errno));
    return OSTLER_OK;
}

static enum ostler_status open_one(const struct folder_paths *paths, int at, const char *path, bool make,
                                   enum ostler_status failure, int *fd, struct ostler_error *error)
{
    bool made = make && mkdirat(at, path, (mode_t)paths->mode & 0700) == 0;
    int problem = errno;
    enum ostler_status status = OSTLER_OK;

    *fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 && errno == ENOENT && make)
        errno = problem;
    else if (*fd < 0 && errno == ENOENT)
        return OSTLER_OK;
    if (*fd < 0)
        return ostler_error_set(error, failure, "cannot %s the folder %s%s%s: %s", make ? "make" : "open",
                                paths->folder, at == AT_FDCWD ? "" : "/", at == AT_FDCWD ? "" : path, strerror(errno));
    if (made)
        status = dress(paths, *fd, failure, error);
    if (status == OSTLER_OK && at == AT_FDCWD)
        status = check_folder(paths, *fd, failure, error);
    if (status != OSTLER_OK) {
        close(*fd);
        *fd = -1;
    }
    return status;
}

enum ostler_status folder_paths_open(const struct folder_paths *paths, const char *inside, bool make,
                                     enum ostler_status failure, int *fd, struct ostler_error *error)
{
    int folder = -1;
    enum ostler_status status = open_one(paths, AT_FDCWD, paths->folder, make, failure, &folder, error);

    if (status != OSTLER_OK || !inside || folder < 0) {
        *fd = folder;
        return status;
    }
    status = open_one(paths, folder, inside, make, failure, fd, error);
    close(folder);
    return status;
}

/* --- Sockets ------------------------------------------------------------------------------------------------------ */

/* Whether nobody listens on it: only then a connection is refused. */
static bool is_stale(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool stale = false;

    if (strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) {
        stale = connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED;
        close(fd);
    }
    return stale;
}

static void remove_stale_sockets(const struct folder_paths *paths, int fd)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own >= 0 ? fdopendir(own) : NULL;
    struct dirent *entry;
    char path[PATH_MAX];
    struct stat info;

    if (!folder) {
        if (own >= 0)
            close(own);
        return;
    }
    while ((entry = readdir(folder))) {
        int length = snprintf(path, sizeof path, "%s/sockets/%s", paths->folder, entry->d_name);
        if (length < 0 || length >= (int)sizeof path || fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISSOCK(info.st_mode) && time(NULL) - info.st_mtime > YOUNG_S && is_stale(path))
            unlinkat(fd, entry->d_name, 0);
    }
    closedir(folder);
}

enum ostler_status folder_paths_new_socket(const struct folder_paths *paths, char **out, struct ostler_error *error)
{
    size_t limit = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    unsigned random = 0;
    char *path;
    int fd = -1;
    enum ostler_status status = folder_paths_open(paths, "sockets", true, OSTLER_E_LISTEN, &fd, error);

    if (status != OSTLER_OK)
        return status;
    remove_stale_sockets(paths, fd);
    /* An unwritable folder is better found here, where it has a name. */
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
        status = ostler_error_set(error, OSTLER_E_LISTEN, "cannot write to the folder %s/sockets: %s", paths->folder,
                                  strerror(errno));
    close(fd);
    if (status != OSTLER_OK)
        return status;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return ostler_error_set(error, OSTLER_E_LISTEN, "cannot get a random number: %s", strerror(errno));
    if (asprintf(&path, "%s/sockets/%08x.sock", paths->folder, random) < 0)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    if (strlen(path) > limit) {
        status = ostler_error_set(error, OSTLER_E_LISTEN,
                                  "the path of a socket may have %zu bytes, and %s has %zu: use a folder with a "
                                  "shorter name",
                                  limit, path, strlen(path));
        free(path);
        return status;
    }
    *out = path;
    return OSTLER_OK;
}
