/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include <ostler/log.h>

#include <arpa/inet.h>
#include <errno.h>
#include <nanomsg/nn.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    PEERS_MAX = 4096,
    BATCH_RECORDS = 32,
    PARTS_MAX = BATCH_RECORDS + 1,
    ALL_QUEUES = 4 /* all queues together may hold so many times one peer's bound */
};

/* A client that says nothing for so long is forgotten, and is gone if replies wait for it. */
#define STALLED_NS (60 * INT64_C(1000000000))

void peers_init(struct peers *peers, int socket, pthread_mutex_t *lock, const struct settings *settings)
{
    *peers = (struct peers){.socket = socket, .lock = lock, .settings = settings};
}

static void drop_queue(struct peers *peers, struct peer *peer)
{
    struct outbound *record, *next;

    DL_FOREACH_SAFE (peer->queue, record, next) {
        DL_DELETE(peer->queue, record);
        free(record);
        peers->dropped++;
    }
    peers->queued -= peer->queued;
    peer->queued = 0;
    peers->dropped += peer->outbox.records;
    peers->holding -= peer->outbox.records > 0;
    free(outbox_take(&peer->outbox).bytes);
}

static void detach(struct peers *peers, struct peer *peer)
{
    HASH_DEL(peers->table, peer);
    drop_queue(peers, peer);
    peer->gone = true;
    peer_unref(peer);
}

void peers_fini(struct peers *peers)
{
    struct peer *peer, *next;

    HASH_ITER (hh, peers->table, peer, next)
        detach(peers, peer);
}

void peer_unref(struct peer *peer)
{
    if (--peer->references == 0)
        free(peer);
}

/* A peer that cannot be served any more: its replies are dropped. */
static void give_up(struct peers *peers, struct peer *peer, const char *why)
{
    size_t bytes = peer->queued + peer->outbox.used;

    peer->gone = true;
    drop_queue(peers, peer);
    ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME, "client %08x %s: it counts as gone, %zu bytes of replies are dropped",
               (unsigned)peer->pipe, why, bytes);
}

/* Makes room in the table: those that have been silent, and if that is not enough the oldest that nothing is owed. */
static void sweep(struct peers *peers, ostler_time now)
{
    ostler_time limit = now - STALLED_NS;
    struct peer *peer, *next;

    peers->swept_at = now;
    HASH_ITER (hh, peers->table, peer, next) {
        bool full = HASH_COUNT(peers->table) >= PEERS_MAX;
        if (peer->references == 1 && !peer->flushing && !peer->outbox.records &&
            (peer->seen < limit || (full && !peer->queue)))
            detach(peers, peer);
    }
}

struct peer *peers_find(struct peers *peers, uint32_t pipe, const struct wire_header *header)
{
    struct peer *peer;

    HASH_FIND(hh, peers->table, &pipe, sizeof pipe, peer);
    if (peer)
        return peer;
    ostler_time now = ostler_now();
    if (HASH_COUNT(peers->table) >= PEERS_MAX || now - peers->swept_at > STALLED_NS)
        sweep(peers, now);
    peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->pipe = pipe;
    peer->references = 1;
    /* One that was forgotten while it was idle goes on from where it was. */
    peer->sent = peer->acknowledged = header->received;
    peer->received = header->sent;
    peer->seen = now;
    HASH_ADD(hh, peers->table, pipe, sizeof peer->pipe, peer);
    return peer;
}

void peers_forget(struct peers *peers, struct peer *peer)
{
    struct peer *found;

    HASH_FIND(hh, peers->table, &peer->pipe, sizeof peer->pipe, found);
    if (found == peer)
        detach(peers, peer);
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

static bool has_room(const struct peer *peer, size_t size)
{
    uint64_t outstanding = peer->sent - peer->acknowledged;

    /* A client acknowledges half a window on its own: with less than that outstanding nothing may be held back. */
    return outstanding <= SETTINGS_WINDOW / 2 || outstanding + wire_weight(size) <= SETTINGS_WINDOW;
}

/* One message to one connection, which the caller holds. parts[0] is free for the header. The lock is let go meanwhile. */
static void transmit(struct peers *peers, struct peer *peer, uint8_t flags, struct iovec *parts, int count, size_t size)
{
    struct wire_header counts = {.flags = flags, .received = peer->received, .sent = peer->sent};
    union {
        uint8_t bytes[NN_CMSG_SPACE(sizeof(size_t) + 8)];
        struct nn_cmsghdr header;
        size_t align;
    } control;
    uint8_t header[WIRE_HEADER_SIZE];
    size_t address_size = 8;
    uint32_t address[2] = {htonl(peer->pipe), htonl(UINT32_C(0x80000000))};
    struct nn_iovec iov[PARTS_MAX];

    parts[0] = (struct iovec){.iov_base = header, .iov_len = wire_put_header(header, &counts)};
    for (int i = 0; i < count; i++)
        iov[i] = (struct nn_iovec){.iov_base = parts[i].iov_base, .iov_len = parts[i].iov_len};
    memset(&control, 0, sizeof control);
    control.header.cmsg_len = sizeof control.bytes;
    control.header.cmsg_level = PROTO_SP;
    control.header.cmsg_type = SP_HDR;
    memcpy(NN_CMSG_DATA(&control.header), &address_size, sizeof address_size);
    memcpy(NN_CMSG_DATA(&control.header) + sizeof address_size, address, sizeof address);
    struct nn_msghdr message = {
        .msg_iov = iov, .msg_iovlen = count, .msg_control = &control, .msg_controllen = sizeof control.bytes};

    peer->sent += wire_weight(size + WIRE_HEADER_SIZE);
    peer->flushing = true;
    pthread_mutex_unlock(peers->lock);
    int sent = nn_sendmsg(peers->socket, &message, NN_DONTWAIT);
    int problem = errno;
    pthread_mutex_lock(peers->lock);
    peer->flushing = false;
    if (sent < 0 && !peer->gone) {
        ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME, "cannot send to client %08x: %s", (unsigned)peer->pipe,
                   nn_strerror(problem));
        peers->dropped++;
    }
}

/* Sends what waits, several records in one message, as far as the window allows. The caller holds the peer. */
static void flush(struct peers *peers, struct peer *peer)
{
    while (peer->queue && !peer->flushing && has_room(peer, peer->queue->size)) {
        struct iovec parts[PARTS_MAX];
        struct outbound *taken = NULL, *record, *next;
        size_t size = 0;
        int count = 1;

        while ((record = peer->queue) && count < PARTS_MAX &&
               (count == 1 || (size + record->size <= SETTINGS_BATCH && has_room(peer, size + record->size)))) {
            DL_DELETE(peer->queue, record);
            DL_APPEND(taken, record);
            parts[count++] = (struct iovec){.iov_base = record->bytes, .iov_len = record->size};
            size += record->size;
        }
        peer->queued -= size;
        peers->queued -= size;
        transmit(peers, peer, 0, parts, count, size);
        DL_FOREACH_SAFE (taken, record, next)
            free(record);
    }
}

static enum ostler_status enqueue(struct peers *peers, struct peer *peer, const struct iovec *parts, int count,
                                  size_t size)
{
    size_t limit = peers->settings->reply_queue;

    if (peer->queue && peer->seen < ostler_now() - STALLED_NS) {
        give_up(peers, peer, "has not read its replies for a minute");
        return OSTLER_OK;
    }
    if (peer->queue && (peer->queued + size > limit || peers->queued + size > ALL_QUEUES * limit)) {
        give_up(peers, peer, "does not read its replies and its queue (reply_queue_bytes) is full");
        return OSTLER_OK;
    }
    struct outbound *record = malloc(sizeof *record + size);
    if (!record)
        return OSTLER_E_NOMEM;
    record->size = 0;
    for (int i = 0; i < count; i++) {
        memcpy(record->bytes + record->size, parts[i].iov_base, parts[i].iov_len);
        record->size += parts[i].iov_len;
    }
    DL_APPEND(peer->queue, record);
    peer->queued += size;
    peers->queued += size;
    return OSTLER_OK;
}

/* What is held back and `record`, which may have no parts, in one message, or in the queue. */
static enum ostler_status send_all(struct peers *peers, struct peer *peer, uint8_t flags, const struct iovec *record,
                                   int count)
{
    struct iovec parts[PEER_PARTS + 2];
    struct outbox held = outbox_take(&peer->outbox);
    enum ostler_status status = OSTLER_OK;
    size_t size = 0;
    int used = 1;

    peers->holding -= held.records > 0;
    if (held.records > 0)
        parts[used++] = (struct iovec){.iov_base = held.bytes, .iov_len = held.used};
    for (int i = 0; i < count; i++)
        parts[used++] = record[i];
    for (int i = 1; i < used; i++)
        size += parts[i].iov_len;
    peer->sent_at = ostler_now();
    peer->references++;
    if (!peer->queue && !peer->flushing && has_room(peer, size))
        transmit(peers, peer, flags, parts, used, size);
    else
        status = enqueue(peers, peer, parts + 1, used - 1, size);
    flush(peers, peer);
    if (status != OSTLER_OK && held.records > 0)
        give_up(peers, peer, "has replies that there is no memory for");
    peer_unref(peer);
    free(held.bytes);
    return status;
}

/* False: there is no room or no memory for it; all is to be sent. */
static bool hold(struct peers *peers, struct peer *peer, const struct iovec *parts, int count)
{
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    bool first = peer->outbox.records == 0;
    if (size > OUTBOX_SIZE / 2 || peer->outbox.records + 1 >= OUTBOX_RECORDS || !outbox_has_room(&peer->outbox, size) ||
        !outbox_put(&peer->outbox, parts, count))
        return false;
    peers->holding += first;
    return true;
}

enum ostler_status peers_send(struct peers *peers, struct peer *peer, enum peer_manner manner,
                              const struct iovec *parts, int count)
{
    if (peer->gone)
        return OSTLER_OK;
    if (manner == PEER_HOLD && hold(peers, peer, parts, count))
        return OSTLER_OK;
    return send_all(peers, peer, manner == PEER_WANTS_ACK ? WIRE_WANTS_ACK : 0, parts, count);
}

void peers_flush(struct peers *peers, struct peer *peer, ostler_time before)
{
    if (peer->outbox.records == 0 || peer->outbox.since > before)
        return;
    (void)send_all(peers, peer, 0, NULL, 0);
}

bool peers_flush_all(struct peers *peers, ostler_time before)
{
    size_t count;

    if (peers->holding == 0)
        return false;
    struct peer **held = peers_hold(peers, &count);
    for (size_t i = 0; i < count; i++)
        peers_flush(peers, held[i], before);
    peers_release(held, count);
    return peers->holding > 0;
}

void peers_acknowledge(struct peers *peers, struct peer *peer, uint64_t received)
{
    peer->seen = ostler_now();
    if (received > peer->acknowledged && received <= peer->sent)
        peer->acknowledged = received;
    if (peer->queue) {
        peer->references++;
        flush(peers, peer);
        peer_unref(peer);
    }
}

bool peers_settled(struct peers *peers, ostler_time since)
{
    for (struct peer *peer = peers->table; peer; peer = peer->hh.next)
        if (!peer->gone &&
            (peer->queue || peer->outbox.records || (peer->sent != peer->acknowledged && peer->sent_at >= since)))
            return false;
    return true;
}

struct peer **peers_hold(struct peers *peers, size_t *count)
{
    struct peer **held = calloc(HASH_COUNT(peers->table) + 1, sizeof *held);

    *count = 0;
    for (struct peer *peer = peers->table; held && peer; peer = peer->hh.next) {
        peer->references++;
        held[(*count)++] = peer;
    }
    return held;
}

void peers_release(struct peer **held, size_t count)
{
    for (size_t i = 0; i < count; i++)
        peer_unref(held[i]);
    free(held);
}
