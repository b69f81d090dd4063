/* SPDX-License-Identifier: Apache-2.0 */
/* Matchmaker "ring": a JSON file says at which hosts each topic is served: {"TOPIC": ["HOST:PORT", ...], ...}. It is
 * read again when it has changed; a file that does not parse leaves what was known before in force. */
#include "nodes.h"

#include <ostler/log.h>

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RING_MAX_SIZE = 16 * 1024 * 1024 };
/* The file is looked at this often at most. */
#define LOOK_NS (100 * INT64_C(1000000))

struct ostler_matchmaker {
    const char *file;         /* the configuration's */
    pthread_mutex_t lock;     /* guards all below */
    struct json_object *ring; /* every member a list of texts that are addresses */
    uint64_t generation;
    int64_t looked_at;
    struct stat seen;
};

/* --- The file ----------------------------------------------------------------------------------------------------- */

static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    char *end;

    if (!colon || colon == text || colon[1] < '0' || colon[1] > '9')
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    return *end == 0 && port > 0 && port <= 65535;
}

static enum ostler_status check_ring(const char *file, struct json_object *ring, struct ostler_error *error)
{
    if (!json_object_is_type(ring, json_type_object))
        return ostler_error_set(error, OSTLER_E_CONFIG, "%s: expected an object {\"TOPIC\": [\"HOST:PORT\", ...]}",
                                file);
    json_object_object_foreach(ring, topic, hosts)
    {
        if (!json_object_is_type(hosts, json_type_array))
            return ostler_error_set(error, OSTLER_E_CONFIG, "%s: topic \"%s\": expected a list of \"HOST:PORT\"", file,
                                    topic);
        for (size_t i = 0; i < json_object_array_length(hosts); i++) {
            struct json_object *host = json_object_array_get_idx(hosts, i);
            if (!json_object_is_type(host, json_type_string) || !is_address(json_object_get_string(host)))
                return ostler_error_set(error, OSTLER_E_CONFIG,
                                        "%s: topic \"%s\", entry %zu: expected \"HOST:PORT\", not %s", file, topic,
                                        i + 1, json_object_to_json_string(host));
        }
    }
    return OSTLER_OK;
}

static enum ostler_status parse_ring(const char *file, const char *text, size_t size, struct json_object **ring,
                                     struct ostler_error *error)
{
    struct json_tokener *tokener = json_tokener_new();
    enum ostler_status status = OSTLER_OK;

    if (!tokener)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    struct json_object *value = json_tokener_parse_ex(tokener, text, (int)size);
    if (json_tokener_get_error(tokener) != json_tokener_success) {
        size_t at = json_tokener_get_parse_end(tokener), line = 1, column = 1;
        for (size_t i = 0; i < at && i < size; i++) {
            column = text[i] == '\n' ? 1 : column + 1;
            line += text[i] == '\n';
        }
        bool cut = json_tokener_get_error(tokener) == json_tokener_continue;
        status = ostler_error_set(error, OSTLER_E_CONFIG, "%s:%zu:%zu: %s", file, line, column,
                                  cut ? "the file ends too early"
                                      : json_tokener_error_desc(json_tokener_get_error(tokener)));
    } else {
        status = check_ring(file, value, error);
    }
    json_tokener_free(tokener);
    if (status == OSTLER_OK)
        *ring = value;
    else
        json_object_put(value);
    return status;
}

static enum ostler_status read_ring(const char *file, struct json_object **ring, struct stat *info,
                                    struct ostler_error *error)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    enum ostler_status status;
    char *text = NULL;

    if (fd < 0 || fstat(fd, info) != 0) {
        status = ostler_error_set(error, OSTLER_E_CONFIG, "cannot read the ring file %s: %s", file, strerror(errno));
        goto out;
    }
    if (info->st_size > RING_MAX_SIZE) {
        status =
            ostler_error_set(error, OSTLER_E_CONFIG, "the ring file %s is larger than %d bytes", file, RING_MAX_SIZE);
        goto out;
    }
    text = malloc((size_t)info->st_size + 1);
    if (!text) {
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
        goto out;
    }
    ssize_t size = read(fd, text, (size_t)info->st_size);
    status = size < 0
                 ? ostler_error_set(error, OSTLER_E_CONFIG, "cannot read the ring file %s: %s", file, strerror(errno))
                 : parse_ring(file, text, (size_t)size, ring, error);
out:
    free(text);
    if (fd >= 0)
        close(fd);
    return status;
}

static int64_t roughly_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads the file again if it has changed. The lock is held. */
static void refresh(ostler_matchmaker *matchmaker)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *ring = NULL;
    struct stat info;
    int64_t now = roughly_now();

    if (now - matchmaker->looked_at < LOOK_NS)
        return;
    matchmaker->looked_at = now;
    if (stat(matchmaker->file, &info) != 0 || same_file(&info, &matchmaker->seen))
        return;
    /* Whatever comes of it, this version of the file has been seen. */
    matchmaker->seen = info;
    if (read_ring(matchmaker->file, &ring, &info, &error) == OSTLER_OK) {
        json_object_put(matchmaker->ring);
        matchmaker->ring = ring;
        matchmaker->seen = info;
        matchmaker->generation++;
    } else {
        ostler_log(OSTLER_LOG_ERROR, "ring", "%s; the former content stays in force", error.message);
    }
    ostler_error_clear(&error);
}

/* --- Operations --------------------------------------------------------------------------------------------------- */

static enum ostler_status ring_open(const ostler_conf *conf, const ostler_url *url, ostler_matchmaker **out,
                                    struct ostler_error *error)
{
    const char *section = ostler_url_driver(url), *file = ostler_conf_string(conf, section, "ringfile");
    ostler_matchmaker *matchmaker;

    if (!file || !file[0])
        return ostler_error_set(error, OSTLER_E_URL,
                                "the matchmaker ring needs a file: [%s] ringfile, or ?ringfile=FILE in the URL",
                                section);
    matchmaker = calloc(1, sizeof *matchmaker);
    if (!matchmaker)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    matchmaker->file = file;
    matchmaker->generation = 1;
    enum ostler_status status = read_ring(file, &matchmaker->ring, &matchmaker->seen, error);
    if (status != OSTLER_OK) {
        free(matchmaker);
        return status;
    }
    pthread_mutex_init(&matchmaker->lock, NULL);
    *out = matchmaker;
    return OSTLER_OK;
}

static void ring_close(ostler_matchmaker *matchmaker)
{
    json_object_put(matchmaker->ring);
    pthread_mutex_destroy(&matchmaker->lock);
    free(matchmaker);
}

/* The list of a topic, or NULL. The lock is held. */
static struct json_object *hosts_of(ostler_matchmaker *matchmaker, const char *topic, size_t *count)
{
    struct json_object *hosts = NULL;

    refresh(matchmaker);
    *count = json_object_object_get_ex(matchmaker->ring, topic, &hosts) ? json_object_array_length(hosts) : 0;
    return hosts;
}

static const char *host_at(const void *hosts, size_t index)
{
    union {
        const void *in;
        struct json_object *out;
    } array = {.in = hosts};

    return json_object_get_string(json_object_array_get_idx(array.out, index));
}

static enum ostler_status ring_propose(ostler_matchmaker *matchmaker, const struct ostler_target *target,
                                       unsigned index, char **address, struct ostler_error *error)
{
    enum ostler_status status;
    size_t count;

    pthread_mutex_lock(&matchmaker->lock);
    struct json_object *hosts = hosts_of(matchmaker, target->topic, &count);
    if (index < count)
        status = nodes_propose(host_at(hosts, index), address, error);
    else
        status = ostler_error_set(error, OSTLER_E_LISTEN,
                                  "%s names %zu hosts for topic \"%s\", and none is this host with a free port",
                                  matchmaker->file, count, target->topic);
    pthread_mutex_unlock(&matchmaker->lock);
    return status;
}

static uint64_t ring_generation(ostler_matchmaker *matchmaker, const char *exchange, const char *topic)
{
    (void)exchange;
    (void)topic;
    pthread_mutex_lock(&matchmaker->lock);
    refresh(matchmaker);
    uint64_t generation = matchmaker->generation;
    pthread_mutex_unlock(&matchmaker->lock);
    return generation;
}

static enum ostler_status ring_lookup(ostler_matchmaker *matchmaker, const char *exchange, const char *topic,
                                      struct ostler_peer **peers, size_t *out_count, struct ostler_error *error)
{
    size_t count = 0;

    (void)exchange;
    pthread_mutex_lock(&matchmaker->lock);
    struct json_object *hosts = hosts_of(matchmaker, topic, &count);
    enum ostler_status status = nodes_lookup(hosts, count, host_at, peers, out_count, error);
    pthread_mutex_unlock(&matchmaker->lock);
    return status;
}

static const struct ostler_matchmaker_ops operations = {
    .open = ring_open,
    .close = ring_close,
    .propose = ring_propose,
    .announce = nodes_announce,
    .withdraw = nodes_withdraw,
    .generation = ring_generation,
    .lookup = ring_lookup,
};

OSTLER_MODULE(ring) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_MATCHMAKER,
    .name = "ring",
    .version = "1.0",
    .summary = "a JSON file says at which hosts each topic is served",
    .ops = &operations,
    .ops_size = sizeof operations,
};
