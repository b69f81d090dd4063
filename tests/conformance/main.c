/* SPDX-License-Identifier: Apache-2.0 */
/* ostler-conformance: puts a transport to every check and prints TAP. */
#include "check.h"
#include "peer.h"

#include <ostler/clock.h>
#include <ostler/module.h>
#include <ostler/version.h>

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USUAL_SECONDS = 120, MAX_CONFIG_FILES = 16, EXIT_SKIPPED = 77, EXIT_USAGE = 2 };

static const struct check *const groups[] = {
    check_calls,     check_values,        check_ends,     check_flow,     check_servers, check_bounds,
    check_processes, check_notifications, check_settling, check_unwaited, NULL};

const char *check_url;
static const char *config_files[MAX_CONFIG_FILES + 1];
const char *const *check_config_files = config_files;

static atomic_bool failed;
static char *skip_reason; /* shared with the parent */
enum { SKIP_REASON_SIZE = 256 };

/* --- What a check says of itself ---------------------------------------------------------------------------------- */

void check_fail(const char *file, int line, const char *what, const char *format, ...)
{
    char text[1024];
    const char *name = strrchr(file, '/');
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* One line each, or TAP readers would take the rest for their own. */
    for (char *at = text; *at; at++)
        if (*at == '\n')
            *at = ' ';
    printf("# %s:%d: not so: %s: %s\n", name ? name + 1 : file, line, what, text);
    fflush(stdout);
    atomic_store(&failed, true);
}

void check_give_up(void)
{
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

void check_skip(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(skip_reason, SKIP_REASON_SIZE, format, arguments);
    va_end(arguments);
    fflush(stdout);
    _exit(EXIT_SKIPPED);
}

bool check_has_failed(void)
{
    return atomic_load(&failed);
}

/* --- Running one -------------------------------------------------------------------------------------------------- */

static void run_as_child(const struct check *check, const sigset_t *mask)
{
    /* Nothing of it outlives the program. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    sigprocmask(SIG_SETMASK, mask, NULL);
    check->run();
    fflush(stdout);
    exit(check_has_failed() ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Waits for the child until the deadline; false if it had to be killed. */
static bool wait_for(pid_t child, int child_fd, unsigned seconds, int *status)
{
    ostler_time deadline = ostler_deadline(seconds);
    bool in_time = true;

    while (waitpid(child, status, WNOHANG) == 0) {
        struct pollfd watched = {.fd = child_fd, .events = POLLIN};
        struct signalfd_siginfo ignored;
        if (poll(&watched, 1, ostler_time_left_ms(deadline)) > 0) {
            ssize_t got = read(child_fd, &ignored, sizeof ignored);
            (void)got;
        } else if (ostler_time_left_ms(deadline) == 0) {
            kill(-child, SIGKILL);
            waitpid(child, status, 0);
            in_time = false;
            break;
        }
    }
    /* Servers and clients that the check started as processes of their own. */
    kill(-child, SIGKILL);
    return in_time;
}

/* Returns whether it passed or was skipped. */
static bool run_check(const struct check *check, unsigned number, const sigset_t *mask, int child_fd)
{
    unsigned seconds = check->seconds ? check->seconds : USUAL_SECONDS;
    int status = 0;

    printf("# %s: %s\n", check->name, check->proves);
    fflush(stdout);
    skip_reason[0] = '\0';
    pid_t child = fork();
    if (child < 0) {
        printf("not ok %u - %s\n# fork: %s\n", number, check->name, strerror(errno));
        return false;
    }
    if (child == 0)
        run_as_child(check, mask);
    setpgid(child, child);
    bool in_time = wait_for(child, child_fd, seconds, &status);

    bool skipped = in_time && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED;
    bool passed = in_time && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
    if (!in_time)
        printf("# did not end within %u seconds\n", seconds);
    else if (WIFSIGNALED(status))
        printf("# killed by signal %d\n", WTERMSIG(status));
    if (skipped)
        printf("ok %u - %s # SKIP %s\n", number, check->name, skip_reason);
    else
        printf("%s %u - %s\n", passed ? "ok" : "not ok", number, check->name);
    fflush(stdout);
    return passed || skipped;
}

/* --- The command line --------------------------------------------------------------------------------------------- */

static bool is_chosen(const struct check *check, const char *pattern)
{
    return !pattern || fnmatch(pattern, check->name, 0) == 0;
}

static unsigned count_chosen(const char *pattern)
{
    unsigned count = 0;

    for (size_t g = 0; groups[g]; g++)
        for (const struct check *check = groups[g]; check->name; check++)
            count += is_chosen(check, pattern);
    return count;
}

static void list_checks(const char *pattern)
{
    for (size_t g = 0; groups[g]; g++)
        for (const struct check *check = groups[g]; check->name; check++)
            if (is_chosen(check, pattern))
                printf("%-34s %s\n", check->name, check->proves);
}

static int run_checks(const char *pattern)
{
    unsigned number = 0, failures = 0;
    sigset_t child_ended, before;

    skip_reason = mmap(NULL, SKIP_REASON_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (skip_reason == MAP_FAILED) {
        perror("mmap");
        return EXIT_FAILURE;
    }
    sigemptyset(&child_ended);
    sigaddset(&child_ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_ended, &before);
    int child_fd = signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_fd < 0) {
        perror("signalfd");
        return EXIT_FAILURE;
    }

    printf("TAP version 13\n1..%u\n", count_chosen(pattern));
    for (size_t g = 0; groups[g]; g++)
        for (const struct check *check = groups[g]; check->name; check++)
            if (is_chosen(check, pattern))
                failures += !run_check(check, ++number, &before, child_fd);
    close(child_fd);
    munmap(skip_reason, SKIP_REASON_SIZE);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void print_usage(FILE *stream)
{
    fprintf(stream, "usage: ostler-conformance URL [--config-file FILE]... [--only PATTERN] [--list]\n"
                    "\n"
                    "Puts the transport that URL names to the checks of the conformance suite, and prints TAP.\n"
                    "\n"
                    "  --config-file FILE  read options from FILE; may be repeated\n"
                    "  --only PATTERN      only checks whose names match the shell pattern\n"
                    "  --list              print the checks and what they prove, and run none\n"
                    "  --version, --help\n");
}

enum {
    OPTION_CONFIG = 1,
    OPTION_ONLY,
    OPTION_LIST,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_SERVE,
    OPTION_CALL,
    OPTION_LISTEN
};

static const struct option long_options[] = {
    {"config-file", required_argument, NULL, OPTION_CONFIG},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"list", no_argument, NULL, OPTION_LIST},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    /* For the suite itself: peers in processes of their own. */
    {"serve", required_argument, NULL, OPTION_SERVE},
    {"call", required_argument, NULL, OPTION_CALL},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    const char *pattern = NULL, *serve = NULL, *call = NULL, *listen = NULL;
    size_t config_count = 0;
    bool list = false;
    struct ostler_error error = OSTLER_ERROR_INIT;
    int option;

    if (OSTLER_PRELOADED_MODULES(&error) != OSTLER_OK) {
        fprintf(stderr, "ostler-conformance: %s\n", error.message);
        return EXIT_FAILURE;
    }
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPTION_CONFIG && config_count < MAX_CONFIG_FILES) {
            config_files[config_count++] = optarg;
        } else if (option == OPTION_ONLY) {
            pattern = optarg;
        } else if (option == OPTION_LIST) {
            list = true;
        } else if (option == OPTION_SERVE) {
            serve = optarg;
        } else if (option == OPTION_CALL) {
            call = optarg;
        } else if (option == OPTION_LISTEN) {
            listen = optarg;
        } else if (option == OPTION_VERSION) {
            printf("ostler-conformance %s\n", ostler_version());
            return EXIT_SUCCESS;
        } else {
            print_usage(option == OPTION_HELP ? stdout : stderr);
            return option == OPTION_HELP ? EXIT_SUCCESS : EXIT_USAGE;
        }
    }
    if (list) {
        list_checks(pattern);
        return EXIT_SUCCESS;
    }
    if (argc - optind != 1) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    check_url = argv[optind];
    if (serve)
        return peer_serve(serve);
    if (call)
        return peer_call(call);
    if (listen)
        return peer_listen(listen);
    if (count_chosen(pattern) == 0) {
        fprintf(stderr, "ostler-conformance: no check is called %s; --list shows them\n", pattern);
        return EXIT_USAGE;
    }
    return run_checks(pattern);
}
