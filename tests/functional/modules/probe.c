/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint for the tests of ostlerd: it says what happens to it, fails where it is told to, and holds requests. Built
 * as several modules of one name, which differ in PROBE_BUILD. */
#include <ostler/endpoint.h>
#include <ostler/log.h>

#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_HELD = 16, WORD_BYTES = 64 };

struct probe {
    pthread_mutex_t lock;
    char word[WORD_BYTES];
    bool fail_fini;
    ostler_request *held[MAX_HELD];
    size_t count;
};

static enum ostler_status read_word(char *word, const ostler_conf *conf, const char *section,
                                    struct ostler_error *error)
{
    const char *text = ostler_conf_string(conf, section, "word");
    size_t length = strlen(text);

    if (length >= WORD_BYTES)
        return ostler_error_set(error, OSTLER_E_CONFIG, "%s: the word is too long",
                                ostler_conf_origin(conf, section, "word"));
    memcpy(word, text, length + 1);
    return OSTLER_OK;
}

static enum ostler_status probe_open(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                     const char *section, void **state, struct ostler_error *error)
{
    (void)host;
    if (ostler_conf_bool(conf, section, "fail_open"))
        return ostler_error_set(error, OSTLER_E_SYSTEM, "the probe does not open");
    struct probe *probe = calloc(1, sizeof *probe);
    if (!probe)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    enum ostler_status status = read_word(probe->word, conf, section, error);
    if (status != OSTLER_OK) {
        free(probe);
        return status;
    }
    pthread_mutex_init(&probe->lock, NULL);
    probe->fail_fini = ostler_conf_bool(conf, section, "fail_fini");
    ostler_log(OSTLER_LOG_INFO, "probe", "build %s opened", PROBE_BUILD);
    *state = probe;
    return OSTLER_OK;
}

static enum ostler_status probe_reset(void *state, const ostler_conf *conf, const char *section,
                                      struct ostler_error *error)
{
    struct probe *probe = state;
    char word[WORD_BYTES];

    if (ostler_conf_bool(conf, section, "fail_reset"))
        return ostler_error_set(error, OSTLER_E_SYSTEM, "the probe does not reset");
    enum ostler_status status = read_word(word, conf, section, error);
    if (status == OSTLER_OK) {
        pthread_mutex_lock(&probe->lock);
        strcpy(probe->word, word);
        probe->fail_fini = ostler_conf_bool(conf, section, "fail_fini");
        pthread_mutex_unlock(&probe->lock);
    }
    return status;
}

static void probe_fini(void *state)
{
    struct probe *probe = state;

    if (probe->fail_fini)
        ostler_log(OSTLER_LOG_ERROR, "probe", "build %s failed to end well", PROBE_BUILD);
    ostler_log(OSTLER_LOG_INFO, "probe", "build %s ended", PROBE_BUILD);
    pthread_mutex_destroy(&probe->lock);
    free(probe);
}

static enum ostler_status build(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_new_string(PROBE_BUILD));
}

static enum ostler_status word(ostler_request *request, void *state)
{
    struct probe *probe = state;

    pthread_mutex_lock(&probe->lock);
    json_object *value = json_object_new_string(probe->word);
    pthread_mutex_unlock(&probe->lock);
    return ostler_request_return(request, value);
}

/* Stays in this code for a while, and says when it begins. */
static enum ostler_status sleep_here(ostler_request *request, void *state)
{
    (void)state;
    ostler_time until = ostler_deadline(ostler_request_arg_number(request, "seconds", 0.0));
    const struct timespec point = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};

    ostler_log(OSTLER_LOG_INFO, "probe", "build %s sleeps", PROBE_BUILD);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &point, NULL) == EINTR)
        ;
    return ostler_request_return(request, json_object_new_string(PROBE_BUILD));
}

/* Answers when it is released, with the build that took it. */
static enum ostler_status hold(ostler_request *request, void *state)
{
    struct probe *probe = state;
    bool room = false;

    pthread_mutex_lock(&probe->lock);
    if (probe->count < MAX_HELD) {
        probe->held[probe->count++] = ostler_request_keep(request);
        room = true;
    }
    pthread_mutex_unlock(&probe->lock);
    return room ? OSTLER_OK : ostler_request_refuse(request, "builtins", "BlockingIOError", "too many are held");
}

static enum ostler_status held(ostler_request *request, void *state)
{
    struct probe *probe = state;

    pthread_mutex_lock(&probe->lock);
    int64_t count = (int64_t)probe->count;
    pthread_mutex_unlock(&probe->lock);
    return ostler_request_return(request, json_object_new_int64(count));
}

/* Takes what is held, and answers it; the state may be gone with the last answer. */
static enum ostler_status release(ostler_request *request, void *state)
{
    struct probe *probe = state;
    ostler_request *requests[MAX_HELD];

    pthread_mutex_lock(&probe->lock);
    size_t count = probe->count;
    memcpy(requests, probe->held, count * sizeof requests[0]);
    probe->count = 0;
    pthread_mutex_unlock(&probe->lock);
    for (size_t i = 0; i < count; i++)
        (void)ostler_request_return(requests[i], json_object_new_string(PROBE_BUILD));
    return ostler_request_return(request, json_object_new_int64((int64_t)count));
}

static const struct ostler_method methods[] = {
    {"build", build, "", OSTLER_METHOD_EXPOSED, "returns the build"},
    {"word", word, "", OSTLER_METHOD_EXPOSED, "returns the option word"},
    {"sleep_here", sleep_here, "seconds: number", OSTLER_METHOD_EXPOSED, "sleeps; returns the build"},
    {"hold", hold, "", OSTLER_METHOD_EXPOSED, "answers when it is released"},
    {"held", held, "", OSTLER_METHOD_EXPOSED, "returns how many are held"},
    {"release", release, "", 0, "answers all that are held; returns how many"},
    {NULL, NULL, NULL, 0, NULL},
};

static const struct ostler_option options[] = {
    {.name = "word", .type = OSTLER_OPTION_STRING, .default_value = "none", .help = "What word() returns."},
    {.name = "fail_open", .type = OSTLER_OPTION_BOOL, .default_value = "false", .help = "Fail in open()."},
    {.name = "fail_reset", .type = OSTLER_OPTION_BOOL, .default_value = "false", .help = "Fail in reset()."},
    {.name = "fail_fini", .type = OSTLER_OPTION_BOOL, .default_value = "false", .help = "Complain in fini()."},
    {.name = NULL},
};

static const struct ostler_endpoint interface = {.namespace_ = "probe", .version = "1.0", .methods = methods};
static const struct ostler_endpoint *const interfaces[] = {&interface, NULL};
static const struct ostler_endpoint_ops operations = {
    .open = probe_open, .reset = probe_reset, .fini = probe_fini, .rpc = interfaces, .options = options};

OSTLER_MODULE(probe) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "probe",
    .version = PROBE_BUILD,
    .summary = "for tests",
    .ops = &operations,
    .ops_size = sizeof operations,
};
