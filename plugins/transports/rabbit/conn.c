/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"
#include "tls.h"

#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { DEFAULT_PORT = 5672, CHANNEL_MAX = 2047, FRAME_MAX = 131072 };

static struct timeval time_left(ostler_time deadline)
{
    double seconds = ostler_time_left(deadline);

    if (!(seconds < 3600.0))
        seconds = 3600.0;
    struct timeval left = {.tv_sec = (time_t)seconds};
    left.tv_usec = (suseconds_t)((seconds - (double)left.tv_sec) * 1e6);
    return left;
}

const char *conn_text(amqp_bytes_t bytes, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)(bytes.len < size ? bytes.len : size - 1), bytes.len ? (char *)bytes.bytes : "");
    return text;
}

static enum ostler_status closed_by_broker(const amqp_method_t *method, int *code, struct ostler_error *error)
{
    char text[512];

    if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
        const amqp_connection_close_t *close = method->decoded;
        *code = close->reply_code;
        return ostler_error_set(error, OSTLER_E_DELIVERY, "the broker closed the connection: %d %s", close->reply_code,
                                conn_text(close->reply_text, text, sizeof text));
    }
    if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
        const amqp_channel_close_t *close = method->decoded;
        *code = close->reply_code;
        return ostler_error_set(error, OSTLER_E_DELIVERY, "the broker closed the channel: %d %s", close->reply_code,
                                conn_text(close->reply_text, text, sizeof text));
    }
    return ostler_error_set(error, OSTLER_E_DELIVERY, "the broker answered with method 0x%08x", method->id);
}

enum ostler_status conn_reply_error(amqp_rpc_reply_t reply, int *code, struct ostler_error *error)
{
    int ignored;

    if (!code)
        code = &ignored;
    *code = 0;
    switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
        return OSTLER_OK;
    case AMQP_RESPONSE_SERVER_EXCEPTION:
        return closed_by_broker(&reply.reply, code, error);
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
        return ostler_error_set(error, OSTLER_E_DELIVERY, "%s", amqp_error_string2(reply.library_error));
    case AMQP_RESPONSE_NONE:
        break;
    }
    return ostler_error_set(error, OSTLER_E_DELIVERY, "no answer from the broker");
}

/* --- Connecting -------------------------------------------------------------------------------------------------- */

static enum ostler_status make_socket(struct conn *conn, const char *host, const struct rabbit_options *options,
                                      amqp_socket_t **out, struct ostler_error *error)
{
    if (options->ssl)
        return tls_new(conn->state, host, options, out, error);
    *out = amqp_tcp_socket_new(conn->state);
    return *out ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
}

/* Notices a peer that is gone without a word while data is under way. */
static void tune_socket(int fd, int heartbeat)
{
    int on = 1;
    unsigned silence = (unsigned)(heartbeat > 0 ? heartbeat : 60) * 1000;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof silence);
}

static amqp_table_entry_t flag(const char *name)
{
    return (amqp_table_entry_t){.key = amqp_cstring_bytes(name),
                                .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1}};
}

static amqp_table_entry_t text(const char *name, const char *value)
{
    return (amqp_table_entry_t){.key = amqp_cstring_bytes(name),
                                .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(value)}};
}

static const char *or_else(const char *text_, const char *otherwise)
{
    return text_ && text_[0] ? text_ : otherwise;
}

static amqp_rpc_reply_t log_in(struct conn *conn, const struct conn_peer *peer, const struct rabbit_options *options)
{
    amqp_table_entry_t capabilities[] = {flag("authentication_failure_close"), flag("connection.blocked"),
                                         flag("consumer_cancel_notify")};
    amqp_table_entry_t properties[] = {
        text("product", "Ostler"),
        text("connection_name", peer->name),
        {.key = amqp_cstring_bytes("capabilities"),
         .value = {.kind = AMQP_FIELD_KIND_TABLE, .value.table = {.num_entries = 3, .entries = capabilities}}},
    };
    amqp_table_t table = {.num_entries = 3, .entries = properties};
    const char *virtual_host = or_else(peer->virtual_host, "/");
    const char *user = or_else(peer->host ? peer->host->username : NULL, "guest");
    const char *password = or_else(peer->host ? peer->host->password : NULL, "guest");

    if (options->login_method && strcmp(options->login_method, "EXTERNAL") == 0)
        return amqp_login_with_properties(conn->state, virtual_host, CHANNEL_MAX, FRAME_MAX, options->heartbeat, &table,
                                          AMQP_SASL_METHOD_EXTERNAL, user);
    return amqp_login_with_properties(conn->state, virtual_host, CHANNEL_MAX, FRAME_MAX, options->heartbeat, &table,
                                      AMQP_SASL_METHOD_PLAIN, user, password);
}

static enum ostler_status connect_socket(struct conn *conn, amqp_socket_t *socket, const struct conn_peer *peer,
                                         const char *host, int port, ostler_time deadline, struct ostler_error *error)
{
    struct timeval left = time_left(deadline);

    if (!conn->tls) {
        conn->fd = dial_connect(peer->dial, host, port, deadline, error);
        if (conn->fd < 0)
            return OSTLER_E_DELIVERY;
        amqp_tcp_socket_set_sockfd(socket, conn->fd);
        return OSTLER_OK;
    }
    if (tls_connect(socket, host, port, &left, error) != OSTLER_OK)
        return OSTLER_E_DELIVERY;
    conn->fd = amqp_get_sockfd(conn->state);
    if (!dial_watch(peer->dial, conn->fd))
        return ostler_error_set(error, OSTLER_E_DELIVERY, "given up");
    return OSTLER_OK;
}

static enum ostler_status shake_hands(struct conn *conn, const struct conn_peer *peer,
                                      const struct rabbit_options *options, ostler_time deadline,
                                      struct ostler_error *error)
{
    struct timeval left = time_left(deadline);

    tune_socket(conn->fd, options->heartbeat);
    amqp_set_handshake_timeout(conn->state, &left);
    amqp_set_rpc_timeout(conn->state, &left);
    enum ostler_status status = conn_reply_error(log_in(conn, peer, options), NULL, error);
    if (status != OSTLER_OK) {
        ostler_error_prefix(error, "login as %s to virtual host %s",
                            or_else(peer->host ? peer->host->username : NULL, "guest"),
                            or_else(peer->virtual_host, "/"));
        return status;
    }
    /* From here on heartbeats are ours: the library would write them from within a read. */
    conn->heartbeat = amqp_get_heartbeat(conn->state);
    conn->frame_max = (uint32_t)amqp_get_frame_max(conn->state);
    amqp_tune_connection(conn->state, amqp_get_channel_max(conn->state), amqp_get_frame_max(conn->state), 0);
    return conn_open_channel(conn, CONN_CHANNEL, error);
}

enum ostler_status conn_open_channel(struct conn *conn, amqp_channel_t channel, struct ostler_error *error)
{
    enum ostler_status status = conn_use_library(conn, error);

    if (status != OSTLER_OK)
        return status;
    amqp_channel_open(conn->state, channel);
    conn->last_sent = ostler_now();
    return conn_reply_error(amqp_get_rpc_reply(conn->state), NULL, error);
}

enum ostler_status conn_reopen_channel(struct conn *conn, amqp_channel_t channel, struct ostler_error *error)
{
    amqp_channel_close_ok_t close_ok = {0};
    int result = amqp_send_method(conn->state, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);

    if (result != AMQP_STATUS_OK)
        return ostler_error_set(error, OSTLER_E_DELIVERY, "%s", amqp_error_string2(result));
    return conn_open_channel(conn, channel, error);
}

enum ostler_status conn_connect(struct conn *out, const struct conn_peer *peer, const struct rabbit_options *options,
                                ostler_time deadline, struct ostler_error *error)
{
    /* "localhost" is 127.0.0.1 to oslo.messaging's client library, never ::1. */
    const char *named = or_else(peer->host ? peer->host->hostname : NULL, "localhost");
    const char *host = strcmp(named, "localhost") == 0 ? "127.0.0.1" : named;
    int port = peer->host && peer->host->port > 0 ? peer->host->port : DEFAULT_PORT;
    struct conn conn = {.state = amqp_new_connection(), .fd = -1, .tls = options->ssl, .library_reads = true};
    amqp_socket_t *socket = NULL;

    if (!conn.state)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    enum ostler_status status = make_socket(&conn, named, options, &socket, error);
    if (status == OSTLER_OK)
        status = connect_socket(&conn, socket, peer, conn.tls ? named : host, port, deadline, error);
    if (status == OSTLER_OK)
        status = shake_hands(&conn, peer, options, deadline, error);
    if (status == OSTLER_OK) {
        *out = conn;
        return status;
    }
    ostler_error_prefix(error, "%s:%d", named, port);
    dial_done(peer->dial);
    amqp_destroy_connection(conn.state);
    return status;
}

void conn_close(struct conn *conn, bool politely)
{
    if (!conn->state)
        return;
    if (politely) {
        struct timeval brief = {.tv_sec = 1};
        amqp_set_rpc_timeout(conn->state, &brief);
        if (conn_use_library(conn, NULL) == OSTLER_OK)
            amqp_connection_close(conn->state, AMQP_REPLY_SUCCESS);
    }
    amqp_destroy_connection(conn->state);
    input_fini(&conn->input);
    *conn = (struct conn){.fd = -1};
}

/* --- Frames ---------------------------------------------------------------------------------------------------------- */

enum ostler_status conn_use_library(struct conn *conn, struct ostler_error *error)
{
    if (conn->library_reads)
        return OSTLER_OK;
    conn->library_reads = true;
    if (input_give_back(&conn->input, conn->state))
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_DELIVERY, "frames from the broker came out of turn");
}

static int next_of_library(struct conn *conn, amqp_frame_t *frame, struct ostler_error *error)
{
    struct timeval at_once = {0, 0};
    int result = amqp_simple_wait_frame_noblock(conn->state, frame, &at_once);

    if (result == AMQP_STATUS_OK)
        return 1;
    if (result == AMQP_STATUS_TIMEOUT)
        return 0;
    ostler_error_set(error, OSTLER_E_DELIVERY, "%s", amqp_error_string2(result));
    return -1;
}

/* What the library has read on its own account, for a synchronous method, comes first. */
static bool library_is_empty(const struct conn *conn)
{
    return !amqp_frames_enqueued(conn->state) && !amqp_data_in_buffer(conn->state) &&
           amqp_release_buffers_ok(conn->state);
}

int conn_next_frame(struct conn *conn, amqp_frame_t *frame, struct ostler_error *error)
{
    if (conn->library_reads) {
        if (conn->tls || !library_is_empty(conn))
            return next_of_library(conn, frame, error);
        conn->library_reads = false;
    }
    int got = input_next(&conn->input, conn->fd, conn->frame_max, frame);
    if (got < 0 && conn->input.problem)
        ostler_error_set(error, OSTLER_E_DELIVERY, "%s", conn->input.problem);
    else if (got < 0)
        ostler_error_set_errno(error, errno, "cannot read from the broker");
    return got;
}

void conn_begin_reading(struct conn *conn)
{
    input_begin(&conn->input);
}

void conn_release(struct conn *conn)
{
    if (conn->library_reads)
        amqp_maybe_release_buffers(conn->state);
    input_release(&conn->input);
}

ssize_t conn_write(struct conn *conn, const void *bytes, size_t length, struct ostler_error *error)
{
    ssize_t written = send(conn->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (written > 0)
        conn->last_sent = ostler_now();
    if (written >= 0)
        return written;
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    ostler_error_set_errno(error, errno, "cannot write to the broker");
    return -1;
}

double conn_silence(const struct conn *conn)
{
    struct tcp_info info;
    socklen_t size = sizeof info;

    if (getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0.0;
    return (double)info.tcpi_last_data_recv / 1000.0;
}

bool conn_heartbeat(struct conn *conn)
{
    amqp_frame_t frame = {.frame_type = AMQP_FRAME_HEARTBEAT, .channel = 0};

    conn->last_sent = ostler_now();
    return amqp_send_frame(conn->state, &frame) == AMQP_STATUS_OK;
}
