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

/* Six digits. */
static void put_digits(char *at, long number)
{
    for (int i = 6; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
}

void message_timestamp(int64_t seconds, long microseconds, char text[MESSAGE_TIMESTAMP_SIZE])
{
    /* Most are of the second of the one before. */
    static _Thread_local struct {
        char text[MESSAGE_TIMESTAMP_SIZE];
        size_t length; /* 0: none yet */
        int64_t seconds;
    } last;

    if (last.length == 0 || last.seconds != seconds) {
        time_t when = (time_t)seconds;
        struct tm utc = {0};
        gmtime_r(&when, &utc);
        last.length = strftime(last.text, sizeof last.text, "%Y-%m-%d %H:%M:%S", &utc);
        last.seconds = seconds;
    }
    memcpy(text, last.text, last.length + 1);
    if (microseconds == 0 || last.length + sizeof ".000000" > MESSAGE_TIMESTAMP_SIZE)
        return;
    text[last.length] = '.';
    put_digits(text + last.length + 1, microseconds);
    text[last.length + sizeof ".000000" - 1] = '\0';
}

/* Adds a member whose name is a literal, and not there yet. Takes @p value; NULL is JSON's null. */
static bool add(struct json_object *object, const char *name, struct json_object *value)
{
    if (json_object_object_add_ex(object, name, value, JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT) ==
        0)
        return true;
    json_object_put(value);
    return false;
}

static bool put_text(struct json_object *object, const char *name, const char *text)
{
    struct json_object *value = text ? json_object_new_string(text) : NULL;

    return (value || !text) && add(object, name, value);
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
        add(message, "payload", json_object_get(payload)) && put_timestamp(message))
        return message;
    json_object_put(message);
    return NULL;
}

bool message_is_public(struct json_object *context)
{
    json_object_object_foreach(context, name, value)
    {
        (void)value;
        if (secrets_is_name(name))
            return false;
    }
    return true;
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
