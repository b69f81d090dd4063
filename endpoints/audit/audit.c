/* SPDX-License-Identifier: Apache-2.0 */
/* Writes audit notifications to a file, one JSON object a line. The file is opened anew at each reset, so that it can be
 * rotated: rename it, then SIGHUP. What cannot be written (a full disk) is given back whole: with allow_requeue it comes
 * again until it fits, and no line is ever torn. */
#include <ostler/log.h>
#include <ostler/notification.h>
#include <ostler/thread.h>
#include <ostler/version.h>

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long one that could not be written is held before it is given back, so that a full disk does not make it go round
 * as fast as it can. */
static const double patience = 1.0; /* seconds */

struct audit {
    pthread_mutex_t lock; /* guards all below, and the writing */
    pthread_cond_t reset; /* another file has come */
    int fd;
    bool sync;
    bool is_torn;    /* part of a line could not be taken back */
    bool is_failing; /* and the log has said so */
};

static const struct ostler_option options[] = {
    {.name = "path",
     .type = OSTLER_OPTION_STRING,
     .help = "The file to append to; it is made if it is not there, readable by its owner only."},
    {.name = "sync",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Whether each notification is on the disk before it counts as handled."},
    {.name = NULL},
};

/* --- Opening ------------------------------------------------------------------------------------------------------ */

static enum ostler_status open_file(const ostler_conf *conf, const char *section, int *fd, struct ostler_error *error)
{
    const char *path = ostler_conf_string(conf, section, "path");

    if (!path || !path[0])
        return ostler_error_set(error, OSTLER_E_CONFIG, "[%s] path: a file is needed, for example %s", section,
                                "\"path = /var/log/ostler/audit.jsonl\"");
    int opened = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (opened < 0)
        return ostler_error_set_errno(error, errno, "[%s] path: cannot open %s", section, path);
    *fd = opened;
    return OSTLER_OK;
}

static enum ostler_status audit_open(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                     const char *section, void **state, struct ostler_error *error)
{
    struct audit *audit = calloc(1, sizeof *audit);

    (void)host;
    if (!audit)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for the endpoint audit");
    enum ostler_status status = open_file(conf, section, &audit->fd, error);
    if (status != OSTLER_OK) {
        free(audit);
        return status;
    }
    audit->sync = ostler_conf_bool(conf, section, "sync");
    pthread_mutex_init(&audit->lock, NULL);
    ostler_cond_init(&audit->reset);
    *state = audit;
    return OSTLER_OK;
}

static enum ostler_status audit_reset(void *state, const ostler_conf *conf, const char *section,
                                      struct ostler_error *error)
{
    struct audit *audit = state;
    int fd;
    enum ostler_status status = open_file(conf, section, &fd, error);

    if (status != OSTLER_OK)
        return status;
    pthread_mutex_lock(&audit->lock);
    int before = audit->fd;
    audit->fd = fd;
    audit->sync = ostler_conf_bool(conf, section, "sync");
    audit->is_torn = false;
    pthread_cond_broadcast(&audit->reset);
    pthread_mutex_unlock(&audit->lock);
    close(before);
    return OSTLER_OK;
}

static void audit_fini(void *state)
{
    struct audit *audit = state;

    close(audit->fd);
    pthread_cond_destroy(&audit->reset);
    pthread_mutex_destroy(&audit->lock);
    free(audit);
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

/* Takes @p value; NULL where @p is_null is JSON's null, else no memory. */
static bool put(struct json_object *line, const char *name, struct json_object *value, bool is_null)
{
    if ((value || is_null) && json_object_object_add(line, name, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static bool put_text(struct json_object *line, const char *name, const char *text)
{
    return put(line, name, text ? json_object_new_string(text) : NULL, !text);
}

/* NULL without memory. */
static struct json_object *make_line(const struct ostler_notification *notification)
{
    struct json_object *line = json_object_new_object();

    if (line && put_text(line, "timestamp", notification->timestamp) &&
        put_text(line, "message_id", notification->message_id) &&
        put_text(line, "publisher_id", notification->publisher_id) &&
        put_text(line, "event_type", notification->event_type) &&
        put(line, "payload", json_object_get(notification->payload), true) &&
        put(line, "context", json_object_get(notification->context), false))
        return line;
    json_object_put(line);
    return NULL;
}

/* All or nothing; with the lock held. Returns 0 or an errno value. */
static int append(struct audit *audit, const char *text, size_t length)
{
    size_t written = 0;
    int problem = 0;

    while (written < length && problem == 0) {
        ssize_t result = write(audit->fd, text + written, length - written);
        if (result > 0)
            written += (size_t)result;
        else if (result == 0)
            problem = ENOSPC;
        else if (errno != EINTR)
            problem = errno;
    }
    if (problem == 0 && audit->sync && fdatasync(audit->fd) != 0 && errno != EINVAL)
        problem = errno;
    if (problem != 0 && written > 0) {
        struct stat now;
        if (fstat(audit->fd, &now) != 0 || ftruncate(audit->fd, now.st_size - (off_t)written) != 0)
            audit->is_torn = true;
    }
    return problem;
}

/* With the lock held. What is torn is ended first, so that the lines after it are whole. */
static int append_line(struct audit *audit, const char *text, size_t length)
{
    if (audit->is_torn) {
        int problem = append(audit, "\n", 1);
        if (problem != 0)
            return problem;
        audit->is_torn = false;
    }
    return append(audit, text, length);
}

/* With the lock held: once when it begins and once when it is over. */
static void tell(struct audit *audit, int problem)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    if ((problem != 0) == audit->is_failing)
        return;
    audit->is_failing = problem != 0;
    if (problem != 0)
        ostler_error_set_errno(&error, problem, "notifications cannot be written");
    ostler_log(problem != 0 ? OSTLER_LOG_ERROR : OSTLER_LOG_INFO, "audit", "%s",
               error.message ? error.message : "notifications can be written again");
    ostler_error_clear(&error);
}

/* With the lock held; given up while it waits. */
static void hold_back(struct audit *audit)
{
    ostler_cond_wait(&audit->reset, &audit->lock, ostler_deadline(patience));
}

static enum ostler_notification_result write_line(struct audit *audit, const char *text, size_t length)
{
    pthread_mutex_lock(&audit->lock);
    int problem = append_line(audit, text, length);
    tell(audit, problem);
    if (problem != 0)
        hold_back(audit);
    pthread_mutex_unlock(&audit->lock);
    return problem == 0 ? OSTLER_NOTIFICATION_HANDLED : OSTLER_NOTIFICATION_REQUEUE;
}

static enum ostler_notification_result on_audit(const struct ostler_notification *notification, void *state)
{
    enum ostler_notification_result result = OSTLER_NOTIFICATION_REQUEUE;
    struct json_object *line = make_line(notification);
    size_t length = 0;
    const char *text =
        line ? json_object_to_json_string_length(line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length)
             : NULL;
    char *whole = text ? malloc(length + 1) : NULL;

    if (whole) {
        memcpy(whole, text, length);
        whole[length] = '\n';
        result = write_line(state, whole, length + 1);
    }
    free(whole);
    json_object_put(line);
    return result;
}

static const struct ostler_notification_endpoint audits = {.method = {[OSTLER_PRIORITY_AUDIT] = on_audit}};
static const struct ostler_notification_endpoint *const interfaces[] = {&audits, NULL};

static const struct ostler_endpoint_ops operations = {
    .open = audit_open,
    .reset = audit_reset,
    .fini = audit_fini,
    .notification = interfaces,
    .options = options,
};

OSTLER_MODULE(audit) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "audit",
    .version = OSTLER_VERSION,
    .summary = "writes audit notifications to a file, one JSON object a line",
    .ops = &operations,
    .ops_size = sizeof operations,
};
