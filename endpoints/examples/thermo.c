/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thermometer: the example to copy. It has options, state, reset, and a method that answers later.
 *
 *     cc -shared -fPIC -o thermo.so thermo.c $(pkg-config --cflags --libs ostler)
 *
 *     [server]
 *     topic = house
 *     endpoints = /where/it/is/thermo.so
 *
 *     [endpoint:thermo]
 *     sensor = /sys/class/thermal/thermal_zone0/temp
 *     unit = celsius
 *
 *     ostler call house read
 */
#include <ostler/endpoint.h>
#include <ostler/thread.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WAITING = 64, MAX_PATH = 4096 };

struct settings {
    char sensor[MAX_PATH];
    bool fahrenheit;
};

/* One per server. Reading a sensor may take its time, so one thread does that for everybody: requests wait in a list,
 * not in the executor's threads. */
struct thermo {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct settings settings;
    double offset;
    ostler_request *waiting[MAX_WAITING];
    size_t count;
    bool ending;
    pthread_t reader;
};

static enum ostler_status settings_read(struct settings *settings, const ostler_conf *conf, const char *section,
                                        struct ostler_error *error)
{
    const char *sensor = ostler_conf_string(conf, section, "sensor");
    if (!sensor || strlen(sensor) >= sizeof settings->sensor)
        return ostler_error_set(error, OSTLER_E_CONFIG, "%s: [%s] sensor must be a file's path of at most %d bytes",
                                ostler_conf_origin(conf, section, "sensor"), section, MAX_PATH - 1);
    strcpy(settings->sensor, sensor);
    settings->fahrenheit = strcmp(ostler_conf_string(conf, section, "unit"), "fahrenheit") == 0;
    return OSTLER_OK;
}

/* Millidegrees Celsius as text, as the kernel writes them. Returns 0 or an errno value. */
static int sensor_read(const char *path, double *celsius)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return errno;

    double millidegrees = 0.0;
    int result = fscanf(file, "%lf", &millidegrees) == 1 ? 0 : EINVAL;
    if (result == 0)
        *celsius = millidegrees / 1000.0;
    fclose(file);
    return result;
}

/* NULL without memory. */
static json_object *reading_new(double celsius, bool fahrenheit)
{
    json_object *reading = json_object_new_object();
    if (!reading)
        return NULL;
    json_object_object_add(reading, "value", json_object_new_double(fahrenheit ? celsius * 1.8 + 32.0 : celsius));
    json_object_object_add(reading, "unit", json_object_new_string(fahrenheit ? "fahrenheit" : "celsius"));
    return reading;
}

static void answer(ostler_request *request, json_object *reading)
{
    if (reading)
        (void)ostler_request_return(request, reading);
    else
        (void)ostler_request_fail(request, "builtins", "MemoryError", "out of memory");
}

/* Measures once and answers everybody in @p requests; each is ours alone now. */
static void answer_all(ostler_request **requests, size_t count, const struct settings *settings, double offset)
{
    double celsius = 0.0;
    int problem = sensor_read(settings->sensor, &celsius);

    for (size_t i = 0; i < count; i++) {
        if (problem == 0)
            answer(requests[i], reading_new(celsius + offset, settings->fahrenheit));
        else
            (void)ostler_request_fail(requests[i], "builtins", "OSError", "%s: %s", settings->sensor,
                                      strerror(problem));
    }
}

static void *reader_main(void *arg)
{
    struct thermo *thermo = arg;

    pthread_mutex_lock(&thermo->lock);
    while (!thermo->ending) {
        if (thermo->count == 0) {
            pthread_cond_wait(&thermo->changed, &thermo->lock);
            continue;
        }
        ostler_request *requests[MAX_WAITING];
        size_t count = thermo->count;
        memcpy(requests, thermo->waiting, count * sizeof requests[0]);
        thermo->count = 0;
        struct settings settings = thermo->settings;
        double offset = thermo->offset;
        pthread_mutex_unlock(&thermo->lock);

        answer_all(requests, count, &settings, offset);

        pthread_mutex_lock(&thermo->lock);
    }
    pthread_mutex_unlock(&thermo->lock);
    return NULL;
}

/* Keeps the request: the reader's thread answers it. */
static enum ostler_status read_method(ostler_request *request, void *state)
{
    struct thermo *thermo = state;
    bool room = false;

    pthread_mutex_lock(&thermo->lock);
    if (thermo->count < MAX_WAITING) {
        thermo->waiting[thermo->count++] = ostler_request_keep(request);
        pthread_cond_signal(&thermo->changed);
        room = true;
    }
    pthread_mutex_unlock(&thermo->lock);
    /* Once it is in the list it may be answered already: only touch it if it is not. */
    if (!room)
        return ostler_request_refuse(request, "builtins", "BlockingIOError", "%d readings wait already", MAX_WAITING);
    return OSTLER_OK;
}

static enum ostler_status calibrate(ostler_request *request, void *state)
{
    struct thermo *thermo = state;

    pthread_mutex_lock(&thermo->lock);
    double before = thermo->offset;
    thermo->offset = ostler_request_arg_number(request, "offset", 0.0);
    pthread_mutex_unlock(&thermo->lock);
    return ostler_request_return(request, json_object_new_double(before));
}

static enum ostler_status thermo_open(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                      const char *section, void **state, struct ostler_error *error)
{
    (void)host;
    enum ostler_status status = OSTLER_OK;
    struct thermo *thermo = calloc(1, sizeof *thermo);
    if (!thermo)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");

    pthread_mutex_init(&thermo->lock, NULL);
    pthread_cond_init(&thermo->changed, NULL);
    status = settings_read(&thermo->settings, conf, section, error);
    if (status != OSTLER_OK)
        goto out;
    status = ostler_thread_start(&thermo->reader, "thermo-reader", reader_main, thermo, error);
    if (status != OSTLER_OK)
        goto out;
    *state = thermo;
    return OSTLER_OK;
out:
    pthread_cond_destroy(&thermo->changed);
    pthread_mutex_destroy(&thermo->lock);
    free(thermo);
    return status;
}

/* Takes all of the new options or none; methods run meanwhile. What was calibrated stays. */
static enum ostler_status thermo_reset(void *state, const ostler_conf *conf, const char *section,
                                       struct ostler_error *error)
{
    struct thermo *thermo = state;
    struct settings settings;
    enum ostler_status status = settings_read(&settings, conf, section, error);

    if (status == OSTLER_OK) {
        pthread_mutex_lock(&thermo->lock);
        thermo->settings = settings;
        pthread_mutex_unlock(&thermo->lock);
    }
    return status;
}

/* Every request has been answered, so the list is empty. */
static void thermo_fini(void *state)
{
    struct thermo *thermo = state;

    pthread_mutex_lock(&thermo->lock);
    thermo->ending = true;
    pthread_cond_signal(&thermo->changed);
    pthread_mutex_unlock(&thermo->lock);
    pthread_join(thermo->reader, NULL);
    pthread_cond_destroy(&thermo->changed);
    pthread_mutex_destroy(&thermo->lock);
    free(thermo);
}

static const struct ostler_method methods[] = {
    {"read", read_method, "", OSTLER_METHOD_EXPOSED, "returns the temperature: value and unit"},
    {"calibrate", calibrate, "offset: number", 0, "adds OFFSET degrees Celsius to every reading; returns the last one"},
    {NULL, NULL, NULL, 0, NULL},
};

static const char *const units[] = {"celsius", "fahrenheit", NULL};
static const struct ostler_option options[] = {
    {.name = "sensor",
     .type = OSTLER_OPTION_STRING,
     .default_value = "/sys/class/thermal/thermal_zone0/temp",
     .help = "The file that holds the temperature in thousandths of a degree Celsius."},
    {.name = "unit",
     .type = OSTLER_OPTION_STRING,
     .default_value = "celsius",
     .choices = units,
     .help = "The unit of readings."},
    {.name = NULL},
};

static const struct ostler_endpoint interface = {.version = "1.0", .methods = methods};
static const struct ostler_endpoint *const interfaces[] = {&interface, NULL};
static const struct ostler_endpoint_ops operations = {
    .open = thermo_open, .reset = thermo_reset, .fini = thermo_fini, .rpc = interfaces, .options = options};

OSTLER_MODULE(thermo) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "thermo",
    .version = "1.0",
    .summary = "reads a temperature sensor",
    .ops = &operations,
    .ops_size = sizeof operations,
};
