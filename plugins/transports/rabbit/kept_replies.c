/* SPDX-License-Identifier: Apache-2.0 */
/* Replies, kept until the broker has confirmed them: published again after a connection was lost, and again and again for a
 * while when the caller's queue is missing. */
#include "publisher_parts.h"

#include <ostler/log.h>

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { MOST_WAITING = 100000 };
#define MOST_WAITING_BYTES ((size_t)256 << 20)
#define DEAD_SECONDS       60.0
#define REPEAT_SECONDS     0.25

static void reply_free(struct kept_reply *reply)
{
    if (!reply)
        return;
    free(reply->body);
    free(reply);
}

static void reply_wait(struct publisher *publisher, struct kept_reply *reply, ostler_time due)
{
    reply->due = due;
    DL_INSERT_INORDER(publisher->waiting, reply, KEPT_LATER);
    publisher->waiting_count++;
    publisher->waiting_bytes += reply->length;
    link_want_keeper(&publisher->link);
}

static void reply_take(struct publisher *publisher, struct kept_reply *reply)
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

/* The caller's queue was not there, or would not take it: again a little later, for a while. */
static void reply_again(struct publisher *publisher, struct kept_reply *reply, enum fate fate)
{
    if (reply->give_up == OSTLER_NEVER)
        reply->give_up = ostler_deadline(publisher->link.options->missing_consumer_timeout);
    if (ostler_now() >= reply->give_up) {
        if (fate == FATE_RETURNED)
            remember_dead(publisher, reply->queue);
        else
            ostler_log(OSTLER_LOG_WARNING, "rabbit", "a reply is dropped: the broker refuses it for %s", reply->queue);
        reply_free(reply);
    } else {
        reply_wait(publisher, reply, ostler_deadline(REPEAT_SECONDS));
    }
}

void kept_reply_settle(struct publisher *publisher, struct kept_reply *reply, enum fate fate)
{
    if (fate == FATE_CONFIRMED)
        reply_free(reply);
    else if (fate == FATE_RETURNED || fate == FATE_REFUSED)
        reply_again(publisher, reply, fate);
    else
        reply_wait(publisher, reply, ostler_now());
}

static void publish_reply(struct publisher *publisher, struct kept_reply *reply, bool more)
{
    struct post post = {.publish = {.exchange = "",
                                    .routing_key = reply->queue,
                                    .body = reply->body,
                                    .length = reply->length,
                                    .mandatory = publisher->link.options->direct_mandatory,
                                    .expiration_ms = -1,
                                    .compression = publisher->link.options->compression},
                        .unique_id = reply->unique_id,
                        .more = more};
    struct unconfirmed *message = posting_start(publisher, &post, NULL);

    if (message) {
        message->reply = reply;
        posting_finish(publisher, &post);
    } else if (!publisher->link.is_up) {
        reply_wait(publisher, reply, ostler_now());
    } else {
        reply_free(reply);
    }
}

void kept_replies_publish(struct publisher *publisher)
{
    ostler_time now = ostler_now();

    while (publisher->waiting && publisher->waiting->due <= now && posting_is_possible(publisher)) {
        struct kept_reply *reply = publisher->waiting;
        reply_take(publisher, reply);
        publish_reply(publisher, reply, publisher->waiting != NULL);
    }
}

void kept_replies_free(struct publisher *publisher)
{
    struct kept_reply *reply, *next;

    for (unsigned i = 0; i < publisher->window; i++)
        reply_free(publisher->ring[i].reply);
    DL_FOREACH_SAFE (publisher->waiting, reply, next) {
        reply_free(reply);
    }
}

enum ostler_status publisher_reply(struct publisher *publisher, const char *queue, char *body, size_t length,
                                   const char *unique_id, bool more, struct ostler_error *error)
{
    size_t size = strlen(queue) + 1;
    struct kept_reply *reply = malloc(sizeof *reply + size);
    enum ostler_status status = OSTLER_OK;

    if (!reply) {
        free(body);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    *reply = (struct kept_reply){.body = body, .length = length, .give_up = OSTLER_NEVER};
    memcpy(reply->queue, queue, size);
    strncpy(reply->unique_id, unique_id, UNIQUE_ID);

    link_lock(&publisher->link);
    if (queue_is_dead(publisher, queue)) {
        status = ostler_error_set(error, OSTLER_E_DELIVERY, "reply queue %s is gone", queue);
        reply_free(reply);
    } else if (posting_is_possible(publisher)) {
        publish_reply(publisher, reply, more);
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
