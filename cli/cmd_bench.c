/* SPDX-License-Identifier: Apache-2.0 */
/* ostler bench: what bench.c measures, from the options to the report. */
#include "arguments.h"
#include "bench.h"
#include "interrupt.h"
#include "output.h"
#include "session.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_METHOD  "echo"
#define DEFAULT_SECONDS 5.0

struct report {
    uint64_t calls;
    uint64_t errors;
    double seconds;
    double rate; /* of calls that succeeded */
    double p50_us, p99_us, p999_us, max_us;
    uint64_t in_flight;
    int64_t payload_bytes;
};

static int check_options(const struct options *options)
{
    const char *verb = options->verb->name;

    if (options->threads > 0 && options->in_flight > 0)
        return output_usage(verb, "--threads makes synchronous calls, --in-flight asynchronous ones: choose one");
    if (options->duration >= 0.0 && options->calls > 0)
        return output_usage(verb, "--duration and --calls both say when to end: choose one");
    if (options->duration == 0.0)
        return output_usage(verb, "option --duration: must be more than 0 seconds");
    return 0;
}

/* A text of --payload bytes under its name. */
static enum ostler_status add_payload(struct json_object *arguments, const char *name, size_t size,
                                      struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    struct json_object *text = NULL;
    char *bytes = malloc(size + 1);

    if (json_object_object_get_ex(arguments, name, NULL)) {
        status = ostler_error_set(error, OSTLER_E_INVALID, "argument '%s': given, and named by --payload too", name);
        goto out;
    }
    if (bytes) {
        memset(bytes, 'x', size);
        text = json_object_new_string_len(bytes, (int)size);
    }
    if (!text || json_object_object_add(arguments, name, text) != 0) {
        json_object_put(text);
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
out:
    free(bytes);
    return status;
}

/* The arguments given, the payload, and what the default method needs. */
static enum ostler_status bench_arguments(const struct options *options, struct json_object **arguments,
                                          struct ostler_error *error)
{
    size_t fixed = options->operand_count < 2 ? options->operand_count : 2;
    int64_t payload = options->payload;
    enum ostler_status status =
        arguments_parse(options->operands + fixed, options->operand_count - fixed, arguments, error);

    if (payload < 0 && options->operand_count < 2)
        payload = 0;
    if (status == OSTLER_OK && payload >= 0) {
        status = add_payload(*arguments, options->payload_name, (size_t)payload, error);
        if (status != OSTLER_OK) {
            json_object_put(*arguments);
            *arguments = NULL;
        }
    }
    return status;
}

static void show_progress(void *user, uint64_t ended, double seconds)
{
    uint64_t *before = user;

    fprintf(stderr, "\r%6.0f s %10" PRIu64 " calls %8" PRIu64 " a second ", seconds, ended, ended - *before);
    fflush(stderr);
    *before = ended;
}

static void stop_bench(void *user)
{
    bench_stop(user);
}

/* One run from the plan: the warm-up, or the measured one. */
static enum ostler_status run(const struct bench_plan *plan, bool progress, struct bench_tally *tally, double *seconds,
                              struct ostler_error *error)
{
    struct bench *bench = NULL;
    uint64_t before = 0;
    enum ostler_status status = bench_new(plan, &bench, error);

    if (status != OSTLER_OK)
        return status;
    interrupt_set(stop_bench, bench);
    status = bench_run(bench, progress ? show_progress : NULL, &before, tally, seconds, error);
    interrupt_set(NULL, NULL);
    if (progress)
        fputs("\r\033[K", stderr);
    bench_free(bench);
    return status;
}

static struct report make_report(const struct bench_plan *plan, const struct bench_tally *tally, double seconds,
                                 int64_t payload)
{
    const struct histogram *latencies = &tally->latencies;
    struct report report = {
        .seconds = seconds, .in_flight = plan->in_flight, .payload_bytes = payload > 0 ? payload : 0};

    for (unsigned i = 0; i < BENCH_STATUSES; i++)
        report.errors += tally->errors[i];
    report.calls = latencies->count + report.errors;
    report.rate = seconds > 0.0 ? (double)latencies->count / seconds : 0.0;
    report.p50_us = (double)histogram_percentile(latencies, 0.5) / 1e3;
    report.p99_us = (double)histogram_percentile(latencies, 0.99) / 1e3;
    report.p999_us = (double)histogram_percentile(latencies, 0.999) / 1e3;
    report.max_us = (double)latencies->max / 1e3;
    return report;
}

/* How failures are told apart: by status, the first one in words. */
static void print_errors(const struct bench_tally *tally, const struct report *report)
{
    for (unsigned i = 0; i < BENCH_STATUSES; i++)
        if (tally->errors[i] > 0)
            output_message("%" PRIu64 " of %" PRIu64 " calls failed: %s (%s)", tally->errors[i], report->calls,
                           ostler_status_name((enum ostler_status)i), ostler_status_text((enum ostler_status)i));
    if (report->errors > 0)
        output_message("the first failure: %s", tally->first_message ? tally->first_message : "");
}

static int print_report(const struct report *report, bool json)
{
    if (json)
        printf("{\"calls\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"seconds\":%.6f,\"rate\":%.1f,\"p50_us\":%.3f,"
               "\"p99_us\":%.3f,\"p999_us\":%.3f,\"max_us\":%.3f,\"in_flight\":%" PRIu64 ",\"payload_bytes\":%" PRId64
               "}\n",
               report->calls, report->errors, report->seconds, report->rate, report->p50_us, report->p99_us,
               report->p999_us, report->max_us, report->in_flight, report->payload_bytes);
    else
        printf("calls      %" PRIu64 " in %.2f s, %" PRIu64 " failed\n"
               "rate       %.0f calls per second\n"
               "latency    p50 %.1f µs, p99 %.1f µs, p99.9 %.1f µs, max %.1f µs\n"
               "in flight  %" PRIu64 "\n"
               "payload    %" PRId64 " bytes\n",
               report->calls, report->seconds, report->errors, report->rate, report->p50_us, report->p99_us,
               report->p999_us, report->max_us, report->in_flight, report->payload_bytes);
    return output_flush();
}

/* The worst there is to say: a signal, failed calls, or nothing. */
static int finish(const struct options *options, const struct bench_plan *plan, const struct bench_tally *tally,
                  double seconds)
{
    struct report report = make_report(plan, tally, seconds, options->payload);
    int exit_code = print_report(&report, options->json);

    print_errors(tally, &report);
    if (exit_code != 0)
        return exit_code;
    if (interrupt_exit_code() != 0)
        return interrupt_exit_code();
    return ostler_status_exit_code(tally->first_status);
}

/* Connects, and fills caches on both sides. Where nothing but failures comes of it, they are what there is to report:
 * *useless is set and the tally kept. */
static enum ostler_status warm_up(const struct options *options, const struct bench_plan *measured,
                                  struct bench_tally *tally, double *seconds, bool *useless, struct ostler_error *error)
{
    struct bench_plan plan = *measured;
    enum ostler_status status = OSTLER_OK;

    *useless = false;
    plan.calls = options->warm_up >= 0 ? (uint64_t)options->warm_up : plan.in_flight;
    plan.seconds = 0.0;
    if (plan.calls > 0)
        status = run(&plan, false, tally, seconds, error);
    if (status == OSTLER_OK) {
        *useless = tally->first_status != OSTLER_OK && tally->latencies.count == 0;
        if (!*useless) {
            bench_tally_clear(tally);
            memset(tally, 0, sizeof *tally);
        }
    }
    return status;
}

static int warm_up_and_measure(const struct options *options, const struct bench_plan *plan)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct bench_tally *tally = calloc(1, sizeof *tally);
    bool progress = isatty(STDERR_FILENO) && !options->json;
    double seconds = 0.0;
    enum ostler_status status = OSTLER_OK;
    bool useless = false;
    int exit_code;

    if (!tally)
        status = ostler_error_set(&error, OSTLER_E_NOMEM, "out of memory");
    if (status == OSTLER_OK)
        status = warm_up(options, plan, tally, &seconds, &useless, &error);
    if (status == OSTLER_OK && !useless && interrupt_exit_code() == 0)
        status = run(plan, progress, tally, &seconds, &error);
    if (status == OSTLER_OK)
        exit_code = finish(options, plan, tally, seconds);
    else
        exit_code = output_failure(&error, options->verbose);
    if (tally)
        bench_tally_clear(tally);
    free(tally);
    ostler_error_clear(&error);
    return exit_code;
}

int cmd_bench(const struct options *options)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_target target = session_target(options);
    struct json_object *arguments = NULL;
    struct session session = {.conf = NULL};
    bool synchronous = options->in_flight <= 1;
    struct bench_plan plan = {.context = options->context,
                              .method = options->operand_count > 1 ? options->operands[1] : DEFAULT_METHOD,
                              .calls = options->calls > 0 ? (uint64_t)options->calls : 0,
                              .seconds = options->duration > 0.0 ? options->duration
                                         : options->calls > 0    ? 0.0
                                                                 : DEFAULT_SECONDS};
    int exit_code = check_options(options);

    plan.threads = !synchronous ? 0 : options->threads > 0 ? (unsigned)options->threads : 1;
    plan.in_flight = synchronous ? plan.threads : (unsigned)options->in_flight;
    if (exit_code != 0)
        return exit_code;
    if (bench_arguments(options, &arguments, &error) != OSTLER_OK)
        exit_code = output_usage(options->verb->name, "%s", error.message);
    else if (session_open(&session, options, &target, &error) != OSTLER_OK)
        exit_code = output_failure(&error, options->verbose);
    else {
        plan.client = session.client;
        plan.arguments = arguments;
        exit_code = warm_up_and_measure(options, &plan);
    }
    json_object_put(arguments);
    session_close(&session);
    ostler_error_clear(&error);
    return exit_code;
}
