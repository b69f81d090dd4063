/* SPDX-License-Identifier: Apache-2.0 */
/* One AMQP connection to one host, with one channel: from connecting to closing. No thread, no lock: whoever uses it has
 * it to himself. */
#ifndef CONN_H
#define CONN_H

#include "dial.h"
#include "input.h"
#include "options.h"

#include <ostler/clock.h>
#include <ostler/url.h>

#include <amqp.h>
#include <sys/types.h>

/* All but declarations that may be refused happens on the first. */
enum { CONN_CHANNEL = 1, CONN_ASIDE = 2 };

struct conn {
    amqp_connection_state_t state;
    int fd;
    bool tls;
    uint32_t frame_max;
    int heartbeat; /* seconds as agreed; 0: none. Neither sent nor watched by the library */
    ostler_time last_sent;
    bool library_reads; /* what comes in goes through the library (always with TLS), else through `input` */
    struct input input;
};

/* Where and as whom. */
struct conn_peer {
    const struct ostler_url_host *host; /* NULL: localhost as guest */
    const char *virtual_host;           /* NULL or "": "/" */
    const char *name;                   /* how the broker calls this connection */
    struct dial *dial;                  /* through which it can be given up meanwhile */
};

/* Connects, logs in, opens the channel. Blocks until then or the deadline, or until the dial is cancelled.
 * OSTLER_E_DELIVERY with what failed; the message names the host and port and holds no password. On success the dial
 * still watches the socket: dial_done() comes before conn_close(). */
enum ostler_status conn_connect(struct conn *conn, const struct conn_peer *peer, const struct rabbit_options *options,
                                ostler_time deadline, struct ostler_error *error);

/* Closes it; politely (telling the broker) only if asked to. Fine for one that is not open. */
void conn_close(struct conn *conn, bool politely);

/* Opens a channel; or opens it anew after the broker has closed it, which is first acknowledged. */
enum ostler_status conn_open_channel(struct conn *conn, amqp_channel_t channel, struct ostler_error *error);
enum ostler_status conn_reopen_channel(struct conn *conn, amqp_channel_t channel, struct ostler_error *error);

/* Before the library's synchronous methods, on a connection whose frames have been taken. OSTLER_E_DELIVERY if there are
 * frames that nobody has taken. */
enum ostler_status conn_use_library(struct conn *conn, struct ostler_error *error);

/* There may be frames again. */
void conn_begin_reading(struct conn *conn);

/* Takes the next frame without waiting. 1: there; 0: none yet; -1: the connection is broken, with the reason. The frame
 * lives until conn_release(). */
int conn_next_frame(struct conn *conn, amqp_frame_t *frame, struct ostler_error *error);

/* Gives back the memory of frames. */
void conn_release(struct conn *conn);

/* Writes what fits without waiting. The number of bytes, or -1 with the reason. Plain TCP only. */
ssize_t conn_write(struct conn *conn, const void *bytes, size_t length, struct ostler_error *error);

/* Seconds since anything arrived from the broker, heartbeats included, which the library keeps to itself. */
double conn_silence(const struct conn *conn);

/* Sends a heartbeat frame (TLS: through the library). False if the connection is broken. */
bool conn_heartbeat(struct conn *conn);

/* The reason of an amqp_rpc_reply_t that is no success, e.g. "404 NOT_FOUND - no queue 'x'"; *code gets the AMQP code, 0
 * where there is none. */
enum ostler_status conn_reply_error(amqp_rpc_reply_t reply, int *code, struct ostler_error *error);

/* Bytes of the library as text for messages, cut to the size. */
const char *conn_text(amqp_bytes_t bytes, char *text, size_t size);

#endif
