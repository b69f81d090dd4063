/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct ostler_option options[] = {
    {.name = "matchmaker",
     .type = OSTLER_OPTION_STRING,
     .help = "How servers are found: \"folder\" (socket files in the URL's folder), \"hosts\" (the URL's hosts) or "
             "\"ring\" (the file ringfile). Default: folder for nanomsg:// and nanomsg+ipc://, hosts for "
             "nanomsg+tcp://."},
    {.name = "ringfile",
     .type = OSTLER_OPTION_STRING,
     .help = "Matchmaker ring: a JSON file that maps each topic to a list of \"HOST:PORT\". It is read again when it "
             "changes."},
    {.name = "folder_mode",
     .type = OSTLER_OPTION_STRING,
     .default_value = "0700",
     .help = "Matchmaker folder: the permissions of the folder when it is made here, in octal. Sockets and "
             "registration files follow: 0700 means that only this user connects, 0770 the folder's group too."},
    {.name = "folder_group",
     .type = OSTLER_OPTION_STRING,
     .help = "Matchmaker folder: the group of the folder when it is made here; it takes folder_mode 0770 to matter. "
             "Default: the process's group."},
    {.name = "max_message_size",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "67108864",
     .help = "The largest request or reply in bytes, 4096 to 1073741824. A larger one is refused where it is sent; one "
             "that comes from elsewhere ends its connection. Set it alike everywhere."},
    {.name = "listener_queue_messages",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "10000",
     .help = "How many requests may wait for a server while the process reads for its other servers. One more is "
             "refused, and goes to another server of the topic if there is one."},
    {.name = "listener_queue_bytes",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "67108864",
     .help = "The same bound in bytes."},
    {.name = "reply_queue_bytes",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "67108864",
     .help = "How many bytes of replies are kept for a client that reads slowly. A client with more to come counts as "
             "gone: its replies are dropped, with one line in the log."},
    {.name = "max_sockets",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "128",
     .help = "How many connections a client keeps, 4 to 400; the one longest unused is closed. nanomsg has 512 sockets "
             "per process."},
    {.name = NULL},
};

const struct ostler_option_group settings_groups[] = {
    {.name = DRIVER_NAME, .help = "The brokerless transport over nanomsg.", .options = options},
    {.name = NULL},
};

static enum ostler_status read_size(const ostler_conf *conf, const char *name, int64_t least, int64_t most,
                                    size_t *size, struct ostler_error *error)
{
    int64_t value = ostler_conf_integer(conf, DRIVER_NAME, name, least - 1);

    if (value < least || value > most)
        return ostler_error_set(
            error, OSTLER_E_CONFIG, "%s: [" DRIVER_NAME "] %s is %lld, and must be from %lld to %lld",
            ostler_conf_origin(conf, DRIVER_NAME, name), name, (long long)value, (long long)least, (long long)most);
    *size = (size_t)value;
    return OSTLER_OK;
}

static enum ostler_status read_mode(const ostler_conf *conf, unsigned *socket_mode, struct ostler_error *error)
{
    const char *text = ostler_conf_string(conf, DRIVER_NAME, "folder_mode");
    char *end = NULL;
    unsigned long mode = text ? strtoul(text, &end, 8) : 0700;

    if (text && (end == text || *end || mode > 01777 || (mode & 0700) != 0700))
        return ostler_error_set(error, OSTLER_E_CONFIG,
                                "%s: [" DRIVER_NAME "] folder_mode is \"%s\", and must be octal permissions that leave "
                                "the owner everything, such as 0700 or 0770",
                                ostler_conf_origin(conf, DRIVER_NAME, "folder_mode"), text);
    *socket_mode = (unsigned)mode & 0666;
    return OSTLER_OK;
}

static enum ostler_status read_scheme(const ostler_url *url, bool *tcp, struct ostler_error *error)
{
    const char *scheme = ostler_url_scheme(url);
    const char *plus = strchr(scheme, '+');

    *tcp = plus && strcmp(plus, "+tcp") == 0;
    if (plus && !*tcp && strcmp(plus, "+ipc") != 0)
        return ostler_error_set(
            error, OSTLER_E_URL,
            "the scheme \"%s\" is unknown: use " DRIVER_NAME ", " DRIVER_NAME "+ipc or " DRIVER_NAME "+tcp", scheme);
    return OSTLER_OK;
}

enum ostler_status settings_read(const ostler_conf *conf, const ostler_url *url, struct settings *settings,
                                 struct ostler_error *error)
{
    enum ostler_status status = read_scheme(url, &settings->tcp, error);

    if (status == OSTLER_OK)
        status = read_mode(conf, &settings->socket_mode, error);
    if (status == OSTLER_OK)
        status = read_size(conf, "max_message_size", 4096, INT64_C(1) << 30, &settings->max_message, error);
    if (status == OSTLER_OK)
        status = read_size(conf, "listener_queue_messages", 1, 1000000, &settings->queue_messages, error);
    if (status == OSTLER_OK)
        status = read_size(conf, "listener_queue_bytes", 4096, INT64_C(1) << 36, &settings->queue_bytes, error);
    if (status == OSTLER_OK)
        status = read_size(conf, "reply_queue_bytes", 4096, INT64_C(1) << 36, &settings->reply_queue, error);
    if (status == OSTLER_OK)
        status = read_size(conf, "max_sockets", 4, 400, &settings->max_sockets, error);
    if (status != OSTLER_OK)
        return status;
    settings->matchmaker = ostler_conf_string(conf, DRIVER_NAME, "matchmaker");
    if (!settings->matchmaker || !settings->matchmaker[0])
        settings->matchmaker = settings->tcp ? "hosts" : "folder";
    return OSTLER_OK;
}

int settings_receive_limit(const struct settings *settings)
{
    return (int)settings->max_message + 64 * 1024;
}
