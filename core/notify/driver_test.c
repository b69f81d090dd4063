/* SPDX-License-Identifier: Apache-2.0 */
/* The notifier driver `test`: keeps notifications in memory, for the tests of programs. */
#include "drivers.h"

#include <ostler/notifier.h>
#include <ostler/version.h>

#include <json-c/json.h>
#include <pthread.h>

/* What is kept at most until somebody takes it. */
#define KEPT_MAX 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the one below, and all that is in it */
static struct json_object *kept;

static struct ostler_notifier_driver {
    char unused;
} the_memory;

static enum ostler_status test_open(const struct ostler_notifier_setup *setup, ostler_notifier_driver **driver,
                                    struct ostler_error *error)
{
    (void)setup;
    (void)error;
    *driver = &the_memory;
    return OSTLER_OK;
}

static bool put_copy(struct json_object *record, const char *name, struct json_object *value)
{
    struct json_object *copy = NULL;

    if (json_object_deep_copy(value, &copy, NULL) == 0 && json_object_object_add(record, name, copy) == 0)
        return true;
    json_object_put(copy);
    return false;
}

/* Shares nothing with the emission: another thread may take it. */
static struct json_object *make_record(const struct ostler_emission *emission)
{
    struct json_object *record = json_object_new_object();
    struct json_object *priority = NULL;
    struct json_object *retry = json_object_new_int(emission->retry);

    json_object_object_get_ex(emission->message, "priority", &priority);
    if (record && retry && put_copy(record, "context", emission->context) &&
        put_copy(record, "message", emission->message) && put_copy(record, "priority", priority) &&
        json_object_object_add(record, "retry", retry) == 0)
        return record;
    json_object_put(retry);
    json_object_put(record);
    return NULL;
}

static enum ostler_status test_notify(ostler_notifier_driver *driver, const struct ostler_emission *emission,
                                      struct ostler_error *error)
{
    struct json_object *record = make_record(emission);
    enum ostler_status status = record ? OSTLER_OK : OSTLER_E_NOMEM;

    (void)driver;
    pthread_mutex_lock(&lock);
    if (!kept)
        kept = json_object_new_array();
    if (status == OSTLER_OK && kept && json_object_array_length(kept) >= KEPT_MAX)
        status = OSTLER_E_BUSY;
    if (status == OSTLER_OK && (!kept || json_object_array_add(kept, record) != 0))
        status = OSTLER_E_NOMEM;
    pthread_mutex_unlock(&lock);
    if (status == OSTLER_OK)
        return status;
    json_object_put(record);
    if (status == OSTLER_E_BUSY)
        return ostler_error_set(error, status, "%d notifications are kept already: take them", KEPT_MAX);
    return ostler_error_set(error, status, "no memory to keep a notification");
}

static void test_close(ostler_notifier_driver *driver)
{
    (void)driver;
}

struct json_object *ostler_notifier_test_take(void)
{
    pthread_mutex_lock(&lock);
    struct json_object *taken = kept;
    kept = NULL;
    pthread_mutex_unlock(&lock);
    return taken ? taken : json_object_new_array();
}

static const struct ostler_notifier_ops operations = {.open = test_open, .notify = test_notify, .close = test_close};

const struct ostler_module notifier_test = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_NOTIFIER,
    .name = "test",
    .version = OSTLER_VERSION,
    .summary = "keeps notifications in memory, for tests",
    .ops = &operations,
    .ops_size = sizeof operations,
};
