/* SPDX-License-Identifier: Apache-2.0 */
/* Emits and handles notifications for tests with real brokers, real peers and faults.
 *
 *   notes URL emit TOPIC,... DRIVER     one for each JSON line {priority, publisher_id, event_type, payload, context} of
 *                                       standard input; says how each ended
 *   notes URL flood TOPIC COUNT THREADS so many, with the payload {"id": NUMBER}; says which were accepted. With 0 threads
 *                                       the program's own emits them and does not wait for each to be accepted
 *   notes URL listen TOPIC,... OPTIONS  a JSON line for each that is handled, until standard input ends; OPTIONS is an
 *                                       object: pool, batch_size, batch_timeout, threads, requeue (so many are given
 *                                       back), slow (milliseconds), and a filter: event_type and publisher_id (regular
 *                                       expressions), context, metadata and payload (objects of such)
 */
#include <ostler/listener.h>
#include <ostler/module.h>
#include <ostler/notifier.h>

#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TOPICS_MAX = 8, THREADS_MAX = 256, LINE_SIZE = 1 << 22, RULES_MAX = 8 };

static ostler_conf *conf;
static ostler_transport *transport;
static char *topics[TOPICS_MAX + 1];

static void die_unless(enum ostler_status status, const struct ostler_error *error)
{
    if (status == OSTLER_OK)
        return;
    fprintf(stderr, "notes: %s\n", error->message ? error->message : ostler_status_name(status));
    exit(EXIT_FAILURE);
}

static void open_transport(const char *url)
{
    struct ostler_transport_options options = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;

    die_unless(OSTLER_PRELOADED_MODULES(&error), &error);
    die_unless(ostler_conf_new(&conf, &error), &error);
    options.url = url;
    die_unless(ostler_notification_transport_open(conf, &options, &transport, &error), &error);
}

static size_t split_topics(char *text)
{
    size_t count = 0;

    for (char *topic = strtok(text, ","); topic && count < TOPICS_MAX; topic = strtok(NULL, ","))
        topics[count++] = topic;
    return count;
}

static ostler_notifier *make_notifier(const char *driver)
{
    const char *const drivers[] = {driver, NULL};
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_notifier *notifier = NULL;

    options.drivers = drivers;
    options.topics = (const char *const *)topics;
    options.retry = -1;
    options.timeout = 120.0;
    die_unless(ostler_notifier_new(transport, conf, &options, &notifier, &error), &error);
    return notifier;
}

/* --- emit --------------------------------------------------------------------------------------------------------- */

static struct json_object *member(struct json_object *object, const char *name)
{
    return json_object_object_get(object, name);
}

static void emit_one(ostler_notifier *notifier, struct json_object *from)
{
    struct ostler_notifier_options changes = OSTLER_NOTIFIER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_priority priority = OSTLER_PRIORITY_INFO;
    ostler_notifier *prepared = NULL;

    ostler_priority_parse(json_object_get_string(member(from, "priority")), &priority);
    changes.publisher_id = json_object_get_string(member(from, "publisher_id"));
    die_unless(ostler_notifier_prepare(notifier, OSTLER_NOTIFIER_PUBLISHER_ID, &changes, &prepared, &error), &error);
    enum ostler_status status =
        ostler_notify(prepared, member(from, "context"), priority, json_object_get_string(member(from, "event_type")),
                      member(from, "payload"), &error);
    printf("%s %s\n", ostler_status_name(status), error.message ? error.message : "");
    fflush(stdout);
    ostler_notifier_free(prepared);
    ostler_error_clear(&error);
}

static int emit(const char *driver)
{
    ostler_notifier *notifier = make_notifier(driver);
    char *line = malloc(LINE_SIZE);

    while (line && fgets(line, LINE_SIZE, stdin)) {
        struct json_object *from = json_tokener_parse(line);
        emit_one(notifier, from);
        json_object_put(from);
    }
    free(line);
    ostler_notifier_free(notifier);
    return EXIT_SUCCESS;
}

/* --- flood -------------------------------------------------------------------------------------------------------- */

static struct {
    ostler_notifier *notifier;
    unsigned count;
    atomic_uint next;
    unsigned char *accepted;
    pthread_mutex_t lock; /* guards `ended` */
    pthread_cond_t all_ended;
    unsigned ended;
} flooding = {.lock = PTHREAD_MUTEX_INITIALIZER, .all_ended = PTHREAD_COND_INITIALIZER};

static void note_end(void *number, enum ostler_status status, const struct ostler_error *error)
{
    flooding.accepted[(uintptr_t)number] = status == OSTLER_OK;
    if (status != OSTLER_OK)
        fprintf(stderr, "notes: %u: %s\n", (unsigned)(uintptr_t)number, error->message);
    /* For who waits for a moment in the middle. */
    pthread_mutex_lock(&flooding.lock);
    if (++flooding.ended % 1000 == 0) {
        printf("ended %u\n", flooding.ended);
        fflush(stdout);
    }
    if (flooding.ended == flooding.count)
        pthread_cond_signal(&flooding.all_ended);
    pthread_mutex_unlock(&flooding.lock);
}

static struct json_object *payload_of(unsigned number)
{
    struct json_object *payload = json_object_new_object();

    json_object_object_add(payload, "id", json_object_new_int64(number));
    return payload;
}

static void *flood_some(void *ignored)
{
    unsigned number;

    (void)ignored;
    while ((number = atomic_fetch_add(&flooding.next, 1)) < flooding.count) {
        struct json_object *payload = payload_of(number);
        struct ostler_error error = OSTLER_ERROR_INIT;
        enum ostler_status status = ostler_notify_info(flooding.notifier, NULL, "flood", payload, &error);
        note_end((void *)(uintptr_t)number, status, &error);
        json_object_put(payload);
        ostler_error_clear(&error);
    }
    return NULL;
}

static void flood_without_waiting(void)
{
    for (unsigned number = 0; number < flooding.count; number++) {
        struct json_object *payload = payload_of(number);
        struct ostler_error error = OSTLER_ERROR_INIT;
        void *user = (void *)(uintptr_t)number;
        enum ostler_status status = ostler_notify_async(flooding.notifier, NULL, OSTLER_PRIORITY_INFO, "flood", payload,
                                                        note_end, user, &error);
        if (status != OSTLER_OK)
            note_end(user, status, &error);
        json_object_put(payload);
        ostler_error_clear(&error);
    }
    pthread_mutex_lock(&flooding.lock);
    while (flooding.ended < flooding.count)
        pthread_cond_wait(&flooding.all_ended, &flooding.lock);
    pthread_mutex_unlock(&flooding.lock);
}

static int flood(const char *count, const char *thread_count)
{
    pthread_t threads[THREADS_MAX];
    int wanted = atoi(thread_count);

    flooding.count = (unsigned)atoi(count);
    flooding.accepted = calloc(flooding.count, 1);
    flooding.notifier = make_notifier("messagingv2");
    if (!flooding.accepted || wanted < 0 || wanted > THREADS_MAX)
        return EXIT_FAILURE;
    if (wanted == 0)
        flood_without_waiting();
    for (int i = 0; i < wanted; i++)
        if (pthread_create(&threads[i], NULL, flood_some, NULL) != 0)
            return EXIT_FAILURE;
    for (int i = 0; i < wanted; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < flooding.count; i++)
        if (flooding.accepted[i])
            printf("accepted %u\n", i);
    free(flooding.accepted);
    ostler_notifier_free(flooding.notifier);
    return EXIT_SUCCESS;
}

/* --- listen ------------------------------------------------------------------------------------------------------- */

static pthread_mutex_t printing = PTHREAD_MUTEX_INITIALIZER;
static atomic_int to_requeue;
static int slow;
static struct ostler_notification_filter filter;

static void print_one(const struct ostler_notification *from, enum ostler_priority method, size_t batch, bool requeued)
{
    struct json_object *line = json_object_new_object();

    json_object_object_add(line, "method", json_object_new_string(ostler_priority_name(method)));
    json_object_object_add(line, "batch", json_object_new_int64((int64_t)batch));
    json_object_object_add(line, "requeued", json_object_new_boolean(requeued));
    json_object_object_add(line, "publisher_id",
                           from->publisher_id ? json_object_new_string(from->publisher_id) : NULL);
    json_object_object_add(line, "event_type", from->event_type ? json_object_new_string(from->event_type) : NULL);
    json_object_object_add(line, "message_id", from->message_id ? json_object_new_string(from->message_id) : NULL);
    json_object_object_add(line, "timestamp", from->timestamp ? json_object_new_string(from->timestamp) : NULL);
    json_object_object_add(line, "payload", json_object_get(from->payload));
    json_object_object_add(line, "context", json_object_get(from->context));
    puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));
    json_object_put(line);
}

static enum ostler_notification_result handle(const struct ostler_notification *const *notifications, size_t count,
                                              enum ostler_priority method)
{
    struct timespec work = {.tv_sec = slow / 1000, .tv_nsec = slow % 1000 * 1000000L};
    bool requeue = atomic_load(&to_requeue) > 0 && atomic_fetch_sub(&to_requeue, 1) > 0;

    if (slow)
        nanosleep(&work, NULL);
    pthread_mutex_lock(&printing);
    for (size_t i = 0; i < count; i++)
        print_one(notifications[i], method, count, requeue);
    fflush(stdout);
    pthread_mutex_unlock(&printing);
    return requeue ? OSTLER_NOTIFICATION_REQUEUE : OSTLER_NOTIFICATION_HANDLED;
}

#define METHOD(name, PRIORITY)                                                                                         \
    static enum ostler_notification_result on_##name(const struct ostler_notification *const *notifications,           \
                                                     size_t count, void *state)                                        \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        return handle(notifications, count, OSTLER_PRIORITY_##PRIORITY);                                               \
    }
METHOD(audit, AUDIT)
METHOD(debug, DEBUG)
METHOD(info, INFO)
METHOD(warn, WARN)
METHOD(error, ERROR)
METHOD(critical, CRITICAL)
METHOD(sample, SAMPLE)

static const struct ostler_notification_endpoint endpoint = {.batch_method = {[OSTLER_PRIORITY_AUDIT] = on_audit,
                                                                              [OSTLER_PRIORITY_DEBUG] = on_debug,
                                                                              [OSTLER_PRIORITY_INFO] = on_info,
                                                                              [OSTLER_PRIORITY_WARN] = on_warn,
                                                                              [OSTLER_PRIORITY_ERROR] = on_error,
                                                                              [OSTLER_PRIORITY_CRITICAL] = on_critical,
                                                                              [OSTLER_PRIORITY_SAMPLE] = on_sample},
                                                             .filter = &filter};
static const struct ostler_notification_endpoint *const endpoints[] = {&endpoint, NULL};
static const struct ostler_endpoint_ops operations = {.notification = endpoints};

/* The rules of one member of the filter; they live as long as the program. */
static const struct ostler_notification_rule *read_rules(struct json_object *from)
{
    static struct ostler_notification_rule rules[3][RULES_MAX + 1];
    static size_t used;
    size_t count = 0;

    if (!from)
        return NULL;
    struct ostler_notification_rule *made = rules[used++];
    json_object_object_foreach(from, key, pattern)
    {
        if (count < RULES_MAX)
            made[count++] = (struct ostler_notification_rule){.key = key, .pattern = json_object_get_string(pattern)};
    }
    return made;
}

static void read_options(struct json_object *from, struct ostler_listener_options *options)
{
    struct json_object *timeout = member(from, "batch_timeout");

    options->allow_requeue = true;
    options->pool = json_object_get_string(member(from, "pool"));
    options->batch_size = (size_t)json_object_get_int(member(from, "batch_size"));
    options->threads = (unsigned)json_object_get_int(member(from, "threads"));
    if (timeout)
        options->batch_timeout = json_object_get_double(timeout);
    filter.event_type = json_object_get_string(member(from, "event_type"));
    filter.publisher_id = json_object_get_string(member(from, "publisher_id"));
    filter.context = read_rules(member(from, "context"));
    filter.metadata = read_rules(member(from, "metadata"));
    filter.payload = read_rules(member(from, "payload"));
    atomic_init(&to_requeue, json_object_get_int(member(from, "requeue")));
    slow = json_object_get_int(member(from, "slow"));
}

static int listen_to(size_t topic_count, const char *text)
{
    const struct ostler_server_endpoint served = {.name = "notes", .ops = &operations};
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;
    struct ostler_target targets[TOPICS_MAX] = {{.topic = NULL}};
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *from = json_tokener_parse(text);
    ostler_listener *listener = NULL;
    char ignored[64];

    read_options(from, &options);
    for (size_t i = 0; i < topic_count; i++)
        targets[i].topic = topics[i];
    die_unless(ostler_listener_new(transport, targets, topic_count, &served, 1, &options, &listener, &error), &error);
    /* That it is ready is the first line, although something may wait for it. */
    pthread_mutex_lock(&printing);
    die_unless(ostler_listener_start(listener, &error), &error);
    puts("ready");
    fflush(stdout);
    pthread_mutex_unlock(&printing);
    while (read(STDIN_FILENO, ignored, sizeof ignored) > 0)
        continue;
    ostler_listener_stop(listener);
    die_unless(ostler_listener_wait(listener, 60.0, &error), &error);
    ostler_listener_free(listener);
    json_object_put(from);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int result = 2;

    if (argc < 5)
        return result;
    open_transport(argv[1]);
    size_t count = split_topics(argv[3]);
    if (strcmp(argv[2], "emit") == 0)
        result = emit(argv[4]);
    else if (strcmp(argv[2], "flood") == 0 && argc > 5)
        result = flood(argv[4], argv[5]);
    else if (strcmp(argv[2], "listen") == 0)
        result = listen_to(count, argv[4]);
    ostler_transport_unref(transport);
    ostler_conf_unref(conf);
    return result;
}
