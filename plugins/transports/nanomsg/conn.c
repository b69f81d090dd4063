/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include <errno.h>
#include <nanomsg/nn.h>
#include <nanomsg/reqrep.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 6, SPARES_MAX = 256, SERVICES_MAX = 100000 };
#define CONNECT_S 5

/* --- Life --------------------------------------------------------------------------------------------------------- */

static void free_services(struct service *services, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(services[i].exchange);
        free(services[i].topic);
        free(services[i].server);
    }
    free(services);
}

static void destroy(struct conn *conn)
{
    struct pending *pending, *next;

    HASH_ITER (hh, conn->pending, pending, next) {
        HASH_DEL(conn->pending, pending);
        free(pending);
    }
    while ((pending = conn->spare)) {
        conn->spare = pending->next;
        free(pending);
    }
    if (conn->socket >= 0)
        nn_close(conn->socket);
    free(conn->outbox.bytes);
    free_services(conn->services, conn->service_count);
    pthread_mutex_destroy(&conn->lock);
    free(conn->address);
    free(conn);
}

void conn_unref(struct conn *conn)
{
    if (--conn->references == 0)
        destroy(conn);
}

enum ostler_status conn_open(const struct settings *settings, const char *address, struct conn **out,
                             struct ostler_error *error)
{
    struct conn *conn = calloc(1, sizeof *conn);

    if (!conn || !(conn->address = strdup(address))) {
        free(conn);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    pthread_mutex_init(&conn->lock, NULL);
    conn->references = 1;
    conn->opened = conn->used = ostler_now();
    conn->socket = socket_open(settings, NN_REQ, error);
    int problem = conn->socket >= 0 ? socket_connect(settings, conn->socket, address) : 0;
    if (problem)
        ostler_error_set(error, OSTLER_E_SYSTEM, "cannot connect to %s: %s", address, nn_strerror(problem));
    if (conn->socket < 0 || problem) {
        destroy(conn);
        return OSTLER_E_SYSTEM;
    }
    conn->readable = socket_descriptor(conn->socket, NN_RCVFD);
    conn->writable = socket_descriptor(conn->socket, NN_SNDFD);
    *out = conn;
    return OSTLER_OK;
}

bool conn_broken(const struct conn *conn)
{
    if (nn_get_statistic(conn->socket, NN_STAT_BROKEN_CONNECTIONS) > 0 ||
        nn_get_statistic(conn->socket, NN_STAT_CONNECT_ERRORS) > 0)
        return true;
    return nn_get_statistic(conn->socket, NN_STAT_ESTABLISHED_CONNECTIONS) == 0 &&
           ostler_now() - conn->opened > CONNECT_S * INT64_C(1000000000);
}

bool conn_established(const struct conn *conn)
{
    return nn_get_statistic(conn->socket, NN_STAT_CURRENT_CONNECTIONS) > 0;
}

/* --- Pending calls; the lock is held ------------------------------------------------------------------------------ */

static bool add_pending(struct conn *conn, uint64_t id, ostler_time expiry)
{
    struct pending *pending;

    HASH_FIND(hh, conn->pending, &id, sizeof id, pending);
    if (pending) {
        pending->count++;
        return true;
    }
    pending = conn->spare;
    if (pending) {
        conn->spare = pending->next;
        conn->spares--;
    } else if (!(pending = malloc(sizeof *pending))) {
        return false;
    }
    *pending = (struct pending){.id = id, .expiry = expiry, .count = 1};
    HASH_ADD(hh, conn->pending, id, sizeof pending->id, pending);
    return true;
}

static void keep_spare(struct conn *conn, struct pending *pending)
{
    if (conn->spares >= SPARES_MAX) {
        free(pending);
        return;
    }
    pending->next = conn->spare;
    conn->spare = pending;
    conn->spares++;
}

static bool settle(struct conn *conn, uint64_t id)
{
    struct pending *pending;

    HASH_FIND(hh, conn->pending, &id, sizeof id, pending);
    if (!pending)
        return false;
    if (--pending->count == 0) {
        HASH_DEL(conn->pending, pending);
        keep_spare(conn, pending);
    }
    return true;
}

bool conn_settle(struct conn *conn, uint64_t id)
{
    pthread_mutex_lock(&conn->lock);
    bool settled = settle(conn, id);
    pthread_mutex_unlock(&conn->lock);
    return settled;
}

struct pending *conn_kill(struct conn *conn)
{
    struct pending *lost = NULL, *pending, *next;

    pthread_mutex_lock(&conn->lock);
    conn->dead = true;
    HASH_ITER (hh, conn->pending, pending, next) {
        HASH_DEL(conn->pending, pending);
        pending->next = lost;
        lost = pending;
    }
    pthread_mutex_unlock(&conn->lock);
    return lost;
}

size_t conn_expire(struct conn *conn, ostler_time now)
{
    struct pending *pending, *next;
    size_t count = 0;

    pthread_mutex_lock(&conn->lock);
    HASH_ITER (hh, conn->pending, pending, next) {
        if (pending->expiry > now)
            continue;
        count += pending->count;
        HASH_DEL(conn->pending, pending);
        keep_spare(conn, pending);
    }
    pthread_mutex_unlock(&conn->lock);
    return count;
}

bool conn_idle(struct conn *conn)
{
    pthread_mutex_lock(&conn->lock);
    bool idle = conn->pending == NULL;
    pthread_mutex_unlock(&conn->lock);
    return idle;
}

bool conn_confirmed(struct conn *conn)
{
    pthread_mutex_lock(&conn->lock);
    bool confirmed = conn->confirmed >= conn->sent && conn->outbox.records == 0;
    pthread_mutex_unlock(&conn->lock);
    return confirmed;
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

/* Returns false with errno. parts[0] becomes nanomsg's header, which names no way back but the connection itself, and
 * ours; `size` is that of the others. The lock is held: messages leave in the order in which they are counted. A node that
 * hears of a connection for the first time, or again, takes from the message that is there first how much was sent before
 * it. */
static bool transmit(struct conn *conn, uint8_t flags, struct iovec *parts, int count, size_t size)
{
    const struct wire_header counts = {.flags = flags, .received = conn->received, .sent = conn->sent};
    uint8_t header[4 + WIRE_HEADER_SIZE] = {0x80, 0, 0, 0};
    struct nn_iovec iov[PARTS_MAX];
    struct nn_msghdr message = {.msg_iov = iov, .msg_iovlen = count};

    parts[0] = (struct iovec){.iov_base = header, .iov_len = 4 + wire_put_header(header + 4, &counts)};
    for (int i = 0; i < count; i++)
        iov[i] = (struct nn_iovec){.iov_base = parts[i].iov_base, .iov_len = parts[i].iov_len};
    if (nn_sendmsg(conn->socket, &message, NN_DONTWAIT) < 0)
        return false;
    conn->sent += wire_weight(size + WIRE_HEADER_SIZE);
    conn->acknowledged = conn->received;
    return true;
}

static enum conn_result after_refusal(const struct conn *conn, int problem)
{
    return problem == EAGAIN && !conn_broken(conn) ? CONN_FULL : CONN_GONE;
}

static bool gone(const struct conn *conn)
{
    return conn->dead || nn_get_statistic(conn->socket, NN_STAT_BROKEN_CONNECTIONS) > 0;
}

/* Sends the outbox; the lock is held. False with errno: it is as it was. */
static bool send_held(struct conn *conn)
{
    struct iovec parts[2] = {{.iov_len = 0}, {.iov_base = conn->outbox.bytes, .iov_len = conn->outbox.used}};

    if (conn->outbox.records == 0)
        return true;
    if (!transmit(conn, 0, parts, 2, conn->outbox.used))
        return false;
    free(outbox_take(&conn->outbox).bytes);
    return true;
}

/* The lock is held. */
static enum conn_result send_records(struct conn *conn, uint8_t flags, struct iovec *parts, int count, size_t size,
                                     uint64_t id, ostler_time expiry)
{
    if (gone(conn))
        return CONN_GONE;
    if (!send_held(conn))
        return after_refusal(conn, errno);
    if (id && !add_pending(conn, id, expiry))
        return CONN_NOMEM;
    enum conn_result result = CONN_SENT;
    if (!transmit(conn, flags, parts, count, size))
        result = after_refusal(conn, errno);
    else if (!conn_established(conn))
        result = CONN_LOST; /* what is gone already has perhaps not carried it */
    if (id && result != CONN_SENT)
        settle(conn, id);
    return result;
}

enum conn_result conn_send(struct conn *conn, uint8_t flags, struct iovec *parts, int count, size_t size, uint64_t id,
                           ostler_time expiry)
{
    pthread_mutex_lock(&conn->lock);
    enum conn_result result = send_records(conn, flags, parts, count, size, id, expiry);
    pthread_mutex_unlock(&conn->lock);
    return result;
}

/* The lock is held. */
static enum conn_result hold(struct conn *conn, const struct iovec *parts, int count, size_t size, uint64_t id,
                             ostler_time expiry)
{
    if (gone(conn))
        return CONN_GONE;
    if (!outbox_has_room(&conn->outbox, size) && !send_held(conn))
        return after_refusal(conn, errno);
    if (id && !add_pending(conn, id, expiry))
        return CONN_NOMEM;
    if (!outbox_put(&conn->outbox, parts + 1, count - 1)) {
        if (id)
            settle(conn, id);
        return CONN_NOMEM;
    }
    return CONN_SENT;
}

enum conn_result conn_hold(struct conn *conn, struct iovec *parts, int count, size_t size, uint64_t id,
                           ostler_time expiry, bool *listed)
{
    *listed = false;
    if (size > OUTBOX_SIZE / 2)
        return conn_send(conn, 0, parts, count, size, id, expiry);
    pthread_mutex_lock(&conn->lock);
    enum conn_result result = hold(conn, parts, count, size, id, expiry);
    /* One that cannot be sent just now is sent with the next. */
    if (conn->outbox.records == OUTBOX_RECORDS)
        send_held(conn);
    if (conn->outbox.records > 0 && !conn->listed)
        *listed = conn->listed = true;
    pthread_mutex_unlock(&conn->lock);
    return result;
}

bool conn_flush(struct conn *conn, ostler_time before)
{
    pthread_mutex_lock(&conn->lock);
    if (!conn->dead && conn->outbox.records > 0 && conn->outbox.since <= before)
        send_held(conn);
    /* Of one that is dead all has been told. */
    bool held = conn->listed = !conn->dead && conn->outbox.records > 0;
    pthread_mutex_unlock(&conn->lock);
    return held;
}

enum conn_result conn_say(struct conn *conn, enum wire_kind kind, uint8_t flags)
{
    uint8_t record[WIRE_RECORD_HEAD];
    struct iovec parts[2] = {{.iov_len = 0}, {.iov_base = record, .iov_len = wire_put_record(record, kind, 0)}};

    return conn_send(conn, flags, parts, 2, WIRE_RECORD_HEAD, 0, OSTLER_NEVER);
}

/* --- Receiving ---------------------------------------------------------------------------------------------------- */

void conn_received(struct conn *conn, size_t size, const struct wire_header *header)
{
    pthread_mutex_lock(&conn->lock);
    conn->received += wire_weight(size);
    if (header->received > conn->confirmed && header->received <= conn->sent)
        conn->confirmed = header->received;
    pthread_mutex_unlock(&conn->lock);
    if (header->flags & WIRE_WANTS_ACK)
        conn_say(conn, WIRE_ACK, 0);
    else
        conn_acknowledge(conn);
}

void conn_acknowledge(struct conn *conn)
{
    pthread_mutex_lock(&conn->lock);
    bool due = !conn->dead && conn->received - conn->acknowledged >= SETTINGS_WINDOW / 2;
    pthread_mutex_unlock(&conn->lock);
    if (due)
        conn_say(conn, WIRE_ACK, 0);
}

bool conn_set_services(struct conn *conn, const struct wire_record *record)
{
    struct wire_reader reader = {.at = record->body, .left = record->length};
    struct service *services = NULL;
    struct wire_service service;
    size_t count = 0, capacity = 0;

    while (wire_next_service(&reader, &service)) {
        if (service.topic.length == 0) {
            free_services(conn->services, conn->service_count);
            conn->services = services;
            conn->service_count = count;
            conn->services_known = true;
            return true;
        }
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 8;
            struct service *larger = capacity > SERVICES_MAX ? NULL : realloc(services, capacity * sizeof *services);
            if (!larger)
                break;
            services = larger;
        }
        struct service *added = &services[count++];
        added->exchange = strndup(service.exchange.text, service.exchange.length);
        added->topic = strndup(service.topic.text, service.topic.length);
        added->server = strndup(service.server.text, service.server.length);
        if (!added->exchange || !added->topic || !added->server)
            break;
    }
    free_services(services, count);
    return false;
}
