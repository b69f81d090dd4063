/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"
#include "check.h"
#include "fixture.h"

#include <ostler/thread.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS_MAX = 8, SIGHTS_MAX = 65536, NAMES_MAX = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all of these */
static pthread_cond_t changed;
static struct sight *sights[SIGHTS_MAX];
static size_t sight_count;
static unsigned handled[WATCH_IDS];
static char names[NAMES_MAX][WATCH_NAME]; /* the states of endpoints; they stay */
static size_t name_count;
static unsigned to_requeue, held;
static bool holding;

__attribute__((constructor)) static void init(void)
{
    ostler_cond_init(&changed);
}

/* With the lock held. */
static bool wait_changed(ostler_time deadline)
{
    return ostler_now() < deadline && ostler_cond_wait(&changed, &lock, deadline);
}

/* --- Seeing ------------------------------------------------------------------------------------------------------- */

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "(none)");
}

static struct sight *make_sight(const char *who, enum ostler_priority method, const struct ostler_notification *from,
                                size_t batch)
{
    struct sight *sight = calloc(1, sizeof *sight);

    REQUIRE(sight, "no memory");
    sight->method = method;
    sight->priority = from->priority;
    sight->batch = batch;
    copy_text(sight->who, sizeof sight->who, who);
    copy_text(sight->event_type, sizeof sight->event_type, from->event_type);
    copy_text(sight->publisher_id, sizeof sight->publisher_id, from->publisher_id);
    copy_text(sight->message_id, sizeof sight->message_id, from->message_id);
    copy_text(sight->timestamp, sizeof sight->timestamp, from->timestamp);
    sight->payload = strdup(json_object_to_json_string_ext(from->payload, JSON_C_TO_STRING_PLAIN));
    sight->context = strdup(json_object_to_json_string_ext(from->context, JSON_C_TO_STRING_PLAIN));
    REQUIRE(sight->payload && sight->context, "no memory");
    return sight;
}

static int id_of(const struct ostler_notification *notification)
{
    struct json_object *id = NULL;

    if (json_object_is_type(notification->payload, json_type_object))
        json_object_object_get_ex(notification->payload, "id", &id);
    int number = json_object_get_int(id);
    return id && number >= 0 && number < WATCH_IDS ? number : -1;
}

static enum ostler_notification_result see(const char *who, enum ostler_priority method,
                                           const struct ostler_notification *const *notifications, size_t count)
{
    struct sight **made = calloc(count, sizeof(struct sight *));

    REQUIRE(made, "no memory");
    for (size_t i = 0; i < count; i++)
        made[i] = make_sight(who, method, notifications[i], count);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count && sight_count < SIGHTS_MAX; i++)
        sights[sight_count++] = made[i];
    held++;
    pthread_cond_broadcast(&changed);
    while (holding)
        pthread_cond_wait(&changed, &lock);
    held--;
    bool requeue = to_requeue > 0;
    to_requeue -= requeue;
    for (size_t i = 0; i < count && !requeue; i++)
        if (id_of(notifications[i]) >= 0)
            handled[id_of(notifications[i])]++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    free(made);
    return requeue ? OSTLER_NOTIFICATION_REQUEUE : OSTLER_NOTIFICATION_HANDLED;
}

#define METHOD(name, PRIORITY)                                                                                         \
    static enum ostler_notification_result on_##name(const struct ostler_notification *notification, void *state)      \
    {                                                                                                                  \
        return see(state, OSTLER_PRIORITY_##PRIORITY, &notification, 1);                                               \
    }                                                                                                                  \
    static enum ostler_notification_result on_##name##_batch(const struct ostler_notification *const *notifications,   \
                                                             size_t count, void *state)                                \
    {                                                                                                                  \
        return see(state, OSTLER_PRIORITY_##PRIORITY, notifications, count);                                           \
    }
METHOD(audit, AUDIT)
METHOD(debug, DEBUG)
METHOD(info, INFO)
METHOD(warn, WARN)
METHOD(error, ERROR)
METHOD(critical, CRITICAL)
METHOD(sample, SAMPLE)

static const struct ostler_notification_endpoint single = {.method = {[OSTLER_PRIORITY_AUDIT] = on_audit,
                                                                      [OSTLER_PRIORITY_DEBUG] = on_debug,
                                                                      [OSTLER_PRIORITY_INFO] = on_info,
                                                                      [OSTLER_PRIORITY_WARN] = on_warn,
                                                                      [OSTLER_PRIORITY_ERROR] = on_error,
                                                                      [OSTLER_PRIORITY_CRITICAL] = on_critical,
                                                                      [OSTLER_PRIORITY_SAMPLE] = on_sample}};
static const struct ostler_notification_endpoint batches = {
    .batch_method = {[OSTLER_PRIORITY_AUDIT] = on_audit_batch,
                     [OSTLER_PRIORITY_DEBUG] = on_debug_batch,
                     [OSTLER_PRIORITY_INFO] = on_info_batch,
                     [OSTLER_PRIORITY_WARN] = on_warn_batch,
                     [OSTLER_PRIORITY_ERROR] = on_error_batch,
                     [OSTLER_PRIORITY_CRITICAL] = on_critical_batch,
                     [OSTLER_PRIORITY_SAMPLE] = on_sample_batch}};
static const struct ostler_notification_endpoint info_only = {.method = {[OSTLER_PRIORITY_INFO] = on_info}};
static const struct ostler_notification_rule kinds[] = {{"kind", "a"}, {NULL, NULL}};
static const struct ostler_notification_filter filter = {
    .publisher_id = "good", .event_type = "wanted", .payload = kinds};
static const struct ostler_notification_endpoint filtered = {.method = {[OSTLER_PRIORITY_INFO] = on_info},
                                                             .filter = &filter};
static const struct ostler_notification_endpoint *const singles[] = {&single, NULL};
static const struct ostler_notification_endpoint *const all_batches[] = {&batches, NULL};
static const struct ostler_notification_endpoint *const infos[] = {&info_only, NULL};
static const struct ostler_notification_endpoint *const filtereds[] = {&filtered, NULL};

/* The state is the listener's name: that of the endpoint's section. */
static enum ostler_status open_state(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                     const char *section, void **state, struct ostler_error *error)
{
    (void)host;
    (void)conf;
    (void)error;
    pthread_mutex_lock(&lock);
    REQUIRE(name_count < NAMES_MAX, "too many listeners in one check");
    *state = names[name_count++];
    pthread_mutex_unlock(&lock);
    copy_text(*state, WATCH_NAME, strchr(section, ':') ? strchr(section, ':') + 1 : section);
    return OSTLER_OK;
}

const struct ostler_endpoint_ops watch_endpoint = {.open = open_state, .notification = singles};
const struct ostler_endpoint_ops watch_batches = {.open = open_state, .notification = all_batches};
const struct ostler_endpoint_ops watch_filtered = {.open = open_state, .notification = filtereds};
const struct ostler_endpoint_ops watch_info = {.open = open_state, .notification = infos};

/* --- Listeners ---------------------------------------------------------------------------------------------------- */

/* Skips the check on a transport that carries requests only. */
static void expect_new(enum ostler_status status, struct ostler_error *error)
{
    if (status == OSTLER_E_DRIVER && error->message && strstr(error->message, "carries no notifications"))
        check_skip("this transport carries no notifications");
    REQUIRE(status == OSTLER_OK, "%s", error->message);
}

void watch_resume(struct watched *watched)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    REQUIRE(ostler_listener_start(watched->listener, &error) == OSTLER_OK, "%s", error.message);
}

struct watched watch_start(const char *who, const char *const *topics, const struct ostler_endpoint_ops *ops,
                           const struct ostler_listener_options *options)
{
    struct watched watched = {.transport = fixture_transport()};
    const struct ostler_server_endpoint endpoint = {.name = who, .ops = ops ? ops : &watch_endpoint};
    struct ostler_target targets[TOPICS_MAX] = {{.topic = fixture_topic()}};
    struct ostler_error error = OSTLER_ERROR_INIT;
    size_t count = topics ? 0 : 1;

    while (topics && topics[count] && count < TOPICS_MAX) {
        targets[count].topic = topics[count];
        count++;
    }
    expect_new(ostler_listener_new(watched.transport, targets, count, &endpoint, 1, options, &watched.listener, &error),
               &error);
    watch_resume(&watched);
    return watched;
}

struct watched watch_pool(const char *who, const char *pool)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    options.pool = pool;
    return watch_start(who, NULL, NULL, &options);
}

void watch_pause(struct watched *watched)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    ostler_listener_stop(watched->listener);
    EXPECT(ostler_listener_wait(watched->listener, PATIENCE, &error) == OSTLER_OK, "%s", error.message);
    ostler_error_clear(&error);
}

void watch_end(struct watched *watched)
{
    watch_pause(watched);
    ostler_listener_free(watched->listener);
    ostler_transport_unref(watched->transport);
}

/* --- Notifiers ---------------------------------------------------------------------------------------------------- */

ostler_notifier *watch_notifier_to(ostler_transport *transport, const char *driver, const char *const *topics)
{
    const char *const drivers[] = {driver ? driver : "messagingv2", NULL};
    struct ostler_notifier_options options = OSTLER_NOTIFIER_OPTIONS_INIT;
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_notifier *notifier = NULL;

    options.publisher_id = "good.host1";
    options.drivers = drivers;
    options.topics = topics;
    options.timeout = PATIENCE;
    expect_new(ostler_notifier_new(transport, NULL, &options, &notifier, &error), &error);
    return notifier;
}

ostler_notifier *watch_notifier(ostler_transport *transport, const char *driver)
{
    const char *const topics[] = {fixture_topic(), NULL};

    return watch_notifier_to(transport, driver, topics);
}

enum ostler_status watch_emit(ostler_notifier *notifier, int number)
{
    struct json_object *payload = fixture_id(number);
    char event_type[32];

    snprintf(event_type, sizeof event_type, "event %d", number);
    enum ostler_status status = ostler_notify_info(notifier, NULL, event_type, payload, NULL);
    json_object_put(payload);
    return status;
}

bool watch_is_kept(void)
{
    char topic[OSTLER_NAME_MAX + 1];
    const char *const topics[] = {topic, NULL};
    struct ostler_notifier_options changes = OSTLER_NOTIFIER_OPTIONS_INIT;
    ostler_transport *transport = fixture_transport();
    ostler_notifier *once = NULL;

    snprintf(topic, sizeof topic, "%s-nobody", fixture_topic());
    ostler_notifier *notifier = watch_notifier_to(transport, NULL, topics);
    changes.timeout = 0.5;
    REQUIRE(ostler_notifier_prepare(notifier, OSTLER_NOTIFIER_TIMEOUT, &changes, &once, NULL) == OSTLER_OK, "prepare");
    bool kept = watch_emit(once, 0) == OSTLER_OK;
    ostler_notifier_free(once);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    return kept;
}

/* --- What was seen ------------------------------------------------------------------------------------------------ */

/* With the lock held. */
static size_t count_of(const char *who)
{
    size_t count = 0;

    for (size_t i = 0; i < sight_count; i++)
        count += !who || strcmp(sights[i]->who, who) == 0;
    return count;
}

bool watch_await(const char *who, size_t count, double seconds)
{
    ostler_time deadline = ostler_deadline(seconds);

    pthread_mutex_lock(&lock);
    while (count_of(who) < count && wait_changed(deadline))
        continue;
    bool reached = count_of(who) >= count;
    pthread_mutex_unlock(&lock);
    return reached;
}

size_t watch_count(const char *who)
{
    pthread_mutex_lock(&lock);
    size_t count = count_of(who);
    pthread_mutex_unlock(&lock);
    return count;
}

const struct sight *watch_sight(const char *who, size_t i)
{
    const struct sight *found = NULL;

    pthread_mutex_lock(&lock);
    for (size_t at = 0; at < sight_count && !found; at++)
        if ((!who || strcmp(sights[at]->who, who) == 0) && i-- == 0)
            found = sights[at];
    pthread_mutex_unlock(&lock);
    return found;
}

unsigned watch_handled(int id)
{
    pthread_mutex_lock(&lock);
    unsigned times = handled[id];
    pthread_mutex_unlock(&lock);
    return times;
}

unsigned watch_seen_by(const char *who, int id)
{
    char payload[32];
    unsigned times = 0;

    snprintf(payload, sizeof payload, "{\"id\":%d}", id);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < sight_count; i++)
        times += strcmp(sights[i]->who, who) == 0 && strcmp(sights[i]->payload, payload) == 0;
    pthread_mutex_unlock(&lock);
    return times;
}

/* --- Steering ----------------------------------------------------------------------------------------------------- */

void watch_requeue(unsigned count)
{
    pthread_mutex_lock(&lock);
    to_requeue = count;
    pthread_mutex_unlock(&lock);
}

void watch_hold(void)
{
    pthread_mutex_lock(&lock);
    holding = true;
    pthread_mutex_unlock(&lock);
}

void watch_release(void)
{
    pthread_mutex_lock(&lock);
    holding = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

bool watch_await_held(unsigned count, double seconds)
{
    ostler_time deadline = ostler_deadline(seconds);

    pthread_mutex_lock(&lock);
    while (held < count && wait_changed(deadline))
        continue;
    bool reached = held >= count;
    pthread_mutex_unlock(&lock);
    return reached;
}
