/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint for the tests of ostlerd's listeners: it writes down what it takes, one line each, and fails where it is
 * told to. Built as several modules, which differ in TAKER_NAME, TAKER_BUILD, the
 * priorities they take and TAKER_PATTERN, a filter on event types. */
#include <ostler/clock.h>
#include <ostler/log.h>
#include <ostler/notification.h>

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WORD_BYTES = 64 };

struct taker {
    int fd;
    pthread_mutex_t lock; /* guards all below */
    char word[WORD_BYTES];
    bool requeue;
    double seconds;
};

static void read_options(struct taker *taker, const ostler_conf *conf, const char *section)
{
    pthread_mutex_lock(&taker->lock);
    snprintf(taker->word, sizeof taker->word, "%s", ostler_conf_string(conf, section, "word"));
    taker->requeue = ostler_conf_bool(conf, section, "requeue");
    taker->seconds = ostler_conf_float(conf, section, "seconds", 0.0);
    pthread_mutex_unlock(&taker->lock);
}

static enum ostler_status taker_open(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                     const char *section, void **state, struct ostler_error *error)
{
    (void)host;
    if (ostler_conf_bool(conf, section, "fail_open"))
        return ostler_error_set(error, OSTLER_E_SYSTEM, "the taker does not open");
    struct taker *taker = calloc(1, sizeof *taker);
    if (!taker)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    taker->fd = open(ostler_conf_string(conf, section, "path"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (taker->fd < 0) {
        free(taker);
        return ostler_error_set_errno(error, errno, "cannot open the taker's file");
    }
    pthread_mutex_init(&taker->lock, NULL);
    read_options(taker, conf, section);
    ostler_log(OSTLER_LOG_INFO, "taker", "build %s opened", TAKER_BUILD);
    *state = taker;
    return OSTLER_OK;
}

static enum ostler_status taker_reset(void *state, const ostler_conf *conf, const char *section,
                                      struct ostler_error *error)
{
    if (ostler_conf_bool(conf, section, "fail_reset"))
        return ostler_error_set(error, OSTLER_E_SYSTEM, "the taker does not reset");
    read_options(state, conf, section);
    return OSTLER_OK;
}

static void taker_fini(void *state)
{
    struct taker *taker = state;

    ostler_log(OSTLER_LOG_INFO, "taker", "build %s ended", TAKER_BUILD);
    close(taker->fd);
    pthread_mutex_destroy(&taker->lock);
    free(taker);
}

static void stay(double seconds)
{
    ostler_time until = ostler_deadline(seconds);
    const struct timespec point = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};

    ostler_log(OSTLER_LOG_INFO, "taker", "build %s stays", TAKER_BUILD);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &point, NULL) == EINTR)
        ;
}

/* One line with one write: "BUILD WORD EVENT_TYPE COUNT", the count being that of the batch. */
static enum ostler_notification_result take(const struct ostler_notification *notification, size_t count,
                                            struct taker *taker)
{
    char line[512];

    pthread_mutex_lock(&taker->lock);
    int size = snprintf(line, sizeof line, "%s %s %.200s %zu\n", TAKER_BUILD, taker->word,
                        notification->event_type ? notification->event_type : "-", count);
    bool requeue = taker->requeue;
    double seconds = taker->seconds;
    pthread_mutex_unlock(&taker->lock);
    if (seconds > 0.0)
        stay(seconds);
    if (requeue || write(taker->fd, line, (size_t)size) != size)
        return OSTLER_NOTIFICATION_REQUEUE;
    return OSTLER_NOTIFICATION_HANDLED;
}

static enum ostler_notification_result take_one(const struct ostler_notification *notification, void *state)
{
    return take(notification, 1, state);
}

static enum ostler_notification_result take_batch(const struct ostler_notification *const *notifications, size_t count,
                                                  void *state)
{
    enum ostler_notification_result result = OSTLER_NOTIFICATION_HANDLED;

    for (size_t i = 0; i < count && result == OSTLER_NOTIFICATION_HANDLED; i++)
        result = take(notifications[i], count, state);
    return result;
}

static const struct ostler_option options[] = {
    {.name = "path", .type = OSTLER_OPTION_STRING, .default_value = "/dev/null", .help = "The file to write to."},
    {.name = "word", .type = OSTLER_OPTION_STRING, .default_value = "none", .help = "What stands in each line."},
    {.name = "seconds", .type = OSTLER_OPTION_FLOAT, .help = "How long a notification takes."},
    {.name = "requeue", .type = OSTLER_OPTION_BOOL, .default_value = "false", .help = "Handle none."},
    {.name = "fail_open", .type = OSTLER_OPTION_BOOL, .default_value = "false", .help = "Fail in open()."},
    {.name = "fail_reset", .type = OSTLER_OPTION_BOOL, .default_value = "false", .help = "Fail in reset()."},
    {.name = NULL},
};

static const struct ostler_notification_endpoint interface = {
    .method = {[OSTLER_PRIORITY_INFO] = take_one, [TAKER_PRIORITY] = take_one},
    .batch_method = {[OSTLER_PRIORITY_INFO] = take_batch, [TAKER_PRIORITY] = take_batch},
#ifdef TAKER_PATTERN
    .filter = &(const struct ostler_notification_filter){.event_type = TAKER_PATTERN},
#endif
};
static const struct ostler_notification_endpoint *const interfaces[] = {&interface, NULL};
static const struct ostler_endpoint_ops operations = {
    .open = taker_open, .reset = taker_reset, .fini = taker_fini, .notification = interfaces, .options = options};

OSTLER_MODULE(taker) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = TAKER_NAME,
    .version = TAKER_BUILD,
    .summary = "for tests",
    .ops = &operations,
    .ops_size = sizeof operations,
};
