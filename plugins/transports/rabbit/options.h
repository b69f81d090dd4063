/* SPDX-License-Identifier: Apache-2.0 */
/* The options of [oslo_messaging_rabbit], and their values as the driver uses them. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <ostler/conf.h>

extern const struct ostler_option_group rabbit_option_groups[];

/* Texts belong to the configuration. */
struct rabbit_options {
    bool durable_queues;
    bool auto_delete;
    bool quorum_queue;
    bool transient_quorum_queue;
    bool cancel_on_failover;
    bool direct_mandatory;
    int64_t quorum_delivery_limit;
    int64_t quorum_max_memory_length;
    int64_t quorum_max_memory_bytes;
    int64_t transient_queues_ttl; /* seconds; 0: none */
    uint16_t prefetch;            /* 0: unlimited */
    int heartbeat;                /* seconds; 0: off */
    double retry_interval;        /* seconds: first wait, what each round adds, and the longest */
    double retry_backoff;
    double interval_max;
    bool shuffle_hosts; /* anew for each attempt, instead of once for each connection */
    double missing_consumer_timeout;
    const char *compression; /* content type for the header, or NULL */
    const char *login_method;
    bool ssl;
    bool ssl_verify_hostname;
    const char *ssl_version;
    const char *ssl_ca_file;
    const char *ssl_cert_file;
    const char *ssl_key_file;
    size_t max_message_size;
    unsigned publish_window;
};

/* Reads the section. OSTLER_E_CONFIG for values that cannot go together. */
enum ostler_status rabbit_options_read(const ostler_conf *conf, struct rabbit_options *options,
                                       struct ostler_error *error);

#endif
