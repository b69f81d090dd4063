/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <ostler/log.h>

#include <arpa/inet.h>
#include <errno.h>
#include <nanomsg/nn.h>
#include <nanomsg/reqrep.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

/* Messages that one turn at the socket reads at most. */
enum { TURN = 64 };
/* How long node_free() waits for clients to say that they have their last replies. */
#define FAREWELL_S 0.3

enum ostler_status node_new(const struct settings *settings, struct flusher *flusher, struct node **out,
                            struct ostler_error *error)
{
    struct node *node = calloc(1, sizeof *node);

    if (!node)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    node->settings = settings;
    node->flusher = flusher;
    node->socket = socket_open(settings, NN_REP, error);
    if (node->socket < 0) {
        free(node);
        return OSTLER_E_SYSTEM;
    }
    node->readable = socket_descriptor(node->socket, NN_RCVFD);
    pthread_mutex_init(&node->lock, NULL);
    peers_init(&node->peers, node->socket, &node->lock, settings);
    keeper_init(&node->keeper);
    *out = node;
    return OSTLER_OK;
}

/* --- What comes in; the lock is held ------------------------------------------------------------------------------ */

static void warn(struct node *node, struct peer *peer, const char *what)
{
    node->broken++;
    if (peer->warned)
        return;
    peer->warned = true;
    ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME, "client %08x sends %s; further ones are not logged",
               (unsigned)peer->pipe, what);
}

void node_refuse(struct node *node, struct peer *peer, const struct wire_record *record, enum wire_refusal reason)
{
    uint8_t head[WIRE_REFUSED_HEAD];
    struct wire_request request;
    union {
        const uint8_t *in;
        void *out;
    } body = {.in = record->body};

    /* A notification stays with its sender until it is taken; what was not taken need not go back. */
    size_t back = record->kind == WIRE_NOTIFY ? 0 : record->length;

    node->refused++;
    if (!wire_get_request(record, &request))
        return;
    struct iovec parts[2] = {
        {.iov_base = head, .iov_len = wire_put_refused(head, request.id, reason, record->kind, back)},
        {.iov_base = body.out, .iov_len = back}};
    if (peers_send(&node->peers, peer, PEER_NOW, parts, back ? 2 : 1) != OSTLER_OK)
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "no memory to refuse a request: its caller will wait in vain");
    if (peer->queue)
        keeper_check(node);
}

/* What one turn of reading has for the reader itself. */
struct turn {
    ostler_driver_listener *self;
    struct ostler_incoming **out;
    size_t count, max;
    bool follows;  /* another request of the same message, which was taken */
    bool more;     /* records follow in the same message */
    bool accepted; /* a notification */
};

static void hand_over(ostler_driver_listener *listener, struct incoming *incoming)
{
    DL_APPEND(listener->queue, incoming);
    listener->queued++;
    listener->queued_bytes += incoming->record.length;
    if (listener->waiting)
        eventfd_raise(listener->wake);
}

/* The listener has it now. */
static void accept_notification(struct node *node, struct peer *peer, uint64_t id, bool more)
{
    uint8_t head[WIRE_REPLY_HEAD];
    struct iovec part = {.iov_base = head, .iov_len = wire_put_reply(head, WIRE_REPLY, id, 0)};

    if (peers_send(&node->peers, peer, more ? PEER_HOLD : PEER_NOW, &part, 1) != OSTLER_OK)
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "no memory to confirm a notification: it may come twice");
    if (peer->queue)
        keeper_check(node);
}

/* What comes in one message with a request that was taken is taken too: it would have waited for room if it had come
 * alone. */
static bool has_room(const struct node *node, const ostler_driver_listener *listener, size_t size, bool follows)
{
    size_t messages = node->settings->queue_messages + (follows ? OUTBOX_RECORDS : 0);
    size_t bytes = node->settings->queue_bytes + (follows ? OUTBOX_SIZE : 0);

    return listener->queued < messages && (!listener->queued || listener->queued_bytes + size <= bytes);
}

/* Returns whether the chunk has been taken over. */
static bool take_request(struct node *node, struct peer *peer, const struct wire_record *record, void *chunk,
                         struct turn *turn)
{
    struct wire_request request;
    struct served *served;

    if (!wire_get_request(record, &request)) {
        warn(node, peer, "a broken request");
        return false;
    }
    node->requests++;
    HASH_FIND(hh, node->served, request.key, request.key_length, served);
    if (!served || served->listener->notifications != request.notify) {
        node_refuse(node, peer, record, WIRE_NOT_SERVED);
        return false;
    }
    ostler_driver_listener *listener = served->listener;
    bool own = listener == turn->self && turn->count < turn->max && !listener->queue;
    if (!own && !has_room(node, listener, record->length, turn->follows)) {
        node_refuse(node, peer, record, WIRE_BUSY);
        return false;
    }
    struct incoming *incoming = incoming_new(node, peer, record, &request, chunk);
    if (!incoming) {
        node_refuse(node, peer, record, WIRE_BUSY);
        return false;
    }
    if (request.notify) {
        incoming->listener = listener;
        incoming->arrival = listener->arrivals++;
        listener->references++;
        accept_notification(node, peer, request.id, turn->more);
        turn->accepted = true;
    }
    if (own)
        turn->out[turn->count++] = &incoming->base;
    else
        hand_over(listener, incoming);
    turn->follows = true;
    return chunk != NULL;
}

bool node_flush(struct node *node, ostler_time before)
{
    pthread_mutex_lock(&node->lock);
    bool held = peers_flush_all(&node->peers, before);
    keeper_check(node);
    pthread_mutex_unlock(&node->lock);
    return held;
}

static size_t services_size(const struct node *node)
{
    size_t size = 0;

    for (const struct served *served = node->served; served; served = served->hh.next)
        size += served->key_length;
    return size;
}

static void send_services(struct node *node, struct peer *peer)
{
    size_t length = services_size(node);
    uint8_t *record = malloc(WIRE_RECORD_HEAD + length);
    struct iovec part = {.iov_base = record, .iov_len = WIRE_RECORD_HEAD + length};

    if (!record)
        return;
    uint8_t *at = record + wire_put_record(record, WIRE_SERVICES, length);
    for (const struct served *served = node->served; served; served = served->hh.next) {
        memcpy(at, served->key, served->key_length);
        at += served->key_length;
    }
    if (peers_send(&node->peers, peer, PEER_NOW, &part, 1) != OSTLER_OK)
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "no memory to tell a client what is served here");
    free(record);
}

void node_publish(struct node *node)
{
    size_t count;
    struct peer **all = peers_hold(&node->peers, &count);

    for (size_t i = 0; i < count; i++)
        if (all[i]->wants_services)
            send_services(node, all[i]);
    peers_release(all, count);
}

static void send_ack(struct node *node, struct peer *peer)
{
    uint8_t record[WIRE_RECORD_HEAD];
    struct iovec part = {.iov_base = record, .iov_len = wire_put_record(record, WIRE_ACK, 0)};

    (void)peers_send(&node->peers, peer, PEER_NOW, &part, 1);
}

/* Returns whether the chunk has been taken over. */
static bool take_record(struct node *node, struct peer *peer, const struct wire_record *record, void *chunk,
                        struct turn *turn)
{
    switch (record->kind) {
    case WIRE_CALL:
    case WIRE_CAST:
    case WIRE_NOTIFY:
        return take_request(node, peer, record, chunk, turn);
    case WIRE_HELLO:
        peer->wants_services = true;
        send_services(node, peer);
        return false;
    case WIRE_BYE:
        peer->wants_services = false;
        return false;
    case WIRE_ACK:
        return false;
    case WIRE_REPLY:
    case WIRE_FAILURE:
    case WIRE_HEARTBEAT:
    case WIRE_REFUSED:
    case WIRE_SERVICES:
        warn(node, peer, "what only a server sends");
        return false;
    }
    warn(node, peer, "records of an unknown kind");
    return false;
}

static void take_message(struct node *node, uint32_t pipe, void *chunk, size_t size, struct turn *turn)
{
    struct wire_header header = {.flags = 0};
    struct wire_reader records;
    struct wire_record record = {.kind = 0};
    bool good = wire_open(chunk, size, &header, &records);
    struct peer *peer = peers_find(&node->peers, pipe, &header);
    bool taken = false, bye = false;

    if (!peer) {
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "no memory for client %08x: its message is dropped", (unsigned)pipe);
        nn_freemsg(chunk);
        return;
    }
    peer->references++;
    turn->follows = false;
    peer->received += wire_weight(size);
    if (good)
        peers_acknowledge(&node->peers, peer, header.received);
    while (good && (good = wire_next(&records, &record)) && record.kind) {
        turn->more = records.left > 0;
        taken |= take_record(node, peer, &record, !taken && records.left == 0 ? chunk : NULL, turn);
        bye |= record.kind == WIRE_BYE;
    }
    if (turn->accepted)
        peers_flush(&node->peers, peer, OSTLER_NEVER);
    if (!good)
        warn(node, peer, "messages that are none of this protocol's");
    else if (header.flags & WIRE_WANTS_ACK)
        send_ack(node, peer);
    if (bye)
        peers_forget(&node->peers, peer);
    peer_unref(peer);
    if (!taken)
        nn_freemsg(chunk);
}

/* Takes one message off the socket; false if there is none. The lock is not held. */
static bool receive(struct node *node, uint32_t *pipe, void **chunk, size_t *size)
{
    union {
        uint8_t bytes[NN_CMSG_SPACE(sizeof(size_t) + 64)];
        struct nn_cmsghdr header;
    } control;
    struct nn_iovec iov = {.iov_base = chunk, .iov_len = NN_MSG};
    struct nn_msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    size_t address_size = 0;
    uint32_t address;

    memset(&control.header, 0, sizeof control.header);
    int received = nn_recvmsg(node->socket, &message, NN_DONTWAIT);
    if (received < 0)
        return false;
    *size = (size_t)received;
    if (control.header.cmsg_type == SP_HDR && control.header.cmsg_len > 0)
        memcpy(&address_size, NN_CMSG_DATA(&control.header), sizeof address_size);
    *pipe = 0;
    if (address_size >= sizeof address) {
        memcpy(&address, NN_CMSG_DATA(&control.header) + sizeof address_size, sizeof address);
        *pipe = ntohl(address);
    }
    return true;
}

size_t node_read(struct node *node, ostler_driver_listener *self, struct ostler_incoming **out, size_t max, bool *more)
{
    struct turn turn = {.self = self, .out = out, .max = max};
    int messages = 0;

    *more = true;
    while (messages < TURN && (!self || turn.count < max) && !(self && self->queue)) {
        uint32_t pipe;
        void *chunk = NULL;
        size_t size;

        pthread_mutex_unlock(&node->lock);
        bool received = receive(node, &pipe, &chunk, &size);
        pthread_mutex_lock(&node->lock);
        if (!received) {
            *more = false;
            break;
        }
        take_message(node, pipe, chunk, size, &turn);
        messages++;
    }
    return turn.count;
}

/* --- Ending ------------------------------------------------------------------------------------------------------- */

static void send_to_all(struct node *node, enum wire_kind kind, enum peer_manner how)
{
    uint8_t record[WIRE_RECORD_HEAD];
    struct iovec part = {.iov_base = record, .iov_len = wire_put_record(record, kind, 0)};
    size_t count;
    struct peer **all = peers_hold(&node->peers, &count);

    for (size_t i = 0; i < count; i++)
        if (how == PEER_NOW || all[i]->sent != all[i]->acknowledged)
            (void)peers_send(&node->peers, all[i], how, &part, 1);
    peers_release(all, count);
}

/* nanomsg forgets what a client has not read when its connection is closed, and the client's side forgets what it has
 * not read yet: so wait a little for acknowledgements of what was sent just now. */
static void say_goodbye(struct node *node)
{
    ostler_time since = ostler_now() - (ostler_time)(FAREWELL_S * 1e9);
    ostler_time until = ostler_deadline(FAREWELL_S);
    bool more = false;

    pthread_mutex_lock(&node->lock);
    if (!peers_settled(&node->peers, since))
        send_to_all(node, WIRE_ACK, PEER_WANTS_ACK);
    while (!peers_settled(&node->peers, since) && ostler_now() < until) {
        struct pollfd wait = {.fd = node->readable, .events = POLLIN};
        pthread_mutex_unlock(&node->lock);
        poll(&wait, 1, ostler_time_left_ms(until));
        pthread_mutex_lock(&node->lock);
        node_read(node, NULL, NULL, 0, &more);
    }
    send_to_all(node, WIRE_BYE, PEER_NOW);
    pthread_mutex_unlock(&node->lock);
}

void node_free(struct node *node)
{
    if (!node)
        return;
    keeper_end(node);
    say_goodbye(node);
    nn_close(node->socket);
    pthread_mutex_lock(&node->lock);
    peers_fini(&node->peers);
    pthread_mutex_unlock(&node->lock);
    pthread_mutex_destroy(&node->lock);
    free(node);
}
