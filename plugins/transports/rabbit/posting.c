/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing: a cast until it is confirmed, a call until it is on its way. */
#include "publisher_parts.h"

#include <amqp_framing.h>

/* What may have been sent before confirms are read. */
#define UNREAD_BYTES ((size_t)256 << 10)
/* From here on a message is sent part by part. */
#define LARGE_BYTES ((size_t)256 << 10)

bool posting_is_possible(const struct publisher *publisher)
{
    const struct link *link = &publisher->link;

    return link->is_up && !link->blocked && publisher->renewal.stage == RENEWAL_NONE &&
           !confirms_window_is_full(publisher) && link_has_room(link);
}

/* --- One message */

static bool put_message(struct link *link, const struct post *post)
{
    size_t before = link->outbox.length;

    if (!frames_put_publish(&link->outbox, CONN_CHANNEL, link->conn.frame_max, &post->publish))
        return false;
    link->appended_total += link->outbox.length - before;
    return true;
}

/* Sends a large message while it is put into frames, so that the outbox holds no more of it than the socket does not take.
 * Its last part stays there: it has not been sent before it has a tag. False if the link broke: without memory it must,
 * for half a message has gone out. */
static bool put_large_message(struct link *link, const struct post *post)
{
    const struct publish *publish = &post->publish;
    size_t part = frames_payload(link->conn.frame_max), before = link->outbox.length;
    bool takes = true;

    if (!frames_put_publish_head(&link->outbox, CONN_CHANNEL, publish))
        return false;
    for (size_t at = 0; at < publish->length; at += part) {
        size_t size = publish->length - at < part ? publish->length - at : part;
        if (!frames_put_body(&link->outbox, CONN_CHANNEL, link->conn.frame_max, publish->body + at, size)) {
            link_break(link, "no memory to send a large message");
            return false;
        }
        link->appended_total += link->outbox.length - before;
        if (takes && at + size < publish->length && !link_flush(link))
            return false;
        takes = takes && link->outbox.length == 0;
        before = link->outbox.length;
    }
    return true;
}

/* TLS: the library writes, and may wait for the socket, for as long as the kernel does not give the connection up. */
static bool send_message(struct link *link, const struct post *post)
{
    const struct publish *publish = &post->publish;
    amqp_bytes_t body = {.len = publish->length, .bytes = (void *)(uintptr_t)publish->body};
    struct publish_scratch scratch;
    amqp_basic_properties_t properties;

    frames_properties(publish, &scratch, &properties);
    link->conn.last_sent = ostler_now();
    return amqp_basic_publish(link->conn.state, CONN_CHANNEL, amqp_cstring_bytes(publish->exchange),
                              amqp_cstring_bytes(publish->routing_key), publish->mandatory, 0, &properties,
                              body) == AMQP_STATUS_OK;
}

struct unconfirmed *posting_start(struct publisher *publisher, const struct post *post, struct ostler_error *error)
{
    struct link *link = &publisher->link;
    uint64_t begins = link->appended_total;
    struct ostler_error failure = OSTLER_ERROR_INIT;
    const char *exchange = NULL;
    enum ostler_status status = exchanges_ensure(publisher, post, &exchange, &failure);

    if (status != OSTLER_OK) {
        if (status != OSTLER_E_INVALID)
            link_break(link, failure.message);
        ostler_error_move(error, &failure);
        return NULL;
    }
    bool large = post->publish.length > LARGE_BYTES;
    if (link->conn.tls ? !send_message(link, post)
        : large        ? !put_large_message(link, post)
                       : !put_message(link, post)) {
        ostler_error_set(error, OSTLER_E_INVALID, "this message cannot be published");
        return NULL;
    }
    if (!publisher->looking) {
        publisher->looking = true;
        publisher->look_at = ostler_deadline(PUBLISHER_LOOK_SECONDS);
        link_want_keeper(link);
    }
    return confirms_add(publisher, post, exchange, begins);
}

/* Sends what was started, or leaves it for the next message. Confirms that nobody waits for are read once in a while, before
 * they fill the window, or what is kept for them the memory. */
void posting_finish(struct publisher *publisher, const struct post *post)
{
    struct link *link = &publisher->link;

    if (post->more)
        link_hold(link);
    else
        link_send_off(link);
    publisher->unread_count++;
    publisher->unread_bytes += post->publish.length;
    if (publisher->unread_count < publisher->window / 4 && publisher->unread_bytes < UNREAD_BYTES)
        return;
    publisher->unread_count = 0;
    publisher->unread_bytes = 0;
    if (!link->reading)
        link_read(link);
}

/* --- Waiting */

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
    if (publisher->renewal.stage != RENEWAL_NONE)
        return ostler_error_set(error, status, "not sent, the broker refuses messages");
    return ostler_error_set(error, status, "not sent, %u messages are under way unconfirmed", publisher->window);
}

/* Until a message can be sent, or as many more attempts to connect have failed as are allowed. */
static enum ostler_status wait_ready(struct publisher *publisher, ostler_time deadline, int retry,
                                     struct ostler_error *error)
{
    struct link *link = &publisher->link;
    unsigned before = link->rounds_failed;
    unsigned allowed = (unsigned)retry + (link->why_down[0] ? 0 : 1);

    for (;;) {
        if (posting_is_possible(publisher))
            return OSTLER_OK;
        if (!link->is_up && retry >= 0 && link->rounds_failed - before >= allowed)
            return not_ready(publisher, OSTLER_NEVER, error);
        if (deadline == OSTLER_AT_ONCE || (deadline != OSTLER_NEVER && ostler_now() >= deadline))
            return not_ready(publisher, deadline, error);
        if (link->is_up && !link_has_room(link))
            link_flush_wait(link, deadline);
        else
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
            return ostler_error_set(error, OSTLER_E_DELIVERY, "sent, but the broker has not confirmed it in time");
        }
        if (link->outbox.length)
            link_flush_wait(link, deadline);
        if (*fate == FATE_OPEN)
            link_read_wait(link, deadline);
    }
    return OSTLER_OK;
}

enum ostler_status posting_fate_status(enum fate fate, const struct post *post, struct ostler_error *error)
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

enum ostler_status posting_start_when_possible(struct publisher *publisher, const struct post *post,
                                               ostler_time deadline, struct unconfirmed **message,
                                               struct ostler_error *error)
{
    for (int attempt = 0;; attempt++) {
        enum ostler_status status = wait_ready(publisher, deadline, post->retry, error);
        if (status != OSTLER_OK)
            return status;
        if (!exchanges_are_ensured(publisher, post) && publisher->link.outbox.length) {
            if (!link_flush_wait(&publisher->link, deadline) && publisher->link.is_up)
                return not_ready(publisher, OSTLER_NEVER, error);
            attempt--;
            continue;
        }
        struct ostler_error failure = OSTLER_ERROR_INIT;
        *message = posting_start(publisher, post, &failure);
        if (*message)
            return OSTLER_OK;
        if (publisher->link.is_up)
            return ostler_error_move(error, &failure);
        ostler_error_clear(&failure);
        if (post->retry >= 0 && attempt >= post->retry)
            return not_ready(publisher, OSTLER_NEVER, error);
    }
}

/* Whether a cast that met this fate may be sent again; one that was refused after a pause, for a while. */
static bool goes_again(struct publisher *publisher, enum fate fate, ostler_time deadline, ostler_time *refused_until)
{
    if (fate == FATE_LOST || fate == FATE_NOT_SENT)
        return true;
    if (fate != FATE_REFUSED)
        return false;
    if (*refused_until == OSTLER_NEVER)
        *refused_until = ostler_deadline(PUBLISHER_REFUSED_SECONDS);
    ostler_time pause = ostler_deadline(PUBLISHER_REFUSED_PAUSE_SECONDS);
    if (deadline < pause)
        pause = deadline;
    while (ostler_now() < pause && publisher->link.is_up)
        link_wait_changed(&publisher->link, pause);
    return ostler_now() < *refused_until;
}

/* A cast or a notification: again and again, as often as allowed. */
static enum ostler_status post_cast(struct publisher *publisher, const struct post *post, ostler_time deadline,
                                    struct ostler_error *error)
{
    ostler_time refused_until = OSTLER_NEVER;
    bool redeclared = false;

    for (int attempt = 0;; attempt++) {
        struct unconfirmed *message;
        enum fate fate = FATE_OPEN;
        enum ostler_status status = posting_start_when_possible(publisher, post, deadline, &message, error);
        if (status != OSTLER_OK)
            return status;
        message->fate = &fate;
        link_send_off(&publisher->link);
        status = wait_fate(publisher, message, &fate, deadline, error);
        if (status != OSTLER_OK)
            return status;
        /* Its queue has been deleted since it was declared: once more, with a new one. */
        if (fate == FATE_RETURNED && post->queue && !redeclared) {
            redeclared = true;
            exchanges_doubt(publisher, post);
            continue;
        }
        bool last = post->retry >= 0 && attempt >= post->retry;
        if (last || !goes_again(publisher, fate, deadline, &refused_until))
            return posting_fate_status(fate, post, error);
    }
}

static enum ostler_status post_call(struct publisher *publisher, const struct post *post, ostler_time deadline,
                                    struct ostler_error *error)
{
    struct unconfirmed *message;
    enum ostler_status status = posting_start_when_possible(publisher, post, deadline, &message, error);

    if (status == OSTLER_OK)
        posting_finish(publisher, post);
    return status;
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

void publisher_heartbeat(struct publisher *publisher, const char *queue, const char *body, size_t length,
                         const char *unique_id)
{
    struct post post = {
        .publish = {.exchange = "", .routing_key = queue, .body = body, .length = length, .expiration_ms = -1},
        .unique_id = unique_id};

    link_lock(&publisher->link);
    if (posting_is_possible(publisher) && posting_start(publisher, &post, NULL))
        posting_finish(publisher, &post);
    link_unlock(&publisher->link);
}
