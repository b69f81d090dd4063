/* SPDX-License-Identifier: Apache-2.0 */
#include "contest.h"

#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };
static const double longest_run = 86400.0;

static const char *program = "bench";

_Noreturn void contest_die(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s: ", program);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void contest_ready(void)
{
    puts("ready");
    fflush(stdout);
}

const char *contest_payload(const struct contest_options *options)
{
    char *text = malloc(options->payload + 1);

    if (!text)
        contest_die("no memory for a payload of %zu bytes", options->payload);
    memset(text, 'x', options->payload);
    text[options->payload] = '\0';
    return text;
}

/* --- The command line --------------------------------------------------------------------------------------------- */

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: %s client|server|both --url URL [--kind call|cast|fanout|notify] [--variant NAME] [--in-flight N]\n"
            "    [--threads N] [--clients N] [--servers N] [--number N] [--topics N] [--payload BYTES]\n"
            "    [--calls N | --duration SECONDS] [--warm-up N] [--counter FILE] [--watch server|broker=PID]...\n",
            program);
    exit(EXIT_USAGE);
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= least && value <= most))
        usage();
    return value;
}

static unsigned count(const char *text)
{
    return (unsigned)number(text, 0, 1000000);
}

static enum contest_kind kind_of(const char *text)
{
    static const char *const names[] = {"call", "cast", "fanout", "notify"};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0)
            return (enum contest_kind)i;
    usage();
}

static enum contest_role role_of(const char *text, const struct contestant *contestant)
{
    if (strcmp(text, "client") == 0)
        return CONTEST_CLIENT;
    if (strcmp(text, "server") == 0 && contestant->serve)
        return CONTEST_SERVER;
    if (strcmp(text, "both") == 0 && (contestant->serve || contestant->in_process))
        return CONTEST_BOTH;
    usage();
}

static void take(struct contest_options *options, int option, const char *text)
{
    switch (option) {
    case 'u':
        options->url = text;
        break;
    case 'v':
        options->variant = text;
        break;
    case 'k':
        options->kind = kind_of(text);
        break;
    case 'n':
        options->in_flight = (unsigned)number(text, 1, 1000000);
        break;
    case 't':
        options->threads = (unsigned)number(text, 1, 4096);
        break;
    case 'C':
        options->clients = (unsigned)number(text, 1, 4096);
        break;
    case 's':
        options->servers = (unsigned)number(text, 1, 4096);
        break;
    case 'i':
        options->number = count(text);
        break;
    case 'T':
        options->topics = (unsigned)number(text, 1, 100000);
        break;
    case 'p':
        options->payload = (size_t)number(text, 0, 256e6);
        break;
    case 'c':
        options->calls = (uint64_t)number(text, 1, 1e15);
        break;
    case 'd':
        options->seconds = number(text, 1e-3, longest_run);
        break;
    case 'w':
        options->warm_up = (uint64_t)number(text, 0, 1e9);
        break;
    case 'o':
        options->counter = text;
        break;
    case 'W':
        if (!watch_parse(&options->watch, text))
            usage();
        break;
    default:
        usage();
    }
}

static void parse(int argc, char **argv, const struct contestant *contestant, struct contest_options *options)
{
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},     {"variant", required_argument, NULL, 'v'},
        {"kind", required_argument, NULL, 'k'},    {"in-flight", required_argument, NULL, 'n'},
        {"threads", required_argument, NULL, 't'}, {"clients", required_argument, NULL, 'C'},
        {"servers", required_argument, NULL, 's'}, {"number", required_argument, NULL, 'i'},
        {"topics", required_argument, NULL, 'T'},  {"payload", required_argument, NULL, 'p'},
        {"calls", required_argument, NULL, 'c'},   {"duration", required_argument, NULL, 'd'},
        {"warm-up", required_argument, NULL, 'w'}, {"counter", required_argument, NULL, 'o'},
        {"watch", required_argument, NULL, 'W'},   {NULL, 0, NULL, 0}};
    int option;

    *options = (struct contest_options){.variant = "",
                                        .in_flight = 1,
                                        .threads = 1,
                                        .clients = 1,
                                        .servers = 1,
                                        .topics = 1,
                                        .payload = 300,
                                        .warm_up = UINT64_MAX};
    while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0)
        take(options, option, optarg);
    if (optind != argc - 1)
        usage();
    options->role = role_of(argv[optind], contestant);
    if (!options->url || (options->kind != CONTEST_CALL && !options->counter))
        usage();
    if (options->in_flight > 1 && (!contestant->window || options->threads > 1))
        usage();
    if (options->in_flight > 1 && options->kind != CONTEST_CALL && !contestant->has_window_of_confirms)
        usage();
    if (options->seconds <= 0.0)
        options->seconds = options->calls ? longest_run : 2.0;
    if (options->threads > 1)
        options->in_flight = options->threads;
    if (options->warm_up == UINT64_MAX)
        options->warm_up = options->in_flight > 100 ? options->in_flight : 100;
}

/* --- The client --------------------------------------------------------------------------------------------------- */

struct lane {
    const struct contestant *contestant;
    struct run *run;
    struct tally tally;
    void *state;
    pthread_t thread;
    bool window;
};

static void *run_lane(void *user)
{
    struct lane *lane = user;

    if (lane->window) {
        lane->contestant->window(lane->state, lane->run, &lane->tally);
        return NULL;
    }
    while (run_goes_on(lane->run)) {
        uint64_t began = run_clock();
        bool success = lane->contestant->once(lane->state);
        tally_add(&lane->tally, success, began);
    }
    return NULL;
}

/* Threads wait at their ends, not at their starts: a run takes much longer than to make them. */
static void run_lanes(struct lane *lanes, unsigned lane_count, struct run *run, struct tally *tally)
{
    memset(tally, 0, sizeof *tally);
    for (unsigned i = 0; i < lane_count; i++) {
        lanes[i].run = run;
        memset(&lanes[i].tally, 0, sizeof lanes[i].tally);
        if (lane_count > 1 && pthread_create(&lanes[i].thread, NULL, run_lane, &lanes[i]) != 0)
            contest_die("no thread %u of %u", i + 1, lane_count);
    }
    if (lane_count == 1)
        run_lane(&lanes[0]);
    for (unsigned i = 0; i < lane_count; i++) {
        if (lane_count > 1)
            pthread_join(lanes[i].thread, NULL);
        tally_merge(tally, &lanes[i].tally);
    }
}

static void run_stretch(const struct contest_options *options, struct lane *lanes, struct run *run, struct tally *tally)
{
    run_lanes(lanes, options->threads, run, tally);
    if (run->counter)
        tally->errors += run_await_receivers(run, tally->latencies.count);
}

static struct run make_run(const struct contest_options *options, const struct counter *counter, uint64_t calls,
                           double seconds)
{
    return (struct run){.calls = calls,
                        .end = run_clock() + (uint64_t)(seconds * 1e9),
                        .counter = counter,
                        .counted_before = counter ? counter_sum(counter) : 0,
                        .receivers = options->kind == CONTEST_FANOUT ? options->servers : 1};
}

static void measure(const struct contest_options *options, struct lane *lanes)
{
    struct tally *tally = calloc(1, sizeof *tally);
    struct counter *counter = options->kind == CONTEST_CALL ? NULL : counter_open(options->counter);

    if (!tally || (options->kind != CONTEST_CALL && !counter))
        contest_die("%s: %s", options->counter ? options->counter : "tally", strerror(errno));
    if (options->warm_up > 0) {
        struct run run = make_run(options, counter, options->warm_up, longest_run);
        run_stretch(options, lanes, &run, tally);
    }
    struct report_costs before = report_costs(&options->watch);
    struct run run = make_run(options, counter, options->calls, options->seconds);
    uint64_t began = run_clock();
    run_stretch(options, lanes, &run, tally);
    double seconds = (double)(run_clock() - began) / 1e9;
    struct report_costs after = report_costs(&options->watch);
    report_print(options, tally, seconds, &before, &after);
    counter_close(counter);
    free(tally);
}

static void be_client(const struct contest_options *options, const struct contestant *contestant)
{
    void *shared = contestant->open ? contestant->open(options) : NULL;
    struct lane *lanes = calloc(options->threads, sizeof *lanes);

    if (!lanes)
        contest_die("no memory for %u threads", options->threads);
    for (unsigned i = 0; i < options->threads; i++) {
        lanes[i].contestant = contestant;
        lanes[i].window = options->in_flight > 1 && options->threads == 1;
        lanes[i].state = contestant->lane_open(options, shared, i);
    }
    measure(options, lanes);
    for (unsigned i = 0; i < options->threads; i++)
        contestant->lane_close(lanes[i].state);
    if (contestant->close)
        contestant->close(shared);
    free(lanes);
}

/* A second process serves; returns when it is ready. */
static void fork_server(struct contest_options *options, const struct contestant *contestant)
{
    int ready[2];
    char byte, watched[32];

    if (pipe(ready) != 0)
        contest_die("pipe: %s", strerror(errno));
    pid_t server = fork();
    if (server < 0)
        contest_die("fork: %s", strerror(errno));
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ready[1], STDOUT_FILENO);
        close(ready[0]);
        close(ready[1]);
        contestant->serve(options);
        exit(1);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        contest_die("the server did not start");
    close(ready[0]);
    snprintf(watched, sizeof watched, "server=%d", (int)server);
    watch_parse(&options->watch, watched);
}

int contest_main(int argc, char **argv, const struct contestant *contestant)
{
    struct contest_options options;

    program = contestant->name;
    parse(argc, argv, contestant, &options);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (options.role == CONTEST_SERVER)
        contestant->serve(&options);
    if (options.role == CONTEST_BOTH && !contestant->in_process)
        fork_server(&options, contestant);
    be_client(&options, contestant);
    return fflush(stdout) == 0 ? 0 : 1;
}
