/* SPDX-License-Identifier: Apache-2.0 */
#include "publisher.h"

#include <ostler/log.h>

#include <amqp_framing.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    EXCHANGES = 256,   /* names remembered as declared */
    DEAD_QUEUES = 200, /* callers known to be gone */
    UNIQUE_ID = 32,
    MOST_WAITING = 100000, /* replies that wait for the broker */
    HANDSHAKE_SECONDS = 5
};
#define MOST_WAITING_BYTES ((size_t)256 << 20)
#define DEAD_SECONDS       60.0
#define REPEAT_SECONDS     0.25
#define LOOK_SECONDS       0.05 /* how often the keeper looks for confirms nobody waits for */

enum fate { FATE_OPEN, FATE_CONFIRMED, FATE_REFUSED, FATE_RETURNED, FATE_LOST, FATE_NOT_SENT };

/* A reply until it is confirmed. */
struct reply {
    struct reply *prev, *next; /* in `waiting` */
    char *queue;
    char *body;
    size_t length;
    char unique_id[UNIQUE_ID + 1];
    ostler_time due;     /* when to publish it (again) */
    ostler_time give_up; /* while its queue is missing; OSTLER_NEVER before it was */
};

/* A message that is not confirmed. */
struct unconfirmed {
    bool used;
    bool returned;
    char unique_id[UNIQUE_ID + 1];
    const char *exchange; /* remembered name, or NULL */
    uint64_t begins;      /* in the stream of bytes of this connection */
    uint64_t call_id;
    enum fate *fate; /* of a cast whose sender waits */
    struct reply *reply;
};

struct exchange {
    char *name;
    unsigned epoch; /* of the connection on which it was declared */
    bool as_it_is;  /* exists with other properties: never declared again */
};

struct dead_queue {
    char name[256];
    ostler_time until;
};

struct publisher {
    struct link link; /* its lock guards all below */
    struct topology *topology;
    publisher_lost_fn lost;
    void *user;
    struct unconfirmed *ring; /* by delivery tag */
    unsigned window;
    uint64_t first_tag; /* the oldest that is not confirmed */
    uint64_t next_tag;
    bool looking; /* the keeper knows that something is unconfirmed */
    ostler_time look_at;
    struct reply *waiting; /* replies to be published, by time */
    size_t waiting_count;
    size_t waiting_bytes;
    struct exchange exchanges[EXCHANGES];
    size_t exchange_count;
    struct dead_queue dead[DEAD_QUEUES];
    size_t next_dead;
};

static struct unconfirmed *slot_of(struct publisher *publisher, uint64_t tag)
{
    return &publisher->ring[tag % publisher->window];
}

/* --- Replies that are kept ------------------------------------------------------------------------------------------- */

static void reply_free(struct reply *reply)
{
    if (!reply)
        return;
    free(reply->queue);
    free(reply->body);
    free(reply);
}

static void reply_wait(struct publisher *publisher, struct reply *reply, ostler_time due)
{
    struct reply *at;

    reply->due = due;
    DL_FOREACH (publisher->waiting, at) {
        if (at->due > due)
            break;
    }
    if (at)
        DL_PREPEND_ELEM(publisher->waiting, at, reply);
    else
        DL_APPEND(publisher->waiting, reply);
    publisher->waiting_count++;
    publisher->waiting_bytes += reply->length;
    link_want_keeper(&publisher->link);
}

static void reply_take(struct publisher *publisher, struct reply *reply)
{
    DL_DELETE(publisher->waiting, reply);
    publisher->waiting_count--;
    publisher->waiting_bytes -= reply->length;
}

static bool queue_is_dead(const struct publisher *publisher, const char *queue)
{
    ostler_time now = ostler_now();

    for (size_t i = 0; i < DEAD_QUEUES; i++)
        if (publisher->dead[i].until > now && strcmp(publisher->dead[i].name, queue) == 0)
            return true;
    return false;
}

static void remember_dead(struct publisher *publisher, const char *queue)
{
    struct dead_queue *dead = &publisher->dead[publisher->next_dead++ % DEAD_QUEUES];

    strncpy(dead->name, queue, sizeof dead->name - 1);
    dead->until = ostler_deadline(DEAD_SECONDS);
    ostler_log(OSTLER_LOG_INFO, "rabbit", "reply queue %s is gone; replies for it are dropped", queue);
}

/* The caller's queue was not there: again a little later, for a while. */
static void reply_returned(struct publisher *publisher, struct reply *reply)
{
    if (reply->give_up == OSTLER_NEVER)
        reply->give_up = ostler_deadline(publisher->link.options->missing_consumer_timeout);
    if (ostler_now() >= reply->give_up) {
        remember_dead(publisher, reply->queue);
        reply_free(reply);
    } else {
        reply_wait(publisher, reply, ostler_deadline(REPEAT_SECONDS));
    }
}

/* --- What becomes of messages ------------------------------------------------------------------------------------------- */

static void settle(struct publisher *publisher, struct unconfirmed *message, enum fate fate, const char *reason)
{
    if (message->returned && fate == FATE_CONFIRMED)
        fate = FATE_RETURNED;
    if (message->fate)
        *message->fate = fate;
    if (message->reply) {
        if (fate == FATE_CONFIRMED)
            reply_free(message->reply);
        else if (fate == FATE_RETURNED)
            reply_returned(publisher, message->reply);
        else
            reply_wait(publisher, message->reply, ostler_now());
    }
    if (message->call_id && fate == FATE_RETURNED)
        publisher->lost(publisher->user, message->call_id, OSTLER_E_UNDELIVERABLE, "no queue takes this message");
    else if (message->call_id && fate == FATE_REFUSED)
        publisher->lost(publisher->user, message->call_id, OSTLER_E_DELIVERY, "the broker refused the message");
    else if (message->call_id && fate == FATE_NOT_SENT)
        publisher->lost(publisher->user, message->call_id, OSTLER_E_DELIVERY, reason);
    *message = (struct unconfirmed){.used = false};
}

static void forget_settled(struct publisher *publisher)
{
    while (publisher->first_tag < publisher->next_tag && !slot_of(publisher, publisher->first_tag)->used)
        publisher->first_tag++;
}

static void take_confirm(struct publisher *publisher, uint64_t tag, bool multiple, enum fate fate)
{
    uint64_t from = multiple ? publisher->first_tag : tag;

    if (tag == 0 && multiple)
        tag = publisher->next_tag - 1;
    for (; from <= tag && from < publisher->next_tag; from++) {
        struct unconfirmed *message = slot_of(publisher, from);
        if (from >= publisher->first_tag && message->used)
            settle(publisher, message, fate, NULL);
    }
    forget_settled(publisher);
    link_changed(&publisher->link);
}

/* Our own message came back; the confirm that follows it will say so. */
static void take_returned(struct publisher *publisher, const struct received *received)
{
    struct json_object *message = NULL;

    if (wire_open(received->body, received->length, &message, NULL) != OSTLER_OK)
        return;
    const char *unique_id = json_object_get_string(json_object_object_get(message, "_unique_id"));
    for (uint64_t tag = publisher->first_tag; unique_id && tag < publisher->next_tag; tag++) {
        struct unconfirmed *one = slot_of(publisher, tag);
        if (one->used && strcmp(one->unique_id, unique_id) == 0)
            one->returned = true;
    }
    json_object_put(message);
}

/* All that is unconfirmed loses its connection. */
static void lose_all(struct publisher *publisher, const char *missing_exchange, const char *reason)
{
    for (uint64_t tag = publisher->first_tag; tag < publisher->next_tag; tag++) {
        struct unconfirmed *message = slot_of(publisher, tag);
        if (!message->used)
            continue;
        bool refused = missing_exchange && message->exchange && strcmp(message->exchange, missing_exchange) == 0;
        bool not_sent = message->begins > publisher->link.sent_total;
        settle(publisher, message, refused || not_sent ? FATE_NOT_SENT : FATE_LOST, reason);
    }
    publisher->first_tag = publisher->next_tag = 1;
}

/* --- The link's events ---------------------------------------------------------------------------------------------------- */

static enum ostler_status on_up(void *self, struct link *link, struct ostler_error *error)
{
    struct publisher *publisher = self;

    publisher->first_tag = publisher->next_tag = 1;
    amqp_confirm_select(link->conn.state, CONN_CHANNEL);
    return conn_reply_error(amqp_get_rpc_reply(link->conn.state), NULL, error);
}

static void on_down(void *self, struct link *link, const char *reason)
{
    (void)link;
    lose_all(self, NULL, reason);
}

static bool on_message(void *self, struct link *link, struct received *message, struct ostler_error *error)
{
    (void)link;
    (void)error;
    if (message->returned)
        take_returned(self, message);
    received_free(message);
    return true;
}

/* The name in "NOT_FOUND - no exchange 'NAME' in vhost '/'"; NULL if it says something else. */
static const char *missing_exchange(const char *text, char *name, size_t size)
{
    const char *begin = strstr(text, "no exchange '");
    const char *end = begin ? strchr(begin + 13, '\'') : NULL;

    if (!end || (size_t)(end - begin - 13) >= size)
        return NULL;
    memcpy(name, begin + 13, (size_t)(end - begin - 13));
    name[end - begin - 13] = '\0';
    return name;
}

/* In "PRECONDITION_FAILED - inequivalent arg 'durable' for exchange 'NAME' in vhost '/': …". */
static void note_as_it_is(struct publisher *publisher, const char *text)
{
    const char *begin = strstr(text, "for exchange '");

    for (size_t i = 0; begin && i < publisher->exchange_count; i++) {
        size_t size = strlen(publisher->exchanges[i].name);
        if (strncmp(begin + 14, publisher->exchanges[i].name, size) == 0 && begin[14 + size] == '\'') {
            publisher->exchanges[i].as_it_is = true;
            ostler_log(OSTLER_LOG_WARNING, "rabbit", "exchange %s exists with other properties and is used as it is",
                       publisher->exchanges[i].name);
        }
    }
}

/* The broker closed the channel over one of our messages; the connection goes on with a new one. */
static bool channel_closed(struct publisher *publisher, const amqp_channel_close_t *close, struct ostler_error *error)
{
    struct link *link = &publisher->link;
    amqp_channel_close_ok_t close_ok = {0};
    char text[512], name[256];

    conn_text(close->reply_text, text, sizeof text);
    note_as_it_is(publisher, text);
    const char *missing = missing_exchange(text, name, sizeof name);
    ostler_log(OSTLER_LOG_INFO, "rabbit", "the broker closed the publishing channel: %d %s", close->reply_code, text);
    link->outbox.length = link->sent = 0;
    lose_all(publisher, missing, text);
    link->epoch++;
    amqp_send_method(link->conn.state, CONN_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
    return conn_reopen_channel(&link->conn, error) == OSTLER_OK && on_up(publisher, link, error) == OSTLER_OK;
}

static bool on_method(void *self, struct link *link, const amqp_method_t *method, struct ostler_error *error)
{
    (void)link;
    if (method->id == AMQP_BASIC_ACK_METHOD) {
        const amqp_basic_ack_t *ack = method->decoded;
        take_confirm(self, ack->delivery_tag, ack->multiple, FATE_CONFIRMED);
    } else if (method->id == AMQP_BASIC_NACK_METHOD) {
        const amqp_basic_nack_t *nack = method->decoded;
        take_confirm(self, nack->delivery_tag, nack->multiple, FATE_REFUSED);
    } else if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
        return channel_closed(self, method->decoded, error);
    }
    return true;
}

/* --- Publishing; the lock is held and the link is up ------------------------------------------------------------------------ */

static struct exchange *find_exchange(struct publisher *publisher, const char *name)
{
    for (size_t i = 0; i < publisher->exchange_count; i++)
        if (strcmp(publisher->exchanges[i].name, name) == 0)
            return &publisher->exchanges[i];
    return NULL;
}

static struct exchange *add_exchange(struct publisher *publisher, const char *name)
{
    char *copy = publisher->exchange_count < EXCHANGES ? strdup(name) : NULL;

    if (!copy)
        return NULL;
    struct exchange *exchange = &publisher->exchanges[publisher->exchange_count++];
    *exchange = (struct exchange){.name = copy};
    return exchange;
}

static bool put_declare(struct publisher *publisher, const char *name, bool fanout)
{
    const struct rabbit_options *options = publisher->link.options;
    amqp_exchange_declare_t method = {
        .exchange = amqp_cstring_bytes(name),
        .type = amqp_cstring_bytes(fanout ? "fanout" : "topic"),
        .durable = fanout ? options->transient_quorum_queue : options->durable_queues || options->quorum_queue,
        .auto_delete = fanout || options->auto_delete,
        .nowait = 1,
    };

    return frames_put_method(&publisher->link.outbox, CONN_CHANNEL, AMQP_EXCHANGE_DECLARE_METHOD, &method);
}

/* Puts a declare before the message, the first time on a channel; without waiting for an answer. An exchange beyond those
 * that are remembered is declared each time. */
static bool declare_once(struct publisher *publisher, const struct post *post, struct exchange **exchange)
{
    *exchange = NULL;
    if (!post->publish.exchange[0])
        return true;
    *exchange = find_exchange(publisher, post->publish.exchange);
    if (!*exchange)
        *exchange = add_exchange(publisher, post->publish.exchange);
    if (*exchange && ((*exchange)->as_it_is || (*exchange)->epoch == publisher->link.epoch))
        return true;
    if (!put_declare(publisher, post->publish.exchange, post->fanout))
        return false;
    if (*exchange)
        (*exchange)->epoch = publisher->link.epoch;
    return true;
}

static bool window_is_full(const struct publisher *publisher)
{
    return publisher->next_tag - publisher->first_tag >= publisher->window;
}

static bool put_message(struct publisher *publisher, const struct post *post, struct exchange **exchange)
{
    struct link *link = &publisher->link;
    size_t before = link->outbox.length;

    if (declare_once(publisher, post, exchange) &&
        frames_put_publish(&link->outbox, CONN_CHANNEL, link->conn.frame_max, &post->publish)) {
        link->appended_total += link->outbox.length - before;
        return true;
    }
    link->outbox.length = before;
    return false;
}

/* TLS: the library writes, and may wait for the socket. */
static bool send_message(struct publisher *publisher, const struct post *post)
{
    struct link *link = &publisher->link;
    const struct publish *publish = &post->publish;
    amqp_bytes_t body = {.len = publish->length, .bytes = (void *)(uintptr_t)publish->body};
    struct publish_scratch scratch;
    amqp_basic_properties_t properties;

    if (publish->exchange[0]) {
        struct exchange *exchange = find_exchange(publisher, publish->exchange);
        if (!exchange)
            exchange = add_exchange(publisher, publish->exchange);
        if (!exchange || (!exchange->as_it_is && exchange->epoch != link->epoch)) {
            enum ostler_status status =
                post->fanout ? topology_fanout_exchange(publisher->topology, &link->conn, publish->exchange, NULL)
                             : topology_topic_exchange(publisher->topology, &link->conn, publish->exchange, NULL);
            if (status != OSTLER_OK)
                return false;
            if (exchange)
                exchange->epoch = link->epoch;
        }
    }
    frames_properties(publish, &scratch, &properties);
    link->conn.last_sent = ostler_now();
    return amqp_basic_publish(link->conn.state, CONN_CHANNEL, amqp_cstring_bytes(publish->exchange),
                              amqp_cstring_bytes(publish->routing_key), publish->mandatory, 0, &properties,
                              body) == AMQP_STATUS_OK;
}

/* Gives the message a tag and sends as much as goes at once. NULL if it cannot be encoded (or, with TLS, sent). */
static struct unconfirmed *start(struct publisher *publisher, const struct post *post)
{
    struct link *link = &publisher->link;
    uint64_t begins = link->appended_total;
    struct exchange *exchange = NULL;

    if (link->conn.tls ? !send_message(publisher, post) : !put_message(publisher, post, &exchange))
        return NULL;
    struct unconfirmed *message = slot_of(publisher, publisher->next_tag++);
    *message = (struct unconfirmed){.used = true,
                                    .exchange = exchange ? exchange->name : NULL,
                                    .begins = link->conn.tls ? 0 : begins,
                                    .call_id = post->call_id};
    strncpy(message->unique_id, post->unique_id, UNIQUE_ID);
    if (!publisher->looking) {
        publisher->looking = true;
        publisher->look_at = ostler_deadline(LOOK_SECONDS);
        link_want_keeper(link);
    }
    return message;
}

static enum ostler_status not_ready(struct publisher *publisher, ostler_time deadline, struct ostler_error *error)
{
    struct link *link = &publisher->link;
    enum ostler_status status = deadline == OSTLER_AT_ONCE ? OSTLER_E_BUSY : OSTLER_E_TIMEOUT;

    if (!link->is_up)
        return ostler_error_set(error, status == OSTLER_E_BUSY ? status : OSTLER_E_DELIVERY,
                                "not sent, there is no connection to the broker: %s",
                                link->why_down[0] ? link->why_down : "still connecting");
    if (link->blocked)
        return ostler_error_set(error, status, "not sent, the broker blocks publishers: %s", link->why_blocked);
    return ostler_error_set(error, status, "not sent, %u messages are under way unconfirmed", publisher->window);
}

/* Until a message can be sent. */
static enum ostler_status wait_ready(struct publisher *publisher, ostler_time deadline, int retry,
                                     struct ostler_error *error)
{
    struct link *link = &publisher->link;

    for (;;) {
        if (link->is_up && !link->blocked && !window_is_full(publisher))
            return OSTLER_OK;
        if (!link->is_up && retry == 0 && link->why_down[0])
            return not_ready(publisher, OSTLER_NEVER, error);
        if (deadline == OSTLER_AT_ONCE || (deadline != OSTLER_NEVER && ostler_now() >= deadline))
            return not_ready(publisher, deadline, error);
        link_read_wait(link, deadline);
    }
}

static enum ostler_status wait_fate(struct publisher *publisher, struct unconfirmed *message, enum fate *fate,
                                    ostler_time deadline, struct ostler_error *error)
{
    struct link *link = &publisher->link;

    while (*fate == FATE_OPEN) {
        if (deadline != OSTLER_NEVER && ostler_now() >= deadline) {
            message->fate = NULL;
            return ostler_error_set(error, OSTLER_E_TIMEOUT, "sent, but the broker has not confirmed it in time");
        }
        if (link->outbox.length)
            link_flush_wait(link, deadline);
        if (*fate == FATE_OPEN)
            link_read_wait(link, deadline);
    }
    return OSTLER_OK;
}

static enum ostler_status fate_status(enum fate fate, const struct post *post, struct ostler_error *error)
{
    switch (fate) {
    case FATE_CONFIRMED:
        return OSTLER_OK;
    case FATE_RETURNED:
        return ostler_error_set(error, OSTLER_E_UNDELIVERABLE, "no queue takes messages of exchange %s with key %s",
                                post->publish.exchange, post->publish.routing_key);
    case FATE_REFUSED:
        return ostler_error_set(error, OSTLER_E_DELIVERY, "the broker refused the message");
    default:
        return ostler_error_set(error, OSTLER_E_DELIVERY, "the connection was lost before the broker confirmed it");
    }
}

/* A cast: again and again, as often as allowed. */
static enum ostler_status post_cast(struct publisher *publisher, const struct post *post, ostler_time deadline,
                                    struct ostler_error *error)
{
    for (int attempt = 0;; attempt++) {
        enum ostler_status status = wait_ready(publisher, deadline, post->retry, error);
        if (status != OSTLER_OK)
            return status;
        struct unconfirmed *message = start(publisher, post);
        if (!message)
            return ostler_error_set(error, OSTLER_E_INVALID, "this message cannot be published");
        enum fate fate = FATE_OPEN;
        message->fate = &fate;
        link_flush(&publisher->link);
        status = wait_fate(publisher, message, &fate, deadline, error);
        if (status != OSTLER_OK)
            return status;
        bool again = fate == FATE_LOST || fate == FATE_NOT_SENT;
        if (!again || (post->retry >= 0 && attempt >= post->retry))
            return fate_status(fate, post, error);
    }
}

static enum ostler_status post_call(struct publisher *publisher, const struct post *post, ostler_time deadline,
                                    struct ostler_error *error)
{
    enum ostler_status status = wait_ready(publisher, deadline, post->retry, error);

    if (status != OSTLER_OK)
        return status;
    if (!start(publisher, post))
        return ostler_error_set(error, OSTLER_E_INVALID, "this message cannot be published");
    /* What is left over when the socket is full goes out with the next message, or by the keeper. */
    link_flush(&publisher->link);
    if (publisher->link.outbox.length)
        link_want_keeper(&publisher->link);
    return OSTLER_OK;
}

enum ostler_status publisher_post(struct publisher *publisher, const struct post *post, ostler_time deadline,
                                  struct ostler_error *error)
{
    link_lock(&publisher->link);
    enum ostler_status status =
        post->call_id ? post_call(publisher, post, deadline, error) : post_cast(publisher, post, deadline, error);
    link_unlock(&publisher->link);
    return status;
}

/* --- Replies -------------------------------------------------------------------------------------------------------------------- */

static void publish_reply(struct publisher *publisher, struct reply *reply)
{
    struct post post = {.publish = {.exchange = "",
                                    .routing_key = reply->queue,
                                    .body = reply->body,
                                    .length = reply->length,
                                    .mandatory = publisher->link.options->direct_mandatory,
                                    .expiration_ms = -1},
                        .unique_id = reply->unique_id};
    struct unconfirmed *message = start(publisher, &post);

    if (message)
        message->reply = reply;
    else
        reply_free(reply);
}

static bool can_send(const struct publisher *publisher)
{
    return publisher->link.is_up && !publisher->link.blocked && !window_is_full(publisher);
}

enum ostler_status publisher_reply(struct publisher *publisher, const char *queue, char *body, size_t length,
                                   const char *unique_id, struct ostler_error *error)
{
    struct reply *reply = calloc(1, sizeof *reply);
    char *name = strdup(queue);
    enum ostler_status status = OSTLER_OK;

    if (!reply || !name) {
        free(reply);
        free(name);
        free(body);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    *reply = (struct reply){.queue = name, .body = body, .length = length, .give_up = OSTLER_NEVER};
    strncpy(reply->unique_id, unique_id, UNIQUE_ID);

    link_lock(&publisher->link);
    if (queue_is_dead(publisher, queue)) {
        status = ostler_error_set(error, OSTLER_E_DELIVERY, "reply queue %s is gone", queue);
        reply_free(reply);
    } else if (can_send(publisher)) {
        publish_reply(publisher, reply);
        link_flush(&publisher->link);
        if (publisher->link.outbox.length)
            link_want_keeper(&publisher->link);
    } else if (publisher->waiting_count < MOST_WAITING && publisher->waiting_bytes < MOST_WAITING_BYTES) {
        reply_wait(publisher, reply, ostler_now());
    } else {
        status = ostler_error_set(error, OSTLER_E_DELIVERY, "%zu replies wait for the broker already",
                                  publisher->waiting_count);
        reply_free(reply);
    }
    link_unlock(&publisher->link);
    return status;
}

void publisher_heartbeat(struct publisher *publisher, const char *queue, const char *body, size_t length,
                         const char *unique_id)
{
    struct post post = {
        .publish = {.exchange = "", .routing_key = queue, .body = body, .length = length, .expiration_ms = -1},
        .unique_id = unique_id};

    link_lock(&publisher->link);
    if (can_send(publisher) && !queue_is_dead(publisher, queue) && start(publisher, &post))
        link_flush(&publisher->link);
    link_unlock(&publisher->link);
}

void publisher_read(struct publisher *publisher)
{
    link_lock(&publisher->link);
    if (!publisher->link.reading)
        link_read(&publisher->link);
    link_unlock(&publisher->link);
}

/* --- The keeper's chores ---------------------------------------------------------------------------------------------------------- */

static ostler_time due(void *self)
{
    const struct publisher *publisher = self;
    ostler_time at = publisher->looking ? publisher->look_at : OSTLER_NEVER;

    if (publisher->link.outbox.length)
        return OSTLER_AT_ONCE;
    if (publisher->waiting && can_send(publisher) && publisher->waiting->due < at)
        at = publisher->waiting->due;
    return at;
}

static void chores(void *self, struct link *link)
{
    struct publisher *publisher = self;
    ostler_time now = ostler_now();

    while (publisher->waiting && publisher->waiting->due <= now && can_send(publisher)) {
        struct reply *reply = publisher->waiting;
        reply_take(publisher, reply);
        publish_reply(publisher, reply);
    }
    link_flush_wait(link, ostler_deadline(HANDSHAKE_SECONDS));
    if (publisher->looking && publisher->look_at <= now) {
        publisher->looking = publisher->first_tag < publisher->next_tag;
        publisher->look_at = ostler_deadline(LOOK_SECONDS);
    }
}

static const struct link_handlers handlers = {.up = on_up,
                                              .down = on_down,
                                              .message = on_message,
                                              .method = on_method,
                                              .keeper_reads = true,
                                              .due = due,
                                              .chores = chores};

/* --- Life --------------------------------------------------------------------------------------------------------------------------- */

enum ostler_status publisher_open(const struct rabbit_options *options, const ostler_url *url,
                                  struct topology *topology, int epoll_fd, publisher_lost_fn lost, void *user,
                                  struct publisher **out, struct ostler_error *error)
{
    struct publisher *publisher = calloc(1, sizeof *publisher);
    struct unconfirmed *ring = calloc(options->publish_window, sizeof *ring);

    if (!publisher || !ring) {
        free(publisher);
        free(ring);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    publisher->topology = topology;
    publisher->lost = lost;
    publisher->user = user;
    publisher->ring = ring;
    publisher->window = options->publish_window;
    publisher->first_tag = publisher->next_tag = 1;
    enum ostler_status status =
        link_start(&publisher->link, options, url, &handlers, publisher, "publishing", epoll_fd, error);
    if (status != OSTLER_OK) {
        free(ring);
        free(publisher);
        return status;
    }
    *out = publisher;
    return OSTLER_OK;
}

static void drain(struct publisher *publisher)
{
    ostler_time deadline = ostler_deadline(2.0);
    struct link *link = &publisher->link;

    link_lock(link);
    while (link->is_up && (publisher->first_tag < publisher->next_tag || link->outbox.length) &&
           ostler_now() < deadline) {
        if (link->outbox.length)
            link_flush_wait(link, deadline);
        else
            link_read_wait(link, deadline);
    }
    link_unlock(link);
}

void publisher_close(struct publisher *publisher)
{
    struct reply *reply, *next;

    if (!publisher)
        return;
    drain(publisher);
    link_stop(&publisher->link);
    for (unsigned i = 0; i < publisher->window; i++)
        reply_free(publisher->ring[i].reply);
    DL_FOREACH_SAFE (publisher->waiting, reply, next) {
        reply_free(reply);
    }
    for (size_t i = 0; i < publisher->exchange_count; i++)
        free(publisher->exchanges[i].name);
    free(publisher->ring);
    free(publisher);
}

struct json_object *publisher_report(struct publisher *publisher)
{
    struct json_object *report = json_object_new_object();

    if (!report)
        return NULL;
    link_lock(&publisher->link);
    json_object_object_add(report, "connected", json_object_new_boolean(publisher->link.is_up));
    json_object_object_add(report, "connections", json_object_new_int64(publisher->link.epoch));
    json_object_object_add(report, "blocked", json_object_new_boolean(publisher->link.blocked));
    json_object_object_add(report, "unconfirmed",
                           json_object_new_int64((int64_t)(publisher->next_tag - publisher->first_tag)));
    json_object_object_add(report, "replies_waiting", json_object_new_int64((int64_t)publisher->waiting_count));
    link_unlock(&publisher->link);
    return report;
}
