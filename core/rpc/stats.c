/* SPDX-License-Identifier: Apache-2.0 */
#include "stats.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9

static void add(atomic_uint_fast64_t *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static uint64_t get(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* --- Counting --------------------------------------------------------------------------------------------------- */

void stats_begin(struct method_stats *method)
{
    add(&method->begun, 1);
}

static unsigned bucket_of(uint64_t ns)
{
    unsigned bucket = ns ? 63u - (unsigned)__builtin_clzll(ns) : 0;

    return bucket < STATS_BUCKETS ? bucket : STATS_BUCKETS - 1;
}

void stats_end(struct method_stats *method, ostler_time took, bool failed)
{
    uint64_t ns = took > 0 ? (uint64_t)took : 0;
    uint_fast64_t longest = get(&method->longest_ns);

    add(&method->total_ns, ns);
    while (ns > longest && !atomic_compare_exchange_weak_explicit(&method->longest_ns, &longest, ns,
                                                                  memory_order_relaxed, memory_order_relaxed))
        ;
    if (failed)
        add(&method->failed, 1);
    add(&method->buckets[bucket_of(ns)], 1);
}

void stats_spoiled(struct method_stats *method)
{
    add(&method->failed, 1);
}

/* --- The table -------------------------------------------------------------------------------------------------- */

void stats_init(struct stats *stats)
{
    memset(stats, 0, sizeof *stats);
    pthread_mutex_init(&stats->lock, NULL);
}

static void free_method(struct method_stats *method)
{
    free(method->endpoint);
    free(method->namespace_);
    free(method->version);
    free(method->method);
    free(method->key);
    free(method);
}

void stats_fini(struct stats *stats)
{
    struct method_stats *method, *next;

    HASH_ITER (hh, stats->methods, method, next) {
        HASH_DEL(stats->methods, method);
        free_method(method);
    }
    pthread_mutex_destroy(&stats->lock);
}

static struct method_stats *new_method(const char *endpoint, const char *namespace_, const char *version,
                                       const char *name)
{
    struct method_stats *method = calloc(1, sizeof *method);

    if (!method)
        return NULL;
    method->endpoint = strdup(endpoint);
    method->namespace_ = namespace_ ? strdup(namespace_) : NULL;
    method->version = strdup(version);
    method->method = strdup(name);
    if (!method->endpoint || !method->version || !method->method || (namespace_ && !method->namespace_)) {
        free_method(method);
        return NULL;
    }
    return method;
}

struct method_stats *stats_method(struct stats *stats, const char *endpoint, const char *namespace_,
                                  const char *version, const char *name)
{
    struct method_stats *method = NULL;
    char *key = NULL;

    if (asprintf(&key, "%s\n%s%s\n%s\n%s", endpoint, namespace_ ? "=" : "", namespace_ ? namespace_ : "", version,
                 name) < 0)
        return NULL;
    pthread_mutex_lock(&stats->lock);
    HASH_FIND_STR(stats->methods, key, method);
    if (!method) {
        method = new_method(endpoint, namespace_, version, name);
        if (method) {
            method->key = key;
            key = NULL;
            HASH_ADD_KEYPTR(hh, stats->methods, method->key, strlen(method->key), method);
        }
    }
    pthread_mutex_unlock(&stats->lock);
    free(key);
    return method;
}

/* --- The report ------------------------------------------------------------------------------------------------- */

/* A plain copy of some counters, so that sums can be made. */
struct figures {
    uint64_t begun, ended, failed, total_ns, longest_ns, buckets[STATS_BUCKETS];
};

static uint64_t count_ended(const struct method_stats *method)
{
    uint64_t ended = 0;

    for (unsigned i = 0; i < STATS_BUCKETS; i++)
        ended += get(&method->buckets[i]);
    return ended;
}

static void add_figures(struct figures *sum, const struct method_stats *method)
{
    uint64_t longest = get(&method->longest_ns);
    uint64_t ended = count_ended(method);

    sum->ended += ended;
    sum->failed += get(&method->failed);
    sum->total_ns += get(&method->total_ns);
    sum->longest_ns = longest > sum->longest_ns ? longest : sum->longest_ns;
    for (unsigned i = 0; i < STATS_BUCKETS; i++)
        sum->buckets[i] += get(&method->buckets[i]);
    /* Read last, and never less than what has ended: counting goes on meanwhile. */
    uint64_t begun = get(&method->begun);
    sum->begun += begun > ended ? begun : ended;
}

/* The upper end of the bucket that holds the given share of all latencies, in seconds. */
static double percentile(const struct figures *figures, double share)
{
    uint64_t all = 0, seen = 0;

    for (unsigned i = 0; i < STATS_BUCKETS; i++)
        all += figures->buckets[i];
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        seen += figures->buckets[i];
        if (seen > 0 && (double)seen >= share * (double)all) {
            uint64_t ns = UINT64_C(2) << i;
            return (double)(ns < figures->longest_ns ? ns : figures->longest_ns) / NS_PER_S;
        }
    }
    return 0.0;
}

static bool put(struct json_object *object, const char *name, struct json_object *value)
{
    if (value && json_object_object_add(object, name, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static bool put_count(struct json_object *object, const char *name, uint64_t count)
{
    return put(object, name, json_object_new_int64((int64_t)count));
}

static struct json_object *latency_report(const struct figures *figures)
{
    struct json_object *object = json_object_new_object();
    double mean = figures->ended ? (double)figures->total_ns / (double)figures->ended / NS_PER_S : 0.0;

    if (object && put(object, "mean", json_object_new_double(mean)) &&
        put(object, "p50", json_object_new_double(percentile(figures, 0.50))) &&
        put(object, "p99", json_object_new_double(percentile(figures, 0.99))) &&
        put(object, "max", json_object_new_double((double)figures->longest_ns / NS_PER_S)))
        return object;
    json_object_put(object);
    return NULL;
}

static bool put_figures(struct json_object *object, const struct figures *figures)
{
    return put_count(object, "requests", figures->begun) && put_count(object, "failures", figures->failed) &&
           put_count(object, "in_flight", figures->begun - figures->ended) &&
           put(object, "latency", latency_report(figures));
}

static struct json_object *method_report(const struct method_stats *method)
{
    struct figures figures = {0};
    struct json_object *object = json_object_new_object();

    add_figures(&figures, method);
    bool whole = object && put(object, "endpoint", json_object_new_string(method->endpoint));
    if (whole && method->namespace_)
        whole = put(object, "namespace", json_object_new_string(method->namespace_));
    else if (whole)
        whole = json_object_object_add(object, "namespace", NULL) == 0;
    if (whole && put(object, "version", json_object_new_string(method->version)) &&
        put(object, "method", json_object_new_string(method->method)) && put_figures(object, &figures))
        return object;
    json_object_put(object);
    return NULL;
}

static bool append(struct json_object *array, struct json_object *value)
{
    if (value && json_object_array_add(array, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

struct json_object *stats_report(struct stats *stats)
{
    struct figures all = {0};
    struct json_object *methods = json_object_new_array();
    struct json_object *report = json_object_new_object();
    bool whole = methods && report;
    struct method_stats *method, *next;

    pthread_mutex_lock(&stats->lock);
    HASH_ITER (hh, stats->methods, method, next) {
        add_figures(&all, method);
        whole = whole && append(methods, method_report(method));
    }
    pthread_mutex_unlock(&stats->lock);
    add_figures(&all, &stats->unmatched);

    whole = whole && put_figures(report, &all) && put_count(report, "unmatched", count_ended(&stats->unmatched)) &&
            put_count(report, "expired", get(&stats->expired));
    if (whole && put(report, "methods", methods))
        return report;
    if (!whole)
        json_object_put(methods);
    json_object_put(report);
    return NULL;
}
