/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of a server, per method: what ostler_server_stats() reports. Counting takes no lock. */
#ifndef RPC_STATS_H
#define RPC_STATS_H

#include <ostler/clock.h>

#include <pthread.h>
#include <stdatomic.h>
#include <uthash.h>

/* Bucket N holds latencies of 2^N nanoseconds up to twice that; the last one reaches beyond 15 minutes. */
#define STATS_BUCKETS 41

struct method_stats {
    atomic_uint_fast64_t begun;
    atomic_uint_fast64_t failed;
    atomic_uint_fast64_t total_ns;
    atomic_uint_fast64_t longest_ns;
    atomic_uint_fast64_t buckets[STATS_BUCKETS]; /* each that has ended is in one */
    char *endpoint;
    char *namespace_; /* NULL: the null namespace */
    char *version;
    char *method;
    char *key;
    UT_hash_handle hh;
};

struct stats {
    pthread_mutex_t lock; /* of the table, not of the counters */
    struct method_stats *methods;
    struct method_stats unmatched; /* requests for which there was no method */
    atomic_uint_fast64_t expired;  /* requests that came too late to be worth anything */
};

void stats_init(struct stats *stats);
void stats_fini(struct stats *stats);

/* The counters of one method, found by its names or added; they live as long as @p stats, so that they go on when an
 * endpoint is loaded anew. NULL without memory. */
struct method_stats *stats_method(struct stats *stats, const char *endpoint, const char *namespace_,
                                  const char *version, const char *method);

void stats_begin(struct method_stats *method);
void stats_end(struct method_stats *method, ostler_time took, bool failed);
/* A request that counted as a success turned out to be a failure: its answer could not be sent. */
void stats_spoiled(struct method_stats *method);

/* The report; NULL without memory. */
struct json_object *stats_report(struct stats *stats);

#endif
