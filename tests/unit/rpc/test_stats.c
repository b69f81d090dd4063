/* SPDX-License-Identifier: Apache-2.0 */
#include "stats.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <pthread.h>

static struct stats stats;

static struct json_object *member(struct json_object *object, const char *name)
{
    return json_object_object_get(object, name);
}

static int64_t count(struct json_object *object, const char *name)
{
    return json_object_get_int64(member(object, name));
}

static double latency(struct json_object *object, const char *name)
{
    return json_object_get_double(member(member(object, "latency"), name));
}

Test(stats, the_same_names_have_the_same_counters)
{
    stats_init(&stats);
    struct method_stats *a = stats_method(&stats, "echo", NULL, "1.0", "echo");
    cr_expect_eq(stats_method(&stats, "echo", NULL, "1.0", "echo"), a);
    cr_expect_neq(stats_method(&stats, "echo", "", "1.0", "echo"), a);
    cr_expect_neq(stats_method(&stats, "echo", NULL, "1.1", "echo"), a);
    cr_expect_neq(stats_method(&stats, "other", NULL, "1.0", "echo"), a);
    stats_fini(&stats);
}

Test(stats, are_reported)
{
    stats_init(&stats);
    struct method_stats *echo = stats_method(&stats, "echo", NULL, "1.0", "echo");
    struct method_stats *ping = stats_method(&stats, "control", "control", "2.0", "ping");
    for (int i = 0; i < 99; i++) {
        stats_begin(echo);
        stats_end(echo, 1000, false);
    }
    stats_begin(echo);
    stats_end(echo, 2000000000, true);
    stats_begin(ping);
    stats_begin(&stats.unmatched);
    stats_end(&stats.unmatched, 10, true);
    atomic_fetch_add(&stats.expired, 3);

    struct json_object *report = stats_report(&stats);
    cr_expect_eq(count(report, "requests"), 102);
    cr_expect_eq(count(report, "failures"), 2);
    cr_expect_eq(count(report, "in_flight"), 1);
    cr_expect_eq(count(report, "unmatched"), 1);
    cr_expect_eq(count(report, "expired"), 3);
    cr_expect_float_eq(latency(report, "max"), 2.0, 1e-9);

    struct json_object *methods = member(report, "methods");
    cr_assert_eq(json_object_array_length(methods), 2);
    struct json_object *first = json_object_array_get_idx(methods, 0);
    cr_expect_str_eq(json_object_get_string(member(first, "endpoint")), "echo");
    cr_expect_null(member(first, "namespace"));
    cr_expect_str_eq(json_object_get_string(member(first, "version")), "1.0");
    cr_expect_str_eq(json_object_get_string(member(first, "method")), "echo");
    cr_expect_eq(count(first, "requests"), 100);
    cr_expect_eq(count(first, "failures"), 1);
    cr_expect_float_eq(latency(first, "mean"), (99 * 1e-6 + 2.0) / 100, 1e-9);
    cr_expect_float_eq(latency(first, "p50"), 1.024e-6, 1e-12);
    cr_expect_float_eq(latency(first, "p99"), 1.024e-6, 1e-12);
    struct json_object *second = json_object_array_get_idx(methods, 1);
    cr_expect_str_eq(json_object_get_string(member(second, "namespace")), "control");
    cr_expect_eq(count(second, "in_flight"), 1);
    json_object_put(report);
    stats_fini(&stats);
}

Test(stats, a_report_of_nothing_is_whole)
{
    stats_init(&stats);
    struct json_object *report = stats_report(&stats);
    cr_expect_eq(count(report, "requests"), 0);
    cr_expect_float_eq(latency(report, "mean"), 0.0, 0.0);
    cr_expect_float_eq(latency(report, "p99"), 0.0, 0.0);
    json_object_put(report);
    stats_fini(&stats);
}

Test(stats, any_latency_has_a_bucket)
{
    stats_init(&stats);
    struct method_stats *echo = stats_method(&stats, "echo", NULL, "1.0", "echo");
    stats_begin(echo);
    stats_end(echo, 0, false);
    stats_begin(echo);
    stats_end(echo, -5, false);
    stats_begin(echo);
    stats_end(echo, INT64_MAX, false);
    struct json_object *report = stats_report(&stats);
    cr_expect_eq(count(report, "requests"), 3);
    cr_expect_eq(count(report, "in_flight"), 0);
    json_object_put(report);
    stats_fini(&stats);
}

static void *count_many(void *method)
{
    for (int i = 0; i < 10000; i++) {
        stats_begin(method);
        stats_end(method, i, i % 10 == 0);
    }
    return NULL;
}

Test(stats, threads_lose_no_counts, .timeout = 60)
{
    pthread_t threads[4];

    stats_init(&stats);
    struct method_stats *echo = stats_method(&stats, "echo", NULL, "1.0", "echo");
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count_many, echo);
    json_object_put(stats_report(&stats));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    struct json_object *report = stats_report(&stats);
    cr_expect_eq(count(report, "requests"), 40000);
    cr_expect_eq(count(report, "failures"), 4000);
    cr_expect_float_eq(latency(report, "max"), 9999e-9, 1e-12);
    json_object_put(report);
    stats_fini(&stats);
}
