/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "secrets.h"

#include <ctype.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <uuid.h>

/* Random bytes are asked for by the thread, for several ids at once: libuuid makes six system calls for each one. A
 * forked process must not go on with its parent's. */
static atomic_uint forks;

static void count_fork(void)
{
    atomic_fetch_add(&forks, 1);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, count_fork);
}

static void draw(uuid_t id)
{
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    static _Thread_local struct {
        unsigned char bytes[256]; /* as many as getrandom() never gives in part */
        size_t left;
        unsigned forks;
    } pool;

    pthread_once(&watched, watch_forks);
    if (pool.left < sizeof(uuid_t) || pool.forks != atomic_load(&forks)) {
        pool.left = 0;
        if (getrandom(pool.bytes, sizeof pool.bytes, 0) != sizeof pool.bytes) {
            uuid_generate_random(id);
            return;
        }
        pool.forks = atomic_load(&forks);
        pool.left = sizeof pool.bytes;
    }
    pool.left -= sizeof(uuid_t);
    memcpy(id, pool.bytes + pool.left, sizeof(uuid_t));
}

void message_id(char text[MESSAGE_ID_SIZE])
{
    uuid_t id;

    draw(id);
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x40); /* version 4, RFC 4122 */
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
    uuid_unparse_lower(id, text);
}

void message_timestamp(int64_t seconds, long microseconds, char text[MESSAGE_TIMESTAMP_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm utc = {0};

    gmtime_r(&when, &utc);
    size_t length = strftime(text, MESSAGE_TIMESTAMP_SIZE, "%Y-%m-%d %H:%M:%S", &utc);
    if (microseconds != 0)
        snprintf(text + length, MESSAGE_TIMESTAMP_SIZE - length, ".%06ld", microseconds);
}

/* Takes @p value; NULL is no memory. */
static bool put(struct json_object *object, const char *name, struct json_object *value)
{
    if (value && json_object_object_add(object, name, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static bool put_text(struct json_object *object, const char *name, const char *text)
{
    if (!text)
        return json_object_object_add(object, name, NULL) == 0;
    return put(object, name, json_object_new_string(text));
}

static bool put_id(struct json_object *object)
{
    char text[MESSAGE_ID_SIZE];

    message_id(text);
    return put_text(object, "message_id", text);
}

static bool put_priority(struct json_object *object, enum ostler_priority priority)
{
    char text[16] = "";
    const char *name = ostler_priority_name(priority);

    for (size_t i = 0; name[i] && i < sizeof text - 1; i++)
        text[i] = (char)toupper((unsigned char)name[i]);
    return put_text(object, "priority", text);
}

static bool put_payload(struct json_object *object, struct json_object *payload)
{
    if (json_object_object_add(object, "payload", json_object_get(payload)) == 0)
        return true;
    json_object_put(payload);
    return false;
}

static bool put_timestamp(struct json_object *object)
{
    char text[MESSAGE_TIMESTAMP_SIZE];
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    message_timestamp(now.tv_sec, now.tv_nsec / 1000, text);
    return put_text(object, "timestamp", text);
}

struct json_object *message_new(const char *publisher_id, const char *event_type, enum ostler_priority priority,
                                struct json_object *payload)
{
    struct json_object *message = json_object_new_object();

    if (message && put_id(message) && put_text(message, "publisher_id", publisher_id) &&
        put_text(message, "event_type", event_type) && put_priority(message, priority) &&
        put_payload(message, payload) && put_timestamp(message))
        return message;
    json_object_put(message);
    return NULL;
}

struct json_object *message_context(struct json_object *context)
{
    struct json_object *kept = json_object_new_object();

    if (!kept || !context)
        return kept;
    json_object_object_foreach(context, name, value)
    {
        if (secrets_is_name(name))
            continue;
        if (json_object_object_add(kept, name, json_object_get(value)) != 0) {
            json_object_put(value);
            json_object_put(kept);
            return NULL;
        }
    }
    return kept;
}
