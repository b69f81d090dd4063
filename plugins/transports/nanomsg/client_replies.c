/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back: replies for the poll, and what nodes have to say. */
#include "client.h"

#include <ostler/json.h>
#include <ostler/log.h>

#include <json-c/json.h>
#include <nanomsg/nn.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    EVENTS = 16,
    TURN = 64,           /* messages taken from one connection at a time */
    STREAK = 16,         /* polls served from one connection before the others are looked at */
    DISCOVERED_MAX = 64, /* nodes asked at a time */
    LOOK_AROUND_MS = 200,
    RETRY_SOON_MS = 2,
    RETRY_MS = 20
};
#define EXPIRE_NS (5 * INT64_C(1000000000))

/* Epoll's tags of what is no connection; serials begin above. */
enum { TAG_WAKE = 0, TAG_TICK = UINT32_MAX };

/* Where replies go: to the poll as long as it has room, else they are owed. */
struct sink {
    struct ostler_reply *replies;
    size_t count, max;
};

/* --- One message; `reading` is held ------------------------------------------------------------------------------- */

static void put(struct client *client, struct sink *sink, const struct ostler_reply *reply)
{
    if (sink->count < sink->max)
        sink->replies[sink->count++] = *reply;
    else
        client_owe(client, reply);
}

static bool take_reply(struct client *client, struct conn *conn, const struct wire_record *record, struct sink *sink)
{
    struct ostler_reply reply = {.kind = record->kind == WIRE_REPLY     ? OSTLER_REPLY_RESULT
                                         : record->kind == WIRE_FAILURE ? OSTLER_REPLY_FAILURE
                                                                        : OSTLER_REPLY_HEARTBEAT};
    struct ostler_error error = OSTLER_ERROR_INIT;
    const char *text;
    size_t length;

    if (!wire_get_reply(record, &reply.call_id, &text, &length))
        return false;
    if (record->kind != WIRE_HEARTBEAT) {
        /* Repeated, late, or nothing that was asked here. */
        if (!conn_settle(conn, reply.call_id))
            return true;
        atomic_fetch_sub(&client->under_way, 1);
        if (client_note_ended(client, reply.call_id, NOTE_TAKEN))
            return true;
        reply.status = ostler_json_read(text, length, "the reply", &reply.value, &error);
        if (reply.status != OSTLER_OK) {
            reply.kind = OSTLER_REPLY_LOST;
            reply.reason = strdup(error.message);
            reply.status = OSTLER_E_DELIVERY;
            ostler_error_clear(&error);
        }
    }
    put(client, sink, &reply);
    return true;
}

static bool take_refused(struct client *client, struct conn *conn, const struct wire_record *record)
{
    struct wire_record refused;
    enum wire_refusal reason;
    uint64_t id;

    if (!wire_get_refused(record, &id, &reason, &refused))
        return false;
    if (id) {
        if (!conn_settle(conn, id))
            return true;
        atomic_fetch_sub(&client->under_way, 1);
    }
    if (!client_note_ended(client, id, reason == WIRE_BUSY ? NOTE_BUSY : NOTE_NOT_SERVED))
        client_bounce(client, id, reason, &refused);
    return true;
}

static bool take_services(struct client *client, struct conn *conn, const struct wire_record *record)
{
    pthread_mutex_lock(&client->lock);
    bool good = conn_set_services(conn, record);
    client->services++;
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);
    return good;
}

static bool take_record(struct client *client, struct conn *conn, const struct wire_record *record, struct sink *sink)
{
    switch (record->kind) {
    case WIRE_REPLY:
    case WIRE_FAILURE:
    case WIRE_HEARTBEAT:
        return take_reply(client, conn, record, sink);
    case WIRE_REFUSED:
        return take_refused(client, conn, record);
    case WIRE_SERVICES:
        return take_services(client, conn, record);
    case WIRE_ACK:
    case WIRE_BYE:
        return true;
    case WIRE_CALL:
    case WIRE_CAST:
    case WIRE_HELLO:
    case WIRE_NOTIFY:
        return false;
    }
    return false;
}

/* Returns false when the connection is of no use any more. */
static bool take_message(struct client *client, struct conn *conn, const void *chunk, size_t size, struct sink *sink)
{
    struct wire_header header;
    struct wire_reader records;
    struct wire_record record = {.kind = 0};
    bool good = wire_open(chunk, size, &header, &records), bye = false;

    if (good)
        conn_received(conn, size, &header);
    while (good && (good = wire_next(&records, &record)) && record.kind) {
        good = take_record(client, conn, &record, sink);
        bye |= record.kind == WIRE_BYE;
    }
    if (!good)
        ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME, "%s sends what is no answer of this protocol: disconnected",
                   conn->address);
    return good && !bye;
}

/* Takes what has come on one connection. Returns false if that is over. */
static bool drain_conn(struct client *client, struct conn *conn, struct sink *sink, int messages)
{
    bool useful = true;

    while (useful && messages-- > 0) {
        void *chunk;
        int size = nn_recv(conn->socket, &chunk, NN_MSG, NN_DONTWAIT);
        if (size < 0)
            break;
        atomic_fetch_add_explicit(&client->received, 1, memory_order_relaxed);
        useful = take_message(client, conn, chunk, (size_t)size, sink);
        nn_freemsg(chunk);
    }
    if (!useful)
        client_conn_lost(client, conn);
    return useful;
}

/* --- Asking nodes what they serve --------------------------------------------------------------------------------- */

/* Greets the nodes that have not said what they serve, as far as they can be; `wait` gets what to wait for until they
 * have. */
static nfds_t ask(struct client *client, struct pollfd *wait)
{
    nfds_t waiting = 0;
    size_t count;
    struct conn **conns = client_conns(client, &count);

    for (size_t i = 0; i < count && waiting < DISCOVERED_MAX; i++) {
        struct conn *conn = conns[i];
        pthread_mutex_lock(&client->lock);
        bool known = conn->services_known, greeted = conn->greeted;
        pthread_mutex_unlock(&client->lock);
        if (known)
            continue;
        if (!greeted) {
            enum conn_result result = conn_say(conn, WIRE_HELLO, 0);
            if (result == CONN_GONE || result == CONN_LOST) {
                client_conn_lost(client, conn);
                continue;
            }
            greeted = result == CONN_SENT;
            pthread_mutex_lock(&client->lock);
            conn->greeted = conn->greeted || greeted;
            conn->asked = ostler_now();
            pthread_mutex_unlock(&client->lock);
        }
        wait[waiting++] = (struct pollfd){.fd = greeted ? conn->readable : conn->writable, .events = POLLIN};
    }
    client_conns_unref(conns, count);
    return waiting;
}

/* --- The tick: what must be done without a message to cause it ---------------------------------------------------- */

static void set_tick(struct client *client, long milliseconds)
{
    struct itimerspec when = {.it_value = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000}};

    when.it_interval = when.it_value;
    timerfd_settime(client->tick, 0, &when, NULL);
    client->tick_ms = milliseconds;
}

void client_tick_within(struct client *client, long milliseconds)
{
    long ticking = atomic_load(&client->tick_ms);

    if (ticking > 0 && ticking <= milliseconds)
        return;
    pthread_mutex_lock(&client->tick_lock);
    ticking = atomic_load(&client->tick_ms);
    if (ticking == 0 || ticking > milliseconds)
        set_tick(client, milliseconds);
    pthread_mutex_unlock(&client->tick_lock);
}

static long wanted_tick(struct client *client)
{
    long wanted = atomic_load(&client->under_way) > 0 ? LOOK_AROUND_MS : 0;
    long notes = client_notes_due_ms(client);

    if (client->bounced)
        wanted = ostler_now() - client->bounced->prev->since < 100 * INT64_C(1000000) ? RETRY_SOON_MS : RETRY_MS;
    return notes > 0 && (wanted == 0 || notes < wanted) ? notes : wanted;
}

/* Ticks on as often as there is reason to, or not at all. */
static void adjust_tick(struct client *client)
{
    long wanted = wanted_tick(client);

    pthread_mutex_lock(&client->tick_lock);
    if (wanted == 0) {
        set_tick(client, 0);
        /* A sender that found it ticking counted its message before: look once more. */
        wanted = wanted_tick(client);
    }
    if (client->tick_ms != wanted)
        set_tick(client, wanted);
    pthread_mutex_unlock(&client->tick_lock);
}

static void set_hot(struct client *client, struct conn *conn)
{
    if (client->hot == conn)
        return;
    if (client->hot)
        conn_unref(client->hot);
    client->hot = conn;
    if (conn)
        conn->references++;
}

static void look_around(struct client *client)
{
    ostler_time now = ostler_now();
    bool expire = now - client->expired_at >= EXPIRE_NS;
    struct pollfd wait[DISCOVERED_MAX];
    size_t count;
    struct conn **conns = client_conns(client, &count);

    for (size_t i = 0; i < count; i++) {
        if (conn_broken(conns[i])) {
            client_conn_lost(client, conns[i]);
            continue;
        }
        conn_acknowledge(conns[i]);
        if (expire)
            atomic_fetch_sub(&client->under_way, conn_expire(conns[i], now));
    }
    if (expire)
        client->expired_at = now;
    client_conns_unref(conns, count);
    if (client->hot && conn_broken(client->hot))
        set_hot(client, NULL);
    if (client->bounced && client->settings->tcp)
        ask(client, wait);
    client_bounced_retry(client);
    client_notes_run(client);
}

static void on_tick(struct client *client)
{
    uint64_t times;
    ssize_t got = read(client->tick, &times, sizeof times);

    (void)got;
    look_around(client);
    adjust_tick(client);
}

/* --- Polling ------------------------------------------------------------------------------------------------------ */

static void take_owed(struct client *client, struct sink *sink, bool will_wait)
{
    sink->count +=
        client_take_owed(client, sink->replies + sink->count, sink->max - sink->count, will_wait && sink->count == 0);
}

static void on_conn(struct client *client, uint32_t serial, struct sink *sink)
{
    struct conn *conn;

    pthread_mutex_lock(&client->lock);
    HASH_FIND(hh, client->conns, &serial, sizeof serial, conn);
    if (conn)
        conn->references++;
    pthread_mutex_unlock(&client->lock);
    if (!conn)
        return;
    if (drain_conn(client, conn, sink, TURN))
        set_hot(client, conn);
    conn_unref(conn);
}

static void on_events(struct client *client, const struct epoll_event *events, int count, struct sink *sink)
{
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == TAG_WAKE)
            eventfd_clear(client->wake);
        else if (events[i].data.u32 == TAG_TICK)
            on_tick(client);
        else
            on_conn(client, events[i].data.u32, sink);
    }
}

/* The connection that the last reply came from, first: with one server that saves a system call. */
static void drain_hot(struct client *client, struct sink *sink)
{
    if (!client->hot || client->streak++ >= STREAK)
        client->streak = 0;
    else if (!drain_conn(client, client->hot, sink, sink->max < TURN ? (int)sink->max : TURN))
        set_hot(client, NULL);
}

size_t client_poll(struct client *client, ostler_time deadline, struct ostler_reply *replies, size_t max)
{
    struct sink sink = {.replies = replies, .max = max};
    struct epoll_event events[EVENTS];
    bool last = false;

    pthread_mutex_lock(&client->reading);
    take_owed(client, &sink, false);
    if (sink.count == 0) {
        drain_hot(client, &sink);
        client_notes_run(client);
        take_owed(client, &sink, true);
    }
    while (sink.count == 0 && !atomic_exchange(&client->woken, false) && !last) {
        int wait = ostler_time_left_ms(deadline);
        last = wait == 0;
        pthread_mutex_unlock(&client->reading);
        int count = epoll_wait(client->epoll, events, EVENTS, wait);
        pthread_mutex_lock(&client->reading);
        on_events(client, events, count, &sink);
        client_notes_run(client);
        take_owed(client, &sink, true);
    }
    pthread_mutex_unlock(&client->reading);
    return sink.count;
}

void client_wake(struct client *client)
{
    atomic_store(&client->woken, true);
    eventfd_raise(client->wake);
}

/* --- Reading for others ------------------------------------------------------------------------------------------- */

void client_drain(struct client *client)
{
    struct sink none = {.max = 0};
    size_t count;
    struct conn **conns = client_conns(client, &count);

    pthread_mutex_lock(&client->reading);
    for (size_t i = 0; i < count; i++)
        drain_conn(client, conns[i], &none, TURN);
    pthread_mutex_unlock(&client->reading);
    client_conns_unref(conns, count);
    client_notes_run(client);
}

void client_read_once(struct client *client, int epoll, int wake, ostler_time deadline)
{
    struct sink none = {.max = 0};
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, ostler_time_left_ms(deadline));

    pthread_mutex_lock(&client->reading);
    for (int i = 0; i < count; i++)
        if (events[i].data.u32 == TAG_WAKE)
            eventfd_clear(wake);
        else
            on_conn(client, events[i].data.u32, &none);
    pthread_mutex_unlock(&client->reading);
    client_notes_run(client);
}

void client_greet(struct client *client)
{
    struct pollfd wait[DISCOVERED_MAX];

    ask(client, wait);
}

void client_discover(struct client *client, ostler_time deadline)
{
    struct pollfd wait[DISCOVERED_MAX];
    nfds_t waiting = ask(client, wait);

    if (waiting > 0 && poll(wait, waiting, ostler_time_left_ms(deadline)) > 0)
        client_drain(client);
}
