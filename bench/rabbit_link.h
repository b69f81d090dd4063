/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to RabbitMQ by rabbitmq-c, or two, for raw_rabbit.c: a queue to read from, and messages out. */
#ifndef OSTLER_BENCH_RABBIT_LINK_H
#define OSTLER_BENCH_RABBIT_LINK_H

#include <amqp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rabbit_mode {
    /* As fast as the public interface allows: frames made with its encoders leave with one send() for all that is ready;
     * the broker takes every delivery for acknowledged; nothing is confirmed. */
    RABBIT_FAST,
    /* The same with what RPC needs: every message is confirmed, requests are acknowledged before they are answered,
     * answers are mandatory and acknowledged. */
    RABBIT_CONFIRMED,
    /* amqp_basic_publish() and amqp_consume_message(), one message at a time, without any guarantee. */
    RABBIT_NAIVE
};

#define RABBIT_NAME_MAX 128

/* How a contestant goes about it: the mode, and what the wire and the guarantees of oslo.messaging ask for beyond. */
struct rabbit_way {
    enum rabbit_mode mode;
    bool acks_first; /* requests are acknowledged before anything runs: in a packet that leaves before the answers do */
    bool connections; /* one to publish, another to consume */
    bool text;        /* bodies are the texts that the wire has (rabbit_text.h), ids included */
    bool properties;  /* oslo.messaging's; with `text` no others */
    bool topic;       /* requests go through a topic exchange */
    bool expiry;      /* requests expire and are not mandatory, and so does the queue of the answers, which lasts */
};

/* "fast" (also ""), "confirmed", "naive"; "wire" is confirmed with all of the above, "confirmed+NAME+..." with some:
 * acks, connections, text, properties, topic, expiry. */
struct rabbit_way rabbit_way_of(const char *variant);

/* A message as it came in; valid until the next one is received into it. */
struct rabbit_message {
    char id[40];
    char reply_to[RABBIT_NAME_MAX];
    char *body; /* `length` bytes, room for `capacity` */
    size_t length, capacity;
};

struct rabbit_link {
    amqp_connection_state_t state;
    struct rabbit_way way;
    struct rabbit_link *publisher; /* another connection, or NULL: this one publishes, too */
    unsigned char *out;            /* frames that wait to be sent */
    size_t out_length, out_capacity;
    uint64_t unacked;     /* the last delivery that is not acknowledged; 0: none */
    uint64_t acked;       /* the last one that is */
    uint64_t published;   /* messages that the broker is to confirm */
    uint64_t unconfirmed; /* of these: not yet */
};

/* What is declared. */
struct rabbit_place {
    const char *queue;
    const char *exchange; /* made, and bound to the queue; NULL: none */
    const char *type;     /* the exchange's */
    bool is_shared;       /* as oslo.messaging's queues for notifications: it stays. Else this connection's alone */
    bool expires;         /* the queue stays while it is used, for this connection alone or not */
    bool is_read;
};

/* Two connections where the way has two. */
void rabbit_open(struct rabbit_link *link, const char *host, int port, const struct rabbit_way *way,
                 const struct rabbit_place *place);
void rabbit_close(struct rabbit_link *link);

/* Sends to @p key of @p exchange; @p reply_to may be NULL: then nobody answers it. @p id: NULL for a notification, which has
 * the properties of those of oslo.messaging. In the modes that gather frames they leave with rabbit_flush(), or when
 * rabbit_receive() finds nothing more to read. */
void rabbit_publish(struct rabbit_link *link, const char *exchange, const char *key, const char *id,
                    const char *reply_to, const void *body, size_t length);
void rabbit_flush(struct rabbit_link *link);

/* Messages that the broker has not confirmed yet. */
uint64_t rabbit_unconfirmed(struct rabbit_link *link);

/* Returns when the broker has confirmed all that was published; at once in the modes without confirms. */
void rabbit_await_confirms(struct rabbit_link *link);

/* Sends what waits; returns when at least one more has been confirmed. */
void rabbit_await_confirm(struct rabbit_link *link);

/* The next message. */
void rabbit_receive(struct rabbit_link *link, struct rabbit_message *message);

/* The next messages: one at least, and what is there already. Acknowledged when it returns. */
size_t rabbit_receive_some(struct rabbit_link *link, struct rabbit_message *messages, size_t most);

#endif
