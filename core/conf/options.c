/* SPDX-License-Identifier: Apache-2.0 */
/* The core's own options. What this table says is what the sample config, the manual and the reader know. */
#include <ostler/conf.h>

#define EXECUTOR_HELP                                                                                                  \
    "Where requests run: blocking (one at a time, in the thread that takes them) or threading (a pool)."

static const struct ostler_option_alias executor_thread_pool_size_names[] = {{NULL, "rpc_thread_pool_size"}, {0}};
static const struct ostler_option_alias log_file_names[] = {{NULL, "logfile"}, {0}};

static const struct ostler_option default_options[] = {
    {.name = "transport_url",
     .type = OSTLER_OPTION_STRING,
     .help = "The transport for calls, and for notifications where those have none of their own: a driver's name and "
             "what it connects to, such as nanomsg:///run/ostler or rabbit://user:password@host:5672/vhost. Without "
             "it, nanomsg in a folder of this user's.",
     .secret = true},
    {.name = "control_exchange",
     .type = OSTLER_OPTION_STRING,
     .default_value = "openstack",
     .help = "The exchange of targets that name none."},
    {.name = "rpc_response_timeout",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "60",
     .help = "Seconds a call waits for its result if its caller does not say."},
    {.name = "executor", .type = OSTLER_OPTION_STRING, .default_value = "threading", .help = EXECUTOR_HELP},
    {.name = "executor_thread_pool_size",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "64",
     .help = "Threads of the threading executor, for each server.",
     .min = 1,
     .max = 65536,
     .deprecated = executor_thread_pool_size_names},
    {.name = "rpc_ping_enabled",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Whether every server also answers the method oslo_rpc_server_ping, with \"pong\"."},
    {.name = "plugin_path",
     .type = OSTLER_OPTION_STRING,
     .help = "Folders to look for modules in before the installed ones, separated by colons."},
    {.name = "debug",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help = "Whether debugging lines are logged too."},
    {.name = "log_file",
     .type = OSTLER_OPTION_STRING,
     .help = "The file that log lines are added to. Without it they go to standard error or the journal.",
     .deprecated = log_file_names},
    {.name = "graceful_shutdown_timeout",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "60",
     .help = "Seconds that requests in flight have to finish when the host is told to stop; 0 for no limit.",
     .min = 0,
     .max = 31536000},
    {.name = NULL},
};

/* NULL defaults here mean: as in DEFAULT. */
#define EXECUTOR_OPTIONS                                                                                               \
    {.name = "executor", .type = OSTLER_OPTION_STRING, .help = EXECUTOR_HELP " Default: the one in DEFAULT."},         \
    {                                                                                                                  \
        .name = "executor_thread_pool_size", .type = OSTLER_OPTION_INTEGER,                                            \
        .help = "Threads of the threading executor. Default: the number in DEFAULT.", .min = 1, .max = 65536,          \
        .deprecated = executor_thread_pool_size_names                                                                  \
    }

static const struct ostler_option server_options[] = {
    {.name = "topic", .type = OSTLER_OPTION_STRING, .help = "The topic that is served. A server needs one."},
    {.name = "server",
     .type = OSTLER_OPTION_STRING,
     .help = "The name of this server among those of the topic. Default: the host's name."},
    {.name = "exchange",
     .type = OSTLER_OPTION_STRING,
     .help = "The exchange that the topic belongs to. Default: control_exchange."},
    {.name = "endpoints",
     .type = OSTLER_OPTION_LIST,
     .help = "The endpoint modules that serve it: names of installed ones, or paths."},
    {.name = "access_policy",
     .type = OSTLER_OPTION_STRING,
     .default_value = "default",
     .help = "Which methods may be called: default (not those whose names begin with an underscore), legacy (all) or "
             "explicit (only those marked as exposed)."},
    EXECUTOR_OPTIONS,
    {.name = "transport_url",
     .type = OSTLER_OPTION_STRING,
     .help = "The transport of this server. Default: the one in DEFAULT.",
     .secret = true},
    {.name = NULL},
};

static const struct ostler_option listener_options[] = {
    {.name = "topics",
     .type = OSTLER_OPTION_LIST,
     .default_value = "notifications",
     .help = "The topics whose notifications are taken."},
    {.name = "exchange",
     .type = OSTLER_OPTION_STRING,
     .help = "The exchange that the topics belong to. Default: control_exchange."},
    {.name = "endpoints",
     .type = OSTLER_OPTION_LIST,
     .help = "The endpoint modules that take them: names of installed ones, or paths."},
    {.name = "pool",
     .type = OSTLER_OPTION_STRING,
     .help = "Listeners with the same pool share its notifications; each pool gets every one."},
    {.name = "allow_requeue",
     .type = OSTLER_OPTION_BOOL,
     .default_value = "false",
     .help =
         "Whether a notification that an endpoint could not handle goes back to be delivered again; without it, it is "
         "gone."},
    {.name = "batch_size",
     .type = OSTLER_OPTION_INTEGER,
     .help = "How many notifications make a batch, which an endpoint is given at once. Default: 1, or with a "
             "batch_timeout as many as come in that time, at most 65535.",
     .min = 1,
     .max = 65535},
    {.name = "batch_timeout",
     .type = OSTLER_OPTION_FLOAT,
     .help =
         "Seconds after the first notification of a batch when it is handed over as it is. Default: when it is full.",
     .min = 0,
     .max = 31536000},
    EXECUTOR_OPTIONS,
    {.name = "transport_url",
     .type = OSTLER_OPTION_STRING,
     .help = "The transport of this listener. Default: the one in oslo_messaging_notifications, or else in DEFAULT.",
     .secret = true},
    {.name = NULL},
};

static const struct ostler_option_alias notifications_driver_names[] = {{"DEFAULT", "notification_driver"}, {0}};
static const struct ostler_option_alias notifications_url_names[] = {{"DEFAULT", "notification_transport_url"}, {0}};
static const struct ostler_option_alias notifications_topics_names[] = {
    {"rpc_notifier2", "topics"}, {"DEFAULT", "notification_topics"}, {0}};

static const struct ostler_option notifications_options[] = {
    {.name = "driver",
     .type = OSTLER_OPTION_MULTI,
     .help = "What becomes of notifications that are sent: messagingv2, messaging, routing, log, test or noop. May be "
             "repeated.",
     .deprecated = notifications_driver_names},
    {.name = "transport_url",
     .type = OSTLER_OPTION_STRING,
     .help = "The transport for notifications. Default: the one in DEFAULT.",
     .deprecated = notifications_url_names,
     .secret = true},
    {.name = "topics",
     .type = OSTLER_OPTION_LIST,
     .default_value = "notifications",
     .help = "The topics that notifications are sent to.",
     .deprecated = notifications_topics_names},
    {.name = "retry",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "-1",
     .help = "How often to try again to send a notification that could not be delivered: 0 for never, -1 for without "
             "end."},
    {.name = "routing_config",
     .type = OSTLER_OPTION_STRING,
     .default_value = "",
     .help = "The file in which the routing driver finds which notification goes where."},
    {.name = NULL},
};

static const struct ostler_option_group core_groups[] = {
    {"DEFAULT", "What holds for everything that says nothing else.", default_options},
    {"server", "A server: one topic, and the endpoints behind it.", server_options},
    {"server:*", "One of several servers; NAME is any word.", server_options},
    {"listener", "A notification listener: topics, and the endpoints that take what is emitted there.",
     listener_options},
    {"listener:*", "One of several listeners; NAME is any word.", listener_options},
    {"oslo_messaging_notifications", "How notifications are sent.", notifications_options},
    {.name = NULL},
};

const struct ostler_option_group *ostler_conf_core_options(void)
{
    return core_groups;
}
