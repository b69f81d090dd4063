/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's options, read once when a transport is opened; and what both its halves need to know. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <ostler/conf.h>
#include <ostler/url.h>

/* The name of the driver, of its config section, and in logs. */
#define DRIVER_NAME "nanomsg"

struct settings {
    bool tcp;               /* addresses are HOST:PORT, else sockets in a folder */
    const char *matchmaker; /* its name; of the configuration or static */
    unsigned socket_mode;   /* of socket files */
    size_t max_message;     /* bytes of one message */
    size_t queue_messages;  /* requests a listener holds that another one's thread has read */
    size_t queue_bytes;     /* the same in bytes */
    size_t reply_queue;     /* bytes of replies kept for one slow client */
    size_t max_sockets;     /* connections a client keeps */
};

extern const struct ostler_option_group settings_groups[];

/* OSTLER_E_CONFIG, OSTLER_E_URL. The texts are the configuration's. */
enum ostler_status settings_read(const ostler_conf *conf, const ostler_url *url, struct settings *settings,
                                 struct ostler_error *error);

/* The largest message that is received: a little more than is sent, for whoever sends with the same setting. */
enum { SETTINGS_BATCH = 48 * 1024 }; /* several records in one message: no more bytes than every receiver takes */
int settings_receive_limit(const struct settings *settings);

/* The window of replies that a client has not acknowledged, in weight (see wire_weight()); and the size of the kernel's
 * buffers, which Linux doubles. One and a half windows must fit there: a reply that does not fit is lost. */
enum { SETTINGS_WINDOW = 256 * 1024, SETTINGS_SOCKET_BUFFER = 212992 };

#endif
