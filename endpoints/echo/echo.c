/* SPDX-License-Identifier: Apache-2.0 */
/* Says back what it is told, after a while if asked to, or as a failure: for trying a deployment and its callers. */
#include <ostler/endpoint.h>

#include <errno.h>
#include <json-c/json.h>
#include <time.h>

/* A sleeping method holds a thread of the executor; nobody may hold one for ever. */
static const double longest_sleep = 3600.0;
/* What is surely late, in nanoseconds: an answer at the deadline itself could still be in time, and untrue. */
static const ostler_time too_late = 100000000;

static enum ostler_status echo(ostler_request *request, void *state)
{
    (void)state;
    return ostler_request_return(request, json_object_get(ostler_request_arg(request, "arg")));
}

/* Returns at @p until. */
static void sleep_until(ostler_time until)
{
    const struct timespec point = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &point, NULL) == EINTR)
        ;
}

static enum ostler_status sleep_seconds(ostler_request *request, void *state)
{
    (void)state;
    double seconds = ostler_request_arg_number(request, "seconds", -1.0);
    if (!(seconds >= 0.0 && seconds <= longest_sleep))
        return ostler_request_refuse(request, "builtins", "ValueError", "seconds must be between 0 and %.0f",
                                     longest_sleep);

    /* Past the caller's deadline the answer would be for nobody. */
    ostler_time until = ostler_deadline(seconds), deadline = ostler_request_deadline(request);
    sleep_until(until - too_late < deadline ? until : deadline + too_late);
    return ostler_request_return(request, json_object_get(ostler_request_arg(request, "seconds")));
}

static enum ostler_status fail(ostler_request *request, void *state)
{
    (void)state;
    /* What was asked for is expected: refuse rather than fail. */
    return ostler_request_refuse(request, ostler_request_arg_string(request, "module", ""),
                                 ostler_request_arg_string(request, "cls", ""), "%s",
                                 ostler_request_arg_string(request, "message", ""));
}

static const struct ostler_method methods[] = {
    {"echo", echo, "arg: any", OSTLER_METHOD_EXPOSED, "returns ARG"},
    {"sleep", sleep_seconds, "seconds: number", OSTLER_METHOD_EXPOSED, "sleeps for SECONDS and returns SECONDS"},
    {"fail", fail, "module: string, cls: string, message: string", OSTLER_METHOD_EXPOSED,
     "fails with the exception CLS of MODULE and MESSAGE"},
    {NULL, NULL, NULL, 0, NULL},
};

static const struct ostler_endpoint interface = {.version = "1.1", .methods = methods};
static const struct ostler_endpoint *const interfaces[] = {&interface, NULL};
static const struct ostler_endpoint_ops operations = {.rpc = interfaces};

OSTLER_MODULE(echo) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "echo",
    .version = "1.1",
    .summary = "says back what it is told",
    .ops = &operations,
    .ops_size = sizeof operations,
};
