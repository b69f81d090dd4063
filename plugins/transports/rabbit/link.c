/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"
#include "frames.h"

#include <ostler/log.h>
#include <ostler/thread.h>

#include <amqp_framing.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long one host may take to answer. */
#define CONNECT_SECONDS 5.0
/* What may wait in the outbox before further messages wait outside; one message may go beyond it. */
#define OUTBOX_ENOUGH ((size_t)1 << 20)
#define OUTBOX_LIMIT  ((size_t)3 << 30)
/* How often the keeper, when it comes by, asks the kernel how long nothing has arrived. */
#define SILENCE_TIME (INT64_C(250) * 1000 * 1000)
/* How long frames may lie in the socket: brokers give up a client after 15 seconds. */
#define LOOK_SECONDS 5.0
/* How long the keeper waits for room in the socket before it looks at other things. */
#define FLUSH_SECONDS 1.0
/* How long what is held waits for more: each further message looks. */
#define HOLD_TIME  (INT64_C(500) * 1000)
#define HOLD_BYTES ((size_t)32 << 10)
/* How long if none comes: how often the keeper looks, and how often in vain before it sleeps again. Waking it costs more than
 * its looking, and that costs more than anything else in this program that is done so often. */
#define FORGOTTEN_TIME  (INT64_C(4) * 1000 * 1000)
#define FORGOTTEN_TICKS 12

static bool passed(ostler_time deadline)
{
    return deadline != OSTLER_NEVER && ostler_now() >= deadline;
}

bool link_wait_changed(struct link *link, ostler_time deadline)
{
    if (passed(deadline))
        return false;
    link->waiting++;
    ostler_cond_wait(&link->changed, &link->lock, deadline);
    link->waiting--;
    return true;
}

void link_changed(struct link *link)
{
    if (link->waiting)
        pthread_cond_broadcast(&link->changed);
}

void link_want_keeper(struct link *link)
{
    pthread_cond_signal(&link->wanted);
}

bool link_wait_up(struct link *link, ostler_time deadline)
{
    while (!link->is_up && !link->closing)
        if (!link_wait_changed(link, deadline))
            return false;
    return link->is_up;
}

/* --- Breaking ------------------------------------------------------------------------------------------------------ */

void link_break(struct link *link, const char *reason)
{
    if (!link->is_up)
        return;
    link->is_up = false;
    link->broken = true;
    link->blocked = false;
    snprintf(link->why_down, sizeof link->why_down, "%s", reason);
    /* Threads in poll() on it come back; the keeper closes it when they have. */
    shutdown(link->conn.fd, SHUT_RDWR);
    assembler_reset(&link->assembler);
    link->outbox.length = link->sent = 0;
    link->held = false;
    ostler_log(OSTLER_LOG_WARNING, "rabbit", "connection for %s lost: %s", link->purpose, reason);
    link->handlers->down(link->self, link, reason);
    link_changed(link);
    link_want_keeper(link);
}

static void break_with(struct link *link, struct ostler_error *error)
{
    link_break(link, error->message ? error->message : "unknown reason");
    ostler_error_clear(error);
}

/* --- Reading --------------------------------------------------------------------------------------------------------- */

static void note_blocked(struct link *link, const amqp_connection_blocked_t *blocked)
{
    link->blocked = true;
    conn_text(blocked->reason, link->why_blocked, sizeof link->why_blocked);
    ostler_log(OSTLER_LOG_WARNING, "rabbit", "the broker blocks publishers: %s", link->why_blocked);
}

static bool handle_method(struct link *link, const amqp_method_t *method, struct ostler_error *error)
{
    amqp_connection_close_ok_t close_ok = {0};

    switch (method->id) {
    case AMQP_CONNECTION_BLOCKED_METHOD:
        note_blocked(link, method->decoded);
        return true;
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
        link->blocked = false;
        ostler_log(OSTLER_LOG_INFO, "rabbit", "the broker takes messages again");
        link_changed(link);
        return true;
    case AMQP_CONNECTION_CLOSE_METHOD:
        conn_reply_error((amqp_rpc_reply_t){.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION, .reply = *method}, NULL,
                         error);
        amqp_send_method(link->conn.state, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &close_ok);
        return false;
    default:
        return link->handlers->method(link->self, link, method, error);
    }
}

static bool handle_frame(struct link *link, const amqp_frame_t *frame, struct ostler_error *error)
{
    struct received *message = NULL;

    switch (assemble(&link->assembler, frame, &message)) {
    case ASSEMBLED_PART:
        return true;
    case ASSEMBLED_WHOLE:
        return link->handlers->message(link->self, link, message, error);
    case ASSEMBLED_OTHER:
        return frame->frame_type != AMQP_FRAME_METHOD || handle_method(link, &frame->payload.method, error);
    case ASSEMBLED_BROKEN:
        break;
    }
    ostler_error_set(error, OSTLER_E_DELIVERY, "frames from the broker do not make a message");
    return false;
}

void link_read(struct link *link)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    amqp_frame_t frame;
    int got = 0;

    link->read_at = ostler_now();
    conn_begin_reading(&link->conn);
    while (link->is_up && (got = conn_next_frame(&link->conn, &frame, &error)) > 0) {
        bool good = handle_frame(link, &frame, &error);
        if (link->is_up)
            conn_release(&link->conn);
        if (!good)
            got = -1;
        if (got < 0)
            break;
    }
    if (got < 0)
        break_with(link, &error);
    ostler_error_clear(&error);
}

/* In poll() without the lock; the socket stays open meanwhile. */
static void poll_socket(struct link *link, short events, ostler_time deadline)
{
    struct pollfd wanted = {.fd = link->conn.fd, .events = events};

    link->polling++;
    link_unlock(link);
    poll(&wanted, 1, ostler_time_left_ms(deadline));
    link_lock(link);
    link->polling--;
    if (link->broken && !link->polling)
        link_want_keeper(link);
}

void link_read_wait(struct link *link, ostler_time deadline)
{
    if (!link->is_up || link->reading) {
        link_wait_changed(link, deadline);
        return;
    }
    link->reading = true;
    poll_socket(link, POLLIN, deadline);
    link->reading = false;
    link_read(link);
    link_changed(link);
}

/* --- Writing ------------------------------------------------------------------------------------------------------------ */

bool link_has_room(const struct link *link)
{
    return link->outbox.length - link->sent < OUTBOX_ENOUGH;
}

/* Forgets what was sent, before it makes a buffer grow that is never quite empty. */
static void compact(struct link *link)
{
    if (link->sent < link->outbox.length / 2)
        return;
    link->outbox.length -= link->sent;
    memmove(link->outbox.data, link->outbox.data + link->sent, link->outbox.length);
    link->sent = 0;
}

/* A socket that takes nothing for a while makes it large; it need not stay so. */
static void empty_outbox(struct link *link)
{
    link->outbox.length = link->sent = 0;
    if (link->outbox.capacity > 2 * OUTBOX_ENOUGH)
        wire_text_free(&link->outbox);
}

bool link_put_method(struct link *link, amqp_method_number_t id, void *decoded)
{
    if (!link->conn.tls)
        return frames_put_method(&link->outbox, CONN_CHANNEL, id, decoded);
    link->conn.last_sent = ostler_now();
    return amqp_send_method(link->conn.state, CONN_CHANNEL, id, decoded) == AMQP_STATUS_OK;
}

void link_hold(struct link *link)
{
    ostler_time now = ostler_now();

    if (link->outbox.length >= HOLD_BYTES || (link->held && now >= link->held_since + HOLD_TIME))
        link_send_off(link);
    if (!link->outbox.length || link->held)
        return;
    link->held = true;
    link->held_since = now;
    if (!link->ticks) {
        link->tick_at = now + FORGOTTEN_TIME;
        link_want_keeper(link);
    }
    link->ticks = FORGOTTEN_TICKS;
}

void link_send_off(struct link *link)
{
    link_flush(link);
    if (link->outbox.length)
        link_want_keeper(link);
}

bool link_flush(struct link *link)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    link->held = false;
    while (link->is_up && link->sent < link->outbox.length) {
        ssize_t written =
            conn_write(&link->conn, link->outbox.data + link->sent, link->outbox.length - link->sent, &error);
        if (written < 0) {
            break_with(link, &error);
            return false;
        }
        if (written == 0) {
            compact(link);
            return true;
        }
        link->sent += (size_t)written;
        link->sent_total += (uint64_t)written;
    }
    empty_outbox(link);
    return link->is_up;
}

bool link_flush_wait(struct link *link, ostler_time deadline)
{
    while (link_flush(link) && link->outbox.length) {
        if (passed(deadline))
            return false;
        poll_socket(link, POLLOUT, deadline);
    }
    return link->is_up;
}

/* --- The keeper ----------------------------------------------------------------------------------------------------------- */

static void say_not_connected(struct link *link, const struct ostler_error *error, double wait)
{
    bool again = strcmp(link->why_down, error->message) == 0;

    snprintf(link->why_down, sizeof link->why_down, "%s", error->message);
    ostler_log(again ? OSTLER_LOG_DEBUG : OSTLER_LOG_WARNING, "rabbit", "no connection for %s: %s; trying again%s",
               link->purpose, error->message, wait > 0.0 ? "" : " with the next host");
}

/* A socket that is closed leaves the set by itself. */
static bool watch(struct link *link, struct ostler_error *error)
{
    struct epoll_event event = {.events = EPOLLIN};

    if (link->epoll_fd < 0 || epoll_ctl(link->epoll_fd, EPOLL_CTL_ADD, link->conn.fd, &event) == 0)
        return true;
    ostler_error_set_errno(error, errno, "cannot watch a connection");
    return false;
}

/* Without the lock: nobody else sees the connection before it is up. */
static bool make_connection(struct link *link, const struct ostler_url_host *host, struct conn *conn,
                            struct ostler_error *error)
{
    struct conn_peer peer = {
        .host = host, .virtual_host = ostler_url_virtual_host(link->url), .name = link->name, .dial = &link->dial};

    if (conn_connect(conn, &peer, link->options, ostler_deadline(CONNECT_SECONDS), error) != OSTLER_OK)
        return false;
    bool good = link->handlers->up(link->self, conn, error) == OSTLER_OK;
    dial_done(&link->dial);
    if (!good)
        conn_close(conn, false);
    return good;
}

static bool connect_once(struct link *link, struct ostler_error *error)
{
    const struct ostler_url_host *host = hosts_pick(&link->hosts);
    struct conn conn;

    link_unlock(link);
    bool made = make_connection(link, host, &conn, error);
    link_lock(link);
    if (!made)
        return false;
    link->conn = conn;
    link->epoch++;
    link->appended_total = link->sent_total = 0;
    link->read_at = ostler_now();
    if (watch(link, error))
        return true;
    conn_close(&link->conn, false);
    return false;
}

static void keeper_read(struct link *link)
{
    link_read(link);
    link_changed(link);
    if (link->handlers->wake)
        link->handlers->wake(link->self);
}

static void connect_next(struct link *link)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    if (connect_once(link, &error)) {
        if (link->epoch > 1 || link->why_down[0])
            ostler_log(OSTLER_LOG_INFO, "rabbit", "connected for %s", link->purpose);
        hosts_succeeded(&link->hosts);
        link->why_down[0] = '\0';
        link->is_up = true;
        /* Messages may have come between the answers to what was declared: they are not in the socket any more. */
        keeper_read(link);
    } else if (!link->closing) { /* what was given up has not failed */
        double wait = hosts_failed(&link->hosts);
        link->rounds_failed += wait > 0.0;
        say_not_connected(link, &error, wait);
        link_changed(link);
        ostler_time until = ostler_deadline(wait);
        while (!link->closing && wait > 0.0 && !passed(until))
            ostler_cond_wait(&link->wanted, &link->lock, until);
    }
    ostler_error_clear(&error);
}

static ostler_time earlier(ostler_time a, ostler_time b)
{
    return a < b ? a : b;
}

static ostler_time next_heartbeat(const struct link *link)
{
    return link->conn.heartbeat > 0 ? link->conn.last_sent + (ostler_time)link->conn.heartbeat * 1000000000
                                    : OSTLER_NEVER;
}

static ostler_time next_look(const struct link *link)
{
    return link->read_at + (ostler_time)(LOOK_SECONDS * 1e9);
}

static bool send_heartbeat(struct link *link)
{
    if (link->conn.tls)
        return conn_heartbeat(&link->conn);
    return frames_put_heartbeat(&link->outbox) && link_flush(link);
}

/* Sends what the socket did not take, or what was held and forgotten. */
static void keep_sending(struct link *link)
{
    ostler_time now = ostler_now();

    if (link->ticks && now >= link->tick_at) {
        link->ticks--;
        link->tick_at = now + FORGOTTEN_TIME;
    }
    if (!link->held && link->outbox.length)
        link_flush_wait(link, ostler_deadline(FLUSH_SECONDS));
    else if (link->held && now >= link->held_since + FORGOTTEN_TIME)
        link_flush(link);
}

static bool is_silent(struct link *link)
{
    ostler_time now = ostler_now();

    if (link->conn.heartbeat == 0 || now < link->silence_at)
        return false;
    link->silence_at = now + SILENCE_TIME;
    return conn_silence(&link->conn) > 2.0 * link->conn.heartbeat;
}

/* What keeps a connection alive, and what shows that it is not. */
static void keep_up(struct link *link)
{
    bool look = passed(next_look(link));

    if (is_silent(link)) {
        link_break(link, "the broker has been silent for two heartbeat intervals");
        return;
    }
    keep_sending(link);
    if (link->is_up && passed(next_heartbeat(link)) && !link->outbox.length && !send_heartbeat(link)) {
        link_break(link, "a heartbeat could not be sent");
        return;
    }
    if (look && !link->reading)
        keeper_read(link);
    if (look)
        link->read_at = ostler_now();
    if (link->is_up && link->handlers->chores)
        link->handlers->chores(link->self, link);
}

static void wait_for_chores(struct link *link)
{
    ostler_time due = earlier(next_heartbeat(link), next_look(link));

    if (link->outbox.length && !link->held)
        return;
    if (link->ticks)
        due = earlier(due, link->tick_at);
    if (link->handlers->due)
        due = earlier(due, link->handlers->due(link->self));
    if (!passed(due))
        ostler_cond_wait(&link->wanted, &link->lock, due);
}

static void *keeper_main(void *argument)
{
    struct link *link = argument;

    link_lock(link);
    while (!link->closing) {
        if (link->broken) {
            if (link->polling) {
                ostler_cond_wait(&link->wanted, &link->lock, OSTLER_NEVER);
                continue;
            }
            conn_close(&link->conn, false);
            link->broken = false;
        } else if (!link->is_up) {
            connect_next(link);
        } else {
            wait_for_chores(link);
            if (link->is_up && !link->closing)
                keep_up(link);
        }
    }
    link_unlock(link);
    return NULL;
}

static void fini(struct link *link)
{
    hosts_fini(&link->hosts);
    assembler_reset(&link->assembler);
    wire_text_free(&link->outbox);
    dial_fini(&link->dial);
    pthread_cond_destroy(&link->changed);
    pthread_cond_destroy(&link->wanted);
    pthread_mutex_destroy(&link->lock);
}

enum ostler_status link_start(struct link *link, const struct rabbit_options *options, const ostler_url *url,
                              const struct link_handlers *handlers, void *self, const char *purpose, int epoll_fd,
                              struct ostler_error *error)
{
    *link = (struct link){.options = options,
                          .url = url,
                          .handlers = handlers,
                          .self = self,
                          .purpose = purpose,
                          .epoll_fd = epoll_fd,
                          .conn = {.fd = -1},
                          .assembler = {.limit = options->max_message_size},
                          .outbox = {.limit = OUTBOX_LIMIT}};
    snprintf(link->name, sizeof link->name, "%s:%d:%s", program_invocation_short_name, (int)getpid(), purpose);
    pthread_mutex_init(&link->lock, NULL);
    dial_init(&link->dial);
    ostler_cond_init(&link->changed);
    ostler_cond_init(&link->wanted);
    if (!hosts_init(&link->hosts, url, options)) {
        fini(link);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    enum ostler_status status = ostler_thread_start(&link->keeper, "ostler-rabbit", keeper_main, link, error);
    if (status != OSTLER_OK)
        fini(link);
    return status;
}

void link_stop(struct link *link)
{
    link_lock(link);
    link->closing = true;
    link_want_keeper(link);
    link_changed(link);
    link_unlock(link);
    dial_cancel(&link->dial);
    pthread_join(link->keeper, NULL);
    conn_close(&link->conn, link->is_up);
    fini(link);
}
