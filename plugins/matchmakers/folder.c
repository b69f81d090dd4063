/* SPDX-License-Identifier: Apache-2.0 */
/* Matchmaker "folder": servers of one host, each with a file in a folder. */
#include "registration.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>

/* A topic's folder is looked at this often at most. */
#define LOOK_NS (5 * INT64_C(1000000))
/* A server that is killed leaves its file and the folder as they are: so as often as this every answer may be new. */
#define DOUBT_NS (200 * INT64_C(1000000))
enum { WATCHED_MAX = 4096 };

/* What was last seen of a topic's folder. */
struct watch {
    UT_hash_handle hh;
    uint64_t number;
    int64_t looked_at, doubted_at;
    struct timespec changed;
    ino_t inode;
    char *path;
    size_t key_length;
    char key[];
};

struct ostler_matchmaker {
    struct folder_paths paths;
    pthread_mutex_t lock; /* guards these */
    struct watch *watches;
    uint64_t number;
};

static enum ostler_status folder_open(const ostler_conf *conf, const ostler_url *url, ostler_matchmaker **out,
                                      struct ostler_error *error)
{
    ostler_matchmaker *matchmaker = calloc(1, sizeof *matchmaker);

    if (!matchmaker)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    enum ostler_status status = folder_paths_init(&matchmaker->paths, conf, url, error);
    if (status != OSTLER_OK) {
        free(matchmaker);
        return status;
    }
    pthread_mutex_init(&matchmaker->lock, NULL);
    *out = matchmaker;
    return OSTLER_OK;
}

static void clear_watches(ostler_matchmaker *matchmaker)
{
    struct watch *watch, *next;

    HASH_ITER (hh, matchmaker->watches, watch, next) {
        HASH_DEL(matchmaker->watches, watch);
        free(watch->path);
        free(watch);
    }
}

static void folder_close(ostler_matchmaker *matchmaker)
{
    clear_watches(matchmaker);
    pthread_mutex_destroy(&matchmaker->lock);
    folder_paths_fini(&matchmaker->paths);
    free(matchmaker);
}

static enum ostler_status folder_propose(ostler_matchmaker *matchmaker, const struct ostler_target *target,
                                         unsigned index, char **address, struct ostler_error *error)
{
    (void)target;
    if (index > 0)
        return ostler_error_set(error, OSTLER_E_LISTEN, "no socket could be made in %s", matchmaker->paths.folder);
    return folder_paths_new_socket(&matchmaker->paths, address, error);
}

static enum ostler_status folder_announce(ostler_matchmaker *matchmaker, const struct ostler_target *target,
                                          const char *address, struct ostler_registration **registration,
                                          struct ostler_error *error)
{
    return registration_make(&matchmaker->paths, target, address, registration, error);
}

/* --- Whether something may have changed; the lock is held --------------------------------------------------------- */

/* Precise to a few milliseconds, and much cheaper than the exact time. */
static int64_t roughly_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct watch *new_watch(ostler_matchmaker *matchmaker, const char *key, size_t length, const char *exchange,
                               const char *topic)
{
    struct watch *watch = calloc(1, sizeof *watch + length);
    char name[NAME_MAX + 1];
    char *path = NULL;

    if (!watch || folder_paths_topic(exchange, topic, name, NULL) != OSTLER_OK ||
        asprintf(&path, "%s/%s", matchmaker->paths.folder, name) < 0) {
        free(watch);
        return NULL;
    }
    if (HASH_COUNT(matchmaker->watches) >= WATCHED_MAX)
        clear_watches(matchmaker);
    watch->path = path;
    watch->number = ++matchmaker->number;
    watch->key_length = length;
    memcpy(watch->key, key, length);
    HASH_ADD(hh, matchmaker->watches, key[0], length, watch);
    return watch;
}

static struct watch *find_watch(ostler_matchmaker *matchmaker, const char *exchange, const char *topic)
{
    char key[2 * (OSTLER_NAME_MAX + 1)];
    size_t first = strlen(exchange) + 1, second = strlen(topic) + 1;
    struct watch *watch;

    if (first + second > sizeof key)
        return NULL;
    memcpy(key, exchange, first);
    memcpy(key + first, topic, second);
    HASH_FIND(hh, matchmaker->watches, key, first + second, watch);
    return watch ? watch : new_watch(matchmaker, key, first + second, exchange, topic);
}

static void look(ostler_matchmaker *matchmaker, struct watch *watch, int64_t now)
{
    struct stat info;

    watch->looked_at = now;
    if (stat(watch->path, &info) != 0)
        memset(&info, 0, sizeof info);
    bool same = info.st_ino == watch->inode && info.st_mtim.tv_sec == watch->changed.tv_sec &&
                info.st_mtim.tv_nsec == watch->changed.tv_nsec;
    if (same && now - watch->doubted_at < DOUBT_NS)
        return;
    watch->inode = info.st_ino;
    watch->changed = info.st_mtim;
    watch->doubted_at = now;
    watch->number = ++matchmaker->number;
}

static uint64_t folder_generation(ostler_matchmaker *matchmaker, const char *exchange, const char *topic)
{
    int64_t now = roughly_now();
    uint64_t number = 0;

    pthread_mutex_lock(&matchmaker->lock);
    struct watch *watch = find_watch(matchmaker, exchange, topic);
    if (watch && now - watch->looked_at >= LOOK_NS)
        look(matchmaker, watch, now);
    if (watch)
        number = watch->number;
    pthread_mutex_unlock(&matchmaker->lock);
    return number;
}

/* --- Looking up --------------------------------------------------------------------------------------------------- */

static int by_server(const void *a, const void *b)
{
    const struct ostler_peer *one = a, *other = b;

    return strcmp(one->server, other->server);
}

static bool is_registration(const char *name)
{
    size_t length = strlen(name);

    return length > 5 && name[0] != '.' && strcmp(name + length - 5, ".json") == 0;
}

static void free_peers(struct ostler_peer *peers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(peers[i].server);
        free(peers[i].address);
    }
    free(peers);
}

static enum ostler_status read_all(DIR *folder, struct ostler_peer **out, size_t *out_count, struct ostler_error *error)
{
    struct ostler_peer *peers = NULL;
    size_t count = 0, capacity = 0;
    struct dirent *entry;

    while ((entry = readdir(folder))) {
        if (!is_registration(entry->d_name))
            continue;
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 8;
            struct ostler_peer *larger = realloc(peers, capacity * sizeof *peers);
            if (!larger) {
                free_peers(peers, count);
                return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
            }
            peers = larger;
        }
        if (registration_read(dirfd(folder), entry->d_name, &peers[count]))
            count++;
    }
    if (count > 1)
        qsort(peers, count, sizeof *peers, by_server);
    *out = peers;
    *out_count = count;
    return OSTLER_OK;
}

static enum ostler_status folder_lookup(ostler_matchmaker *matchmaker, const char *exchange, const char *topic,
                                        struct ostler_peer **peers, size_t *count, struct ostler_error *error)
{
    char name[NAME_MAX + 1];
    int fd = -1;
    enum ostler_status status = folder_paths_topic(exchange, topic, name, error);

    if (status == OSTLER_OK)
        status = folder_paths_open(&matchmaker->paths, name, false, OSTLER_E_CONFIG, &fd, error);
    if (status != OSTLER_OK)
        return status;
    if (fd < 0) {
        *peers = NULL;
        *count = 0;
        return OSTLER_OK;
    }
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    status = read_all(folder, peers, count, error);
    closedir(folder);
    return status;
}

static const struct ostler_matchmaker_ops operations = {
    .open = folder_open,
    .close = folder_close,
    .propose = folder_propose,
    .announce = folder_announce,
    .withdraw = registration_remove,
    .generation = folder_generation,
    .lookup = folder_lookup,
};

OSTLER_MODULE(folder) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_MATCHMAKER,
    .name = "folder",
    .version = "1.0",
    .summary = "finds the servers of one host by their files in a folder",
    .ops = &operations,
    .ops_size = sizeof operations,
};
