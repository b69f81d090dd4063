/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint audit behind a listener over the transport fake. */
#include <ostler/listener.h>
#include <ostler/module.h>
#include <ostler/notifier.h>

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 60.0

static char folder[200], path[256], other[256];
static ostler_conf *conf;
static ostler_transport *transport;
static ostler_notifier *notifier;
static ostler_loaded_module *module;
static ostler_listener *listener;

static ostler_conf *conf_of(const char *file)
{
    ostler_conf *made = NULL;
    char text[600];

    snprintf(text, sizeof text, "[endpoint:audit]\npath = %s\n", file);
    cr_assert_eq(OSTLER_PRELOADED_MODULES(NULL), OSTLER_OK);
    cr_assert_eq(ostler_conf_new(&made, NULL), OSTLER_OK);
    ostler_conf_use_environment(made, false);
    cr_assert_eq(ostler_conf_add_text(made, "test", text, NULL), OSTLER_OK);
    return made;
}

static void begin(const char *file)
{
    const char *drivers[] = {"messaging", NULL};
    const struct ostler_target target = {.topic = "notifications"};
    struct ostler_transport_options url = OSTLER_TRANSPORT_OPTIONS_INIT;
    struct ostler_notifier_options sending = OSTLER_NOTIFIER_OPTIONS_INIT;
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    url.url = "fake:";
    sending.drivers = drivers;
    options.allow_requeue = true;
    options.executor = "blocking";
    conf = conf_of(file);
    cr_assert_eq(ostler_module_load(OSTLER_KIND_ENDPOINT, "audit", NULL, &module, NULL), OSTLER_OK);
    cr_assert_eq(ostler_notification_transport_open(conf, &url, &transport, NULL), OSTLER_OK);
    cr_assert_eq(ostler_notifier_new(transport, NULL, &sending, &notifier, NULL), OSTLER_OK);
    const struct ostler_server_endpoint endpoint = {
        .name = "audit", .ops = ostler_module_descriptor(module)->ops, .module = module};
    cr_assert_eq(ostler_listener_new(transport, &target, 1, &endpoint, 1, &options, &listener, NULL), OSTLER_OK);
    cr_assert_eq(ostler_listener_start(listener, NULL), OSTLER_OK);
}

static void end(void)
{
    ostler_listener_free(listener);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    ostler_module_unref(module);
    ostler_conf_unref(conf);
    unlink(path);
    unlink(other);
    rmdir(folder);
}

static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%.150s/audit.XXXXXX", parent ? parent : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/audit.jsonl", folder);
    snprintf(other, sizeof other, "%s/audit.jsonl.1", folder);
}

static void emit(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct json_object *payload = json_object_new_int((int)i);
        cr_assert_eq(ostler_notify_audit(notifier, NULL, "login", payload, NULL), OSTLER_OK);
        json_object_put(payload);
    }
}

/* How many lines there are, each of which must be whole and have a payload from @p first on that no other has: those that
 * were given back come later than others. */
static unsigned lines_in(const char *file, unsigned first)
{
    enum { PAYLOADS = 64 };
    FILE *stream = fopen(file, "r");
    bool seen[PAYLOADS] = {false};
    char line[1024];
    unsigned count = 0;

    while (stream && fgets(line, sizeof line, stream)) {
        struct json_object *value = json_tokener_parse(line), *payload = NULL;
        cr_assert(value && line[strlen(line) - 1] == '\n', "torn: %s", line);
        json_object_object_get_ex(value, "payload", &payload);
        int place = json_object_get_int(payload) - (int)first;
        cr_assert(place >= 0 && place < PAYLOADS && !seen[place], "not once: %s", line);
        seen[place] = true;
        json_object_put(value);
        count++;
    }
    if (stream)
        fclose(stream);
    return count;
}

static void wait_for_size(const char *file, unsigned first, unsigned count)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    ostler_time deadline = ostler_deadline(PATIENCE);
    unsigned newlines = 0;

    while (newlines < count && ostler_now() < deadline) {
        FILE *stream = fopen(file, "r");
        newlines = 0;
        for (int c; stream && (c = fgetc(stream)) != EOF;)
            newlines += c == '\n';
        if (stream)
            fclose(stream);
        nanosleep(&pause, NULL);
    }
    cr_expect_eq(lines_in(file, first), count);
}

Test(audit, writes_lines_and_rotates, .timeout = 120)
{
    make_folder();
    begin(path);
    emit(0, 5);
    wait_for_size(path, 0, 5);
    cr_assert_eq(rename(path, other), 0);
    cr_assert_eq(ostler_listener_reset(listener, conf, NULL, NULL), OSTLER_OK);
    emit(5, 8);
    wait_for_size(path, 5, 3);
    cr_expect_eq(lines_in(other, 0), 5);
    end();
}

Test(audit, a_full_disk_loses_nothing, .timeout = 120)
{
    make_folder();
    begin("/dev/full");
    emit(0, 20);
    ostler_conf *good = conf_of(path);
    cr_assert_eq(ostler_listener_reset(listener, good, NULL, NULL), OSTLER_OK);
    wait_for_size(path, 0, 20);
    ostler_conf_unref(good);
    end();
}

Test(audit, no_line_is_torn, .timeout = 120)
{
    struct rlimit limit;

    make_folder();
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 500; /* some lines and a half */
    begin(path);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    emit(0, 10);
    /* It gives back at least one before there is room. */
    struct json_object *stats = NULL, *failures = NULL;
    ostler_time deadline = ostler_deadline(PATIENCE);
    do {
        const struct timespec pause = {.tv_nsec = 5000000};
        nanosleep(&pause, NULL);
        json_object_put(stats);
        stats = ostler_listener_stats(listener);
        json_object_object_get_ex(stats, "failures", &failures);
    } while (json_object_get_int64(failures) == 0 && ostler_now() < deadline);
    cr_expect_gt(json_object_get_int64(failures), 0);
    json_object_put(stats);
    unsigned count = lines_in(path, 0);
    cr_expect(count > 0 && count < 10);
    limit.rlim_cur = before;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    wait_for_size(path, 0, 10);
    end();
}

Test(audit, a_file_is_needed, .timeout = 120)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    make_folder();
    begin(path);
    ostler_conf *none = conf_of(""), *nowhere = conf_of("/nonexistent/audit.jsonl");
    cr_expect_eq(ostler_listener_reset(listener, none, NULL, &error), OSTLER_E_CONFIG);
    cr_expect(strstr(error.message, "path"));
    ostler_error_clear(&error);
    cr_expect_eq(ostler_listener_reset(listener, nowhere, NULL, &error), OSTLER_E_SYSTEM);
    cr_expect(strstr(error.message, "/nonexistent/audit.jsonl"));
    ostler_error_clear(&error);
    /* The old file is still in force. */
    emit(0, 1);
    wait_for_size(path, 0, 1);
    ostler_conf_unref(none);
    ostler_conf_unref(nowhere);
    end();
}
