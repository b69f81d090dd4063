/* SPDX-License-Identifier: Apache-2.0 */
#include "rabbit_link.h"

#include "contest.h"

#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum {
    FRAME_MAX = 131072,
    FRAME_HEAD = 7,
    FRAME_EXTRA = 8,
    METHOD_ID = 4,
    CLASS_HEAD = 12,
    SMALL = 1024,
    PREFETCH = 100,
    UNREAD = 256 /* so many messages are published before confirms are read that nobody waits for */
};

#define WIRE "confirmed+acks+connections+text+properties+topic+expiry"

/* --- Ways --------------------------------------------------------------------------------------------------------------- */

static void add_to_way(struct rabbit_way *way, const char *name)
{
    const struct {
        const char *name;
        bool *is_on;
    } known[] = {{"acks", &way->acks_first}, {"connections", &way->connections},
                 {"text", &way->text},       {"properties", &way->properties},
                 {"topic", &way->topic},     {"expiry", &way->expiry}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) == 0) {
            *known[i].is_on = true;
            return;
        }
    }
    contest_die("%s: no variant", name);
}

struct rabbit_way rabbit_way_of(const char *variant)
{
    struct rabbit_way way = {.mode = RABBIT_CONFIRMED};
    char names[128], *rest = NULL;

    snprintf(names, sizeof names, "%s", strcmp(variant, "wire") ? variant : WIRE);
    const char *first = strtok_r(names, "+", &rest);
    if (!first || strcmp(first, "fast") == 0)
        way.mode = RABBIT_FAST;
    else if (strcmp(first, "naive") == 0)
        way.mode = RABBIT_NAIVE;
    else if (strcmp(first, "confirmed") != 0)
        contest_die("%s: no variant", first);
    for (const char *name; first && (name = strtok_r(NULL, "+", &rest));)
        add_to_way(&way, name);
    return way;
}

/* --- Open and close --------------------------------------------------------------------------------------------------- */

static void check(amqp_rpc_reply_t reply, const char *what)
{
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        contest_die("%s failed", what);
}

static void declare(struct rabbit_link *link, const struct rabbit_place *place)
{
    amqp_bytes_t name = amqp_cstring_bytes(place->queue);
    bool own = !place->is_shared;
    amqp_table_entry_t expires = {.key = amqp_cstring_bytes("x-expires"),
                                  .value = {.kind = AMQP_FIELD_KIND_I32, .value.i32 = 1800000}};
    amqp_table_t arguments = {.num_entries = place->expires, .entries = &expires};

    amqp_queue_declare(link->state, 1, name, 0, 0, own && !place->expires, own && !place->expires, arguments);
    check(amqp_get_rpc_reply(link->state), "queue.declare");
    if (place->exchange) {
        amqp_bytes_t exchange = amqp_cstring_bytes(place->exchange);
        amqp_exchange_declare(link->state, 1, exchange, amqp_cstring_bytes(place->type), 0, 0, own, 0,
                              amqp_empty_table);
        check(amqp_get_rpc_reply(link->state), "exchange.declare");
        amqp_queue_bind(link->state, 1, name, exchange, name, amqp_empty_table);
        check(amqp_get_rpc_reply(link->state), "queue.bind");
    }
}

static void open_one(struct rabbit_link *link, const char *host, int port, const struct rabbit_way *way)
{
    amqp_connection_state_t state = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(state);

    if (!socket || amqp_socket_open(socket, host, port) != AMQP_STATUS_OK)
        contest_die("no connection to %s:%d", host, port);
    *link = (struct rabbit_link){.state = state, .way = *way};
    check(amqp_login(state, "/", 0, FRAME_MAX, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"), "login");
    amqp_channel_open(state, 1);
    check(amqp_get_rpc_reply(state), "channel.open");
}

/* The broker confirms what is published here. */
static void select_confirms(struct rabbit_link *link)
{
    if (link->way.mode != RABBIT_CONFIRMED)
        return;
    amqp_confirm_select(link->state, 1);
    check(amqp_get_rpc_reply(link->state), "confirm.select");
}

static void open_publisher(struct rabbit_link *link, const char *host, int port)
{
    link->publisher = calloc(1, sizeof *link->publisher);
    if (!link->publisher)
        contest_die("no memory");
    open_one(link->publisher, host, port, &link->way);
    select_confirms(link->publisher);
}

void rabbit_open(struct rabbit_link *link, const char *host, int port, const struct rabbit_way *way,
                 const struct rabbit_place *place)
{
    open_one(link, host, port, way);
    declare(link, place);
    if (way->connections)
        open_publisher(link, host, port);
    else
        select_confirms(link);
    if (way->mode == RABBIT_CONFIRMED) {
        amqp_basic_qos(link->state, 1, 0, PREFETCH, 0);
        check(amqp_get_rpc_reply(link->state), "basic.qos");
    }
    if (!place->is_read)
        return;
    amqp_basic_consume(link->state, 1, amqp_cstring_bytes(place->queue), amqp_empty_bytes, 0,
                       way->mode != RABBIT_CONFIRMED, !place->is_shared && !place->expires, amqp_empty_table);
    check(amqp_get_rpc_reply(link->state), "basic.consume");
}

void rabbit_close(struct rabbit_link *link)
{
    if (link->publisher)
        rabbit_close(link->publisher);
    free(link->publisher);
    amqp_destroy_connection(link->state);
    free(link->out);
}

static struct rabbit_link *publisher_of(struct rabbit_link *link)
{
    return link->publisher ? link->publisher : link;
}

/* --- Out: frames of several messages in one send() -------------------------------------------------------------------- */

static unsigned char *room(struct rabbit_link *link, size_t more)
{
    if (link->out_length + more > link->out_capacity) {
        link->out_capacity = (link->out_length + more) * 2;
        link->out = realloc(link->out, link->out_capacity);
        if (!link->out)
            contest_die("no memory");
    }
    return link->out + link->out_length;
}

static void put_number(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        at[i] = (unsigned char)value;
}

/* What is between head and end of the frame is there already. */
static void finish_frame(struct rabbit_link *link, uint8_t type, size_t size)
{
    unsigned char *at = link->out + link->out_length;

    at[0] = type;
    put_number(at + 1, 1, 2);
    put_number(at + 3, size, 4);
    at[FRAME_HEAD + size] = AMQP_FRAME_END;
    link->out_length += size + FRAME_EXTRA;
}

static void put_method(struct rabbit_link *link, amqp_method_number_t id, void *method)
{
    unsigned char *at = room(link, SMALL) + FRAME_HEAD;
    amqp_bytes_t space = {.len = SMALL - FRAME_EXTRA - METHOD_ID, .bytes = at + METHOD_ID};

    put_number(at, id, METHOD_ID);
    finish_frame(link, AMQP_FRAME_METHOD, METHOD_ID + (size_t)amqp_encode_method(id, method, space));
}

static void put_body(struct rabbit_link *link, const char *body, size_t length)
{
    for (size_t done = 0; done < length;) {
        size_t size = length - done < FRAME_MAX - FRAME_EXTRA ? length - done : FRAME_MAX - FRAME_EXTRA;
        memcpy(room(link, size + FRAME_EXTRA) + FRAME_HEAD, body + done, size);
        finish_frame(link, AMQP_FRAME_BODY, size);
        done += size;
    }
}

static void put_message(struct rabbit_link *link, amqp_basic_publish_t *publish, amqp_basic_properties_t *properties,
                        const void *body, size_t length)
{
    put_method(link, AMQP_BASIC_PUBLISH_METHOD, publish);
    unsigned char *at = room(link, SMALL) + FRAME_HEAD;
    amqp_bytes_t space = {.len = SMALL - FRAME_EXTRA - CLASS_HEAD, .bytes = at + CLASS_HEAD};
    put_number(at, (uint64_t)AMQP_BASIC_CLASS << 16, 4);
    put_number(at + 4, length, 8);
    finish_frame(link, AMQP_FRAME_HEADER,
                 CLASS_HEAD + (size_t)amqp_encode_properties(AMQP_BASIC_CLASS, properties, space));
    put_body(link, body, length);
}

static void acknowledge(struct rabbit_link *link)
{
    amqp_basic_ack_t ack = {.delivery_tag = link->unacked, .multiple = 1};

    if (link->unacked) {
        put_method(link, AMQP_BASIC_ACK_METHOD, &ack);
        link->acked = link->unacked;
    }
    link->unacked = 0;
}

static void flush_one(struct rabbit_link *link)
{
    for (size_t sent = 0; sent < link->out_length;) {
        int socket = amqp_get_sockfd(link->state);
        ssize_t written = send(socket, link->out + sent, link->out_length - sent, MSG_NOSIGNAL);
        struct pollfd writable = {.fd = socket, .events = POLLOUT};
        if (written < 0 && errno == EAGAIN)
            poll(&writable, 1, -1);
        else if (written < 0)
            contest_die("send: %s", strerror(errno));
        else
            sent += (size_t)written;
    }
    link->out_length = 0;
}

static char json_type[] = "application/json", utf_8[] = "utf-8";
static const amqp_basic_properties_t oslo_properties = {
    ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_HEADERS_FLAG |
              AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_PRIORITY_FLAG,
    .content_type = {.len = 16, .bytes = json_type},
    .content_encoding = {.len = 5, .bytes = utf_8},
    .delivery_mode = AMQP_DELIVERY_PERSISTENT,
};

/* In bodies of the wire's text there are ids, in its properties none. */
static amqp_basic_properties_t properties_of(const struct rabbit_way *way, const char *id, const char *reply_to)
{
    amqp_basic_properties_t properties = {._flags = 0};
    static char minute[] = "60000";

    if (way->properties || !id)
        properties = oslo_properties;
    if (id && !(way->text && way->properties)) {
        properties._flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
        properties.correlation_id = amqp_cstring_bytes(id);
        properties._flags |= reply_to ? AMQP_BASIC_REPLY_TO_FLAG : 0;
        properties.reply_to = reply_to ? amqp_cstring_bytes(reply_to) : amqp_empty_bytes;
    }
    if (way->expiry && reply_to) {
        properties._flags |= AMQP_BASIC_EXPIRATION_FLAG;
        properties.expiration = amqp_cstring_bytes(minute);
    }
    return properties;
}

void rabbit_publish(struct rabbit_link *link, const char *exchange, const char *key, const char *id,
                    const char *reply_to, const void *body, size_t length)
{
    struct rabbit_link *out = publisher_of(link);
    amqp_basic_properties_t properties = properties_of(&link->way, id, reply_to);
    amqp_basic_publish_t method = {.exchange = amqp_cstring_bytes(exchange),
                                   .routing_key = amqp_cstring_bytes(key),
                                   .mandatory = link->way.mode == RABBIT_CONFIRMED && !(link->way.expiry && reply_to)};

    if (link->way.mode == RABBIT_NAIVE) {
        amqp_bytes_t bytes = {.len = length, .bytes = (void *)(uintptr_t)body};
        if (amqp_basic_publish(link->state, 1, method.exchange, method.routing_key, 0, 0, &properties, bytes) !=
            AMQP_STATUS_OK)
            contest_die("basic.publish failed");
        return;
    }
    if (out == link)
        acknowledge(link);
    put_message(out, &method, &properties, body, length);
    if (link->way.mode == RABBIT_CONFIRMED) {
        out->published++;
        out->unconfirmed++;
    }
}

/* --- In --------------------------------------------------------------------------------------------------------------- */

static void copy_text(char *to, size_t size, amqp_bytes_t from)
{
    size_t length = from.len < size - 1 ? from.len : size - 1;

    if (length > 0)
        memcpy(to, from.bytes, length);
    to[length] = '\0';
}

static void copy_properties(struct rabbit_message *message, const amqp_basic_properties_t *properties)
{
    message->id[0] = message->reply_to[0] = '\0';
    if (properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG)
        copy_text(message->id, sizeof message->id, properties->correlation_id);
    if (properties->_flags & AMQP_BASIC_REPLY_TO_FLAG)
        copy_text(message->reply_to, sizeof message->reply_to, properties->reply_to);
}

static void begin_body(struct rabbit_message *message, size_t size)
{
    message->length = 0;
    if (size <= message->capacity)
        return;
    message->capacity = size;
    message->body = realloc(message->body, size);
    if (!message->body)
        contest_die("no memory");
}

/* The next frame, after sleeping only if @p wait; false if there is none. */
static bool next_frame(struct rabbit_link *link, amqp_frame_t *frame, bool wait)
{
    struct timeval at_once = {0, 0};

    amqp_maybe_release_buffers(link->state);
    if (!wait && !amqp_frames_enqueued(link->state) && !amqp_data_in_buffer(link->state))
        return false;
    int result = amqp_simple_wait_frame_noblock(link->state, frame, wait ? NULL : &at_once);
    if (result == AMQP_STATUS_TIMEOUT && !wait)
        return false;
    if (result != AMQP_STATUS_OK)
        contest_die("reading: %s", amqp_error_string2(result));
    return true;
}

/* Confirms are numbered: one may stand for all before it. */
static void take_confirm(struct rabbit_link *link, const amqp_basic_ack_t *ack)
{
    if (ack->multiple)
        link->unconfirmed = link->published - ack->delivery_tag;
    else
        link->unconfirmed--;
}

/* A frame that is no part of a message's contents. True: a message begins. */
static bool take_method(struct rabbit_link *link, const amqp_method_t *method)
{
    if (method->id == AMQP_BASIC_DELIVER_METHOD) {
        if (link->way.mode == RABBIT_CONFIRMED)
            link->unacked = ((const amqp_basic_deliver_t *)method->decoded)->delivery_tag;
        return true;
    }
    if (method->id != AMQP_BASIC_ACK_METHOD)
        contest_die("the broker said %s", amqp_method_name(method->id));
    take_confirm(link, method->decoded);
    return false;
}

/* A whole message of several frames, once its first has come: false if none has. */
static bool receive_frames(struct rabbit_link *link, struct rabbit_message *message, bool wait)
{
    amqp_frame_t frame;
    size_t size = 0;

    while (next_frame(link, &frame, wait)) {
        if (frame.frame_type == AMQP_FRAME_METHOD) {
            wait = take_method(link, &frame.payload.method) || wait;
            continue;
        }
        if (frame.frame_type == AMQP_FRAME_HEADER) {
            copy_properties(message, frame.payload.properties.decoded);
            size = frame.payload.properties.body_size;
            begin_body(message, size);
        } else if (frame.frame_type == AMQP_FRAME_BODY) {
            memcpy(message->body + message->length, frame.payload.body_fragment.bytes, frame.payload.body_fragment.len);
            message->length += frame.payload.body_fragment.len;
        } else {
            continue;
        }
        if (message->length == size)
            return true;
    }
    return false;
}

static void receive_naive(struct rabbit_link *link, struct rabbit_message *message)
{
    amqp_envelope_t envelope;

    amqp_maybe_release_buffers(link->state);
    check(amqp_consume_message(link->state, &envelope, NULL, 0), "consuming");
    copy_properties(message, &envelope.message.properties);
    begin_body(message, envelope.message.body.len);
    memcpy(message->body, envelope.message.body.bytes, envelope.message.body.len);
    message->length = envelope.message.body.len;
    amqp_destroy_envelope(&envelope);
}

static void read_confirms(struct rabbit_link *link, bool wait)
{
    amqp_frame_t frame;

    while (link->unconfirmed > 0 && next_frame(link, &frame, wait)) {
        if (frame.frame_type == AMQP_FRAME_METHOD)
            take_method(link, &frame.payload.method);
        wait = false;
    }
}

void rabbit_flush(struct rabbit_link *link)
{
    flush_one(link);
    if (!link->publisher)
        return;
    flush_one(link->publisher);
    if (link->publisher->unconfirmed >= UNREAD)
        read_confirms(link->publisher, false);
}

void rabbit_receive(struct rabbit_link *link, struct rabbit_message *message)
{
    if (link->way.mode == RABBIT_NAIVE) {
        receive_naive(link, message);
        return;
    }
    /* The broker goes on sending while acknowledgements are on their way. */
    if (link->unacked >= link->acked + PREFETCH / 4) {
        acknowledge(link);
        rabbit_flush(link);
    }
    if (!receive_frames(link, message, false)) {
        if (!link->publisher)
            acknowledge(link);
        rabbit_flush(link);
        receive_frames(link, message, true);
    }
}

size_t rabbit_receive_some(struct rabbit_link *link, struct rabbit_message *messages, size_t most)
{
    size_t count = 1;

    if (!receive_frames(link, &messages[0], false)) {
        rabbit_flush(link);
        receive_frames(link, &messages[0], true);
    }
    while (count < most && receive_frames(link, &messages[count], false))
        count++;
    acknowledge(link);
    flush_one(link);
    return count;
}

uint64_t rabbit_unconfirmed(struct rabbit_link *link)
{
    return publisher_of(link)->unconfirmed;
}

void rabbit_await_confirm(struct rabbit_link *link)
{
    rabbit_flush(link);
    read_confirms(publisher_of(link), true);
}

void rabbit_await_confirms(struct rabbit_link *link)
{
    rabbit_flush(link);
    while (rabbit_unconfirmed(link) > 0)
        read_confirms(publisher_of(link), true);
}
