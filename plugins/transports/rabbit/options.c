/* SPDX-License-Identifier: Apache-2.0 */
/* oslo.messaging's options for RabbitMQ, of releases 14 to 18, by their names, types and defaults; and a few of ours, at
 * the end. */
#include "options.h"

#include <string.h>

#define GROUP "oslo_messaging_rabbit"
/* The same name in [DEFAULT] was an accepted place up to release 14. */
#define IN_DEFAULT(name)                                                                                               \
    (const struct ostler_option_alias[])                                                                               \
    {                                                                                                                  \
        {"DEFAULT", name},                                                                                             \
        {                                                                                                              \
            NULL, NULL                                                                                                 \
        }                                                                                                              \
    }
#define FORMERLY(name)                                                                                                 \
    (const struct ostler_option_alias[])                                                                               \
    {                                                                                                                  \
        {NULL, name},                                                                                                  \
        {                                                                                                              \
            NULL, NULL                                                                                                 \
        }                                                                                                              \
    }

static const char *const failover_strategies[] = {"round-robin", "shuffle", NULL};
static const char *const login_methods[] = {"PLAIN", "AMQPLAIN", "EXTERNAL", "RABBIT-CR-DEMO", NULL};

static const struct ostler_option options[] = {
    /* What is declared */
    {.name = "amqp_durable_queues",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Declare the topic exchange and the queues of topics and servers durable."},
    {.name = "amqp_auto_delete",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Declare the topic exchange and the queues of topics and servers auto-delete.",
     .deprecated = IN_DEFAULT("amqp_auto_delete")},
    {.name = "rabbit_quorum_queue",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Declare the queues of topics and servers as quorum queues, replicated over the nodes of a cluster."},
    {.name = "rabbit_transient_quorum_queue",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Declare reply and fanout queues as quorum queues too."},
    {.name = "rabbit_quorum_delivery_limit",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "0",
     .help = "How often a quorum queue delivers one message again before it drops it; 0: the broker's default.",
     .min = 0,
     .max = 1e9},
    {.name = "rabbit_quorum_max_memory_length",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "0",
     .help = "How many messages a quorum queue keeps in memory; 0: no limit.",
     .min = 0,
     .max = 1e12,
     .deprecated = FORMERLY("rabbit_quroum_max_memory_length")},
    {.name = "rabbit_quorum_max_memory_bytes",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "0",
     .help = "How many bytes of messages a quorum queue keeps in memory; 0: no limit.",
     .min = 0,
     .max = 1e15,
     .deprecated = FORMERLY("rabbit_quroum_max_memory_bytes")},
    {.name = "rabbit_transient_queues_ttl",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "1800",
     .help = "Seconds after which the broker deletes a reply or fanout queue that nobody uses; 0: never.",
     .min = 0,
     .max = 4e6},
    {.name = "rabbit_ha_queues",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .no_effect = true,
     .help = "Classic mirrored queues, which brokers have ignored since RabbitMQ 3.0 unless a policy asks for them.",
     .deprecated = IN_DEFAULT("rabbit_ha_queues")},
    {.name = "rabbit_stream_fanout",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .no_effect = true,
     .help = "One stream for all servers of a topic instead of a fanout queue each."},
    {.name = "use_queue_manager",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .no_effect = true,
     .help = "Numbered names for reply and fanout queues, kept in shared memory. Names here are always random."},
    {.name = "hostname", .type = OSTLER_OPTION_STRING, .no_effect = true, .help = "For use_queue_manager."},
    {.name = "processname", .type = OSTLER_OPTION_STRING, .no_effect = true, .help = "For use_queue_manager."},

    /* How it is consumed and published */
    {.name = "rabbit_qos_prefetch_count",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "100",
     .help = "Messages that the broker sends ahead to one listener; 0: no limit. oslo.messaging's default is 0.",
     .min = 0,
     .max = 65535},
    {.name = "enable_cancel_on_failover",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Ask the broker to cancel consumers when a mirrored queue fails over."},
    {.name = "direct_mandatory_flag",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "true",
     .help = "Notice when the reply queue of a caller is gone."},
    {.name = "kombu_missing_consumer_retry_timeout",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "60",
     .help = "Seconds for which a reply is sent again while the caller's queue is missing.",
     .min = 0,
     .max = 86400,
     .deprecated = FORMERLY("kombu_reconnect_timeout")},
    {.name = "kombu_compression",
     .type = OSTLER_OPTION_STRING,
     .help = "Compress what is sent: gzip (zlib's format, as Python's library has it) or bzip2."},

    /* Connections */
    {.name = "rabbit_login_method",
     .type = OSTLER_OPTION_STRING,
     .default_value = "AMQPLAIN",
     .help = "PLAIN or EXTERNAL (a client certificate). The others are taken as PLAIN.",
     .choices = login_methods,
     .deprecated = IN_DEFAULT("rabbit_login_method")},
    {.name = "heartbeat_timeout_threshold",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "60",
     .help = "Seconds between heartbeats; the lower of this and the broker's counts; 0: none.",
     .min = 0,
     .max = 65535},
    {.name = "heartbeat_rate",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "3",
     .no_effect = true,
     .help = "How often oslo.messaging looks whether a heartbeat is due. Here it is never late."},
    {.name = "heartbeat_in_pthread",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .no_effect = true,
     .help = "For Python's green threads."},
    {.name = "kombu_reconnect_delay",
     .type = OSTLER_OPTION_FLOAT,
     .default_value = "1.0",
     .no_effect = true,
     .help = "A further pause before reconnecting. Here rabbit_retry_interval alone decides."},
    {.name = "kombu_reconnect_splay",
     .type = OSTLER_OPTION_FLOAT,
     .default_value = "0.0",
     .no_effect = true,
     .help = "Spread of that pause. Here attempts are always spread."},
    {.name = "kombu_failover_strategy",
     .type = OSTLER_OPTION_STRING,
     .default_value = "round-robin",
     .help = "Order in which the hosts of the URL are tried after the first.",
     .choices = failover_strategies},
    {.name = "rabbit_retry_interval",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "1",
     .help = "Seconds before the second round over the hosts.",
     .min = 0,
     .max = 3600},
    {.name = "rabbit_retry_backoff",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "2",
     .help = "Seconds by which each round waits longer.",
     .min = 0,
     .max = 3600,
     .deprecated = IN_DEFAULT("rabbit_retry_backoff")},
    {.name = "rabbit_interval_max",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "30",
     .help = "The longest wait between rounds, in seconds.",
     .min = 1,
     .max = 86400},
    {.name = "rpc_conn_pool_size",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "30",
     .no_effect = true,
     .help = "Connections for sending. Here all threads share one.",
     .deprecated = IN_DEFAULT("rpc_conn_pool_size")},
    {.name = "conn_pool_min_size",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "2",
     .no_effect = true,
     .help = "See rpc_conn_pool_size."},
    {.name = "conn_pool_ttl",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "1200",
     .no_effect = true,
     .help = "See rpc_conn_pool_size."},

    /* TLS */
    {.name = "ssl",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Connect with TLS. The port stays 5672 unless the URL says otherwise; brokers use 5671.",
     .deprecated = FORMERLY("rabbit_use_ssl")},
    {.name = "ssl_version",
     .type = OSTLER_OPTION_STRING,
     .default_value = "",
     .help = "TLSv1, TLSv1_1, TLSv1_2; empty: TLS 1.2 or newer.",
     .deprecated = FORMERLY("kombu_ssl_version")},
    {.name = "ssl_key_file",
     .type = OSTLER_OPTION_STRING,
     .default_value = "",
     .help = "The client certificate's key, PEM.",
     .deprecated = FORMERLY("kombu_ssl_keyfile")},
    {.name = "ssl_cert_file",
     .type = OSTLER_OPTION_STRING,
     .default_value = "",
     .help = "The client certificate, PEM.",
     .deprecated = FORMERLY("kombu_ssl_certfile")},
    {.name = "ssl_ca_file",
     .type = OSTLER_OPTION_STRING,
     .default_value = "",
     .help = "Certificates that may have signed the broker's, PEM; empty: the system's.",
     .deprecated = FORMERLY("kombu_ssl_ca_certs")},
    {.name = "ssl_enforce_hostname_verification",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "true",
     .help = "Refuse a broker whose certificate is for another host. Release 14 of oslo.messaging has false."},
    {.name = "ssl_enforce_fips_mode",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .no_effect = true,
     .help = "Set the FIPS mode of OpenSSL in its own configuration."},

    /* Ours */
    {.name = "max_message_size",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "67108864",
     .help = "Bytes that one message may have, in either direction.",
     .min = 4096,
     .max = 2147483647},
    {.name = "publish_window",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "1024",
     .help = "Messages that may be under way to the broker without its confirm.",
     .min = 1,
     .max = 65535},
    {.name = NULL},
};

const struct ostler_option_group rabbit_option_groups[] = {
    {.name = GROUP, .help = "RabbitMQ, for transport URLs rabbit://…", .options = options},
    {.name = NULL},
};

static const char *compression_type(const char *name)
{
    if (strcmp(name, "gzip") == 0 || strcmp(name, "zlib") == 0)
        return "application/x-gzip";
    if (strcmp(name, "bzip2") == 0 || strcmp(name, "bzip") == 0)
        return "application/x-bz2";
    return NULL;
}

static enum ostler_status read_compression(const ostler_conf *conf, struct rabbit_options *read,
                                           struct ostler_error *error)
{
    const char *name = ostler_conf_string(conf, GROUP, "kombu_compression");

    if (!name || !name[0])
        return OSTLER_OK;
    read->compression = compression_type(name);
    if (read->compression)
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_CONFIG, "%s: kombu_compression: gzip or bzip2 was expected, not %s",
                            ostler_conf_origin(conf, GROUP, "kombu_compression"), name);
}

enum ostler_status rabbit_options_read(const ostler_conf *conf, struct rabbit_options *out, struct ostler_error *error)
{
    struct rabbit_options read = {
        .durable_queues = ostler_conf_bool(conf, GROUP, "amqp_durable_queues"),
        .auto_delete = ostler_conf_bool(conf, GROUP, "amqp_auto_delete"),
        .quorum_queue = ostler_conf_bool(conf, GROUP, "rabbit_quorum_queue"),
        .transient_quorum_queue = ostler_conf_bool(conf, GROUP, "rabbit_transient_quorum_queue"),
        .cancel_on_failover = ostler_conf_bool(conf, GROUP, "enable_cancel_on_failover"),
        .direct_mandatory = ostler_conf_bool(conf, GROUP, "direct_mandatory_flag"),
        .quorum_delivery_limit = ostler_conf_integer(conf, GROUP, "rabbit_quorum_delivery_limit", 0),
        .quorum_max_memory_length = ostler_conf_integer(conf, GROUP, "rabbit_quorum_max_memory_length", 0),
        .quorum_max_memory_bytes = ostler_conf_integer(conf, GROUP, "rabbit_quorum_max_memory_bytes", 0),
        .transient_queues_ttl = ostler_conf_integer(conf, GROUP, "rabbit_transient_queues_ttl", 1800),
        .prefetch = (uint16_t)ostler_conf_integer(conf, GROUP, "rabbit_qos_prefetch_count", 100),
        .heartbeat = (int)ostler_conf_integer(conf, GROUP, "heartbeat_timeout_threshold", 60),
        .retry_interval = (double)ostler_conf_integer(conf, GROUP, "rabbit_retry_interval", 1),
        .retry_backoff = (double)ostler_conf_integer(conf, GROUP, "rabbit_retry_backoff", 2),
        .interval_max = (double)ostler_conf_integer(conf, GROUP, "rabbit_interval_max", 30),
        .missing_consumer_timeout =
            (double)ostler_conf_integer(conf, GROUP, "kombu_missing_consumer_retry_timeout", 60),
        .login_method = ostler_conf_string(conf, GROUP, "rabbit_login_method"),
        .ssl = ostler_conf_bool(conf, GROUP, "ssl"),
        .ssl_verify_hostname = ostler_conf_bool(conf, GROUP, "ssl_enforce_hostname_verification"),
        .ssl_version = ostler_conf_string(conf, GROUP, "ssl_version"),
        .ssl_ca_file = ostler_conf_string(conf, GROUP, "ssl_ca_file"),
        .ssl_cert_file = ostler_conf_string(conf, GROUP, "ssl_cert_file"),
        .ssl_key_file = ostler_conf_string(conf, GROUP, "ssl_key_file"),
        .max_message_size = (size_t)ostler_conf_integer(conf, GROUP, "max_message_size", 67108864),
        .publish_window = (unsigned)ostler_conf_integer(conf, GROUP, "publish_window", 1024),
    };
    const char *strategy = ostler_conf_string(conf, GROUP, "kombu_failover_strategy");

    read.shuffle_hosts = strategy && strcmp(strategy, "shuffle") == 0;
    enum ostler_status status = read_compression(conf, &read, error);
    if (status != OSTLER_OK)
        return status;
    *out = read;
    return OSTLER_OK;
}
