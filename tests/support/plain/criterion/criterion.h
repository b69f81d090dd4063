/* SPDX-License-Identifier: Apache-2.0 */
/* The part of Criterion that our unit tests use, for builds with sanitizers, in which Criterion itself cannot start
 * (ThreadSanitizer) or leaks (AddressSanitizer): each test runs in a forked child with a time limit, results are printed
 * as TAP. The program needs no main(). */
#ifndef OSTLER_TESTS_PLAIN_CRITERION_H
#define OSTLER_TESTS_PLAIN_CRITERION_H

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* clang-format off */
struct plain_test {
    const char *suite;
    const char *name;
    void (*body)(void);
    void (*init)(void);
    void (*fini)(void);
    double timeout; /* seconds */
    int signal;     /* the test must die of it */
    int exit_code;  /* the test must exit with it */
    int disabled;
    const char *description;
    struct plain_test *next;
};

static struct plain_test *plain_tests;
static volatile int plain_failed;

#define Test(suite_, name_, ...)                                                                                       \
    static void plain_body_##suite_##_##name_(void);                                                                   \
    __attribute__((constructor)) static void plain_register_##suite_##_##name_(void)                                   \
    {                                                                                                                  \
        static struct plain_test test = {                                                                              \
            .suite = #suite_, .name = #name_, .body = plain_body_##suite_##_##name_, __VA_ARGS__};                     \
        struct plain_test **tail = &plain_tests;                                                                       \
        while (*tail)                                                                                                  \
            tail = &(*tail)->next;                                                                                     \
        *tail = &test;                                                                                                 \
    }                                                                                                                  \
    static void plain_body_##suite_##_##name_(void)

#define TestSuite(suite_, ...) struct plain_suite_##suite_

#define PLAIN_REPORT(...)                                                                                              \
    do {                                                                                                               \
        printf("# %s:%d: ", __FILE__, __LINE__);                                                                       \
        printf(" " __VA_ARGS__);                                                                                        \
        putchar('\n');                                                                                                 \
        fflush(stdout);                                                                                                \
    } while (0)
#define PLAIN_CHECK(fatal, condition, text, ...)                                                                       \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("# %s:%d: %s\n", __FILE__, __LINE__, text);                                                         \
            PLAIN_REPORT(__VA_ARGS__);                                                                                 \
            plain_failed = 1;                                                                                          \
            if (fatal)                                                                                                 \
                _exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

#define cr_assert(condition, ...) PLAIN_CHECK(1, condition, #condition, __VA_ARGS__)
#define cr_expect(condition, ...) PLAIN_CHECK(0, condition, #condition, __VA_ARGS__)
#define cr_assert_not(condition, ...) PLAIN_CHECK(1, !(condition), "not " #condition, __VA_ARGS__)
#define cr_expect_not(condition, ...) PLAIN_CHECK(0, !(condition), "not " #condition, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) PLAIN_CHECK(1, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_eq(a, b, ...) PLAIN_CHECK(0, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) PLAIN_CHECK(1, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) PLAIN_CHECK(0, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) PLAIN_CHECK(1, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) PLAIN_CHECK(1, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) PLAIN_CHECK(1, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) PLAIN_CHECK(1, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...) PLAIN_CHECK(0, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) PLAIN_CHECK(0, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...) PLAIN_CHECK(0, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) PLAIN_CHECK(0, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(a, ...) PLAIN_CHECK(1, (a) == NULL, #a " is NULL", __VA_ARGS__)
#define cr_expect_null(a, ...) PLAIN_CHECK(0, (a) == NULL, #a " is NULL", __VA_ARGS__)
#define cr_assert_not_null(a, ...) PLAIN_CHECK(1, (a) != NULL, #a " is not NULL", __VA_ARGS__)
#define cr_expect_not_null(a, ...) PLAIN_CHECK(0, (a) != NULL, #a " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) PLAIN_CHECK(1, strcmp(a, b) == 0, #a " is the text " #b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) PLAIN_CHECK(0, strcmp(a, b) == 0, #a " is the text " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) PLAIN_CHECK(1, strcmp(a, b) != 0, #a " is not the text " #b, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) PLAIN_CHECK(0, strcmp(a, b) != 0, #a " is not the text " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) PLAIN_CHECK(1, memcmp(a, b, n) == 0, #a " holds " #b, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, n, ...) PLAIN_CHECK(0, memcmp(a, b, n) == 0, #a " holds " #b, __VA_ARGS__)
#define cr_assert_float_eq(a, b, e, ...) PLAIN_CHECK(1, fabs((double)(a) - (double)(b)) <= (e), #a " is near " #b, __VA_ARGS__)
#define cr_expect_float_eq(a, b, e, ...) PLAIN_CHECK(0, fabs((double)(a) - (double)(b)) <= (e), #a " is near " #b, __VA_ARGS__)
#define cr_assert_fail(...) PLAIN_CHECK(1, 0, "failed", __VA_ARGS__)
#define cr_fail(...) PLAIN_CHECK(0, 0, "failed", __VA_ARGS__)
#define cr_log_info(...) PLAIN_REPORT(__VA_ARGS__)
#define cr_skip_test(...)                                                                                              \
    do {                                                                                                               \
        PLAIN_REPORT(__VA_ARGS__);                                                                                     \
        _exit(77);                                                                                                     \
    } while (0)

static void plain_child(const struct plain_test *test)
{
    alarm(test->timeout > 0.0 ? (unsigned)ceil(test->timeout) * 5 : 300);
    if (test->init)
        test->init();
    test->body();
    if (test->fini)
        test->fini();
    fflush(NULL);
    exit(plain_failed ? 1 : test->exit_code);
}

static int plain_ended_well(const struct plain_test *test, int status)
{
    if (test->signal)
        return WIFSIGNALED(status) && WTERMSIG(status) == test->signal;
    return WIFEXITED(status) && WEXITSTATUS(status) == test->exit_code;
}

int main(void)
{
    int count = 0, number = 0, failures = 0;

    for (struct plain_test *test = plain_tests; test; test = test->next)
        count++;
    printf("TAP version 13\n1..%d\n", count);
    for (struct plain_test *test = plain_tests; test; test = test->next) {
        number++;
        if (test->disabled) {
            printf("ok %d - %s::%s # SKIP disabled\n", number, test->suite, test->name);
            continue;
        }
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            plain_child(test);
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
            printf("ok %d - %s::%s # SKIP\n", number, test->suite, test->name);
            continue;
        }
        int good = plain_ended_well(test, status);
        failures += !good;
        printf("%s %d - %s::%s\n", good ? "ok" : "not ok", number, test->suite, test->name);
        if (!good)
            printf("# ended with %s %d\n", WIFSIGNALED(status) ? "signal" : "exit code",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return failures != 0;
}

#endif
