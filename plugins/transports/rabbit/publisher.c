/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher's link: its events, its keeper's chores, its life. */
#include "publisher_parts.h"

#include <ostler/log.h>

#include <amqp_framing.h>
#include <stdlib.h>

/* --- The link's events */

static enum ostler_status on_up(void *self, struct conn *conn, struct ostler_error *error)
{
    (void)self;
    amqp_confirm_select(conn->state, CONN_CHANNEL);
    return conn_reply_error(amqp_get_rpc_reply(conn->state), NULL, error);
}

static void on_down(void *self, struct link *link, const char *reason)
{
    (void)link;
    renewal_forget(self);
    confirms_lose_all(self, NULL, reason);
}

static bool on_message(void *self, struct link *link, struct received *message, struct ostler_error *error)
{
    (void)link;
    (void)error;
    if (message->returned)
        confirms_note_returned(self, message);
    received_free(message);
    return true;
}

/* The broker closed the channel over one of our messages; the connection goes on with a new one, unless half a frame is
 * on its way. */
static bool channel_closed(struct publisher *publisher, const amqp_channel_close_t *close, struct ostler_error *error)
{
    struct link *link = &publisher->link;
    char text[512], name[256];

    conn_text(close->reply_text, text, sizeof text);
    if (publisher->renewal.stage > RENEWAL_WANTED) {
        ostler_error_set(error, OSTLER_E_DELIVERY, "%s", text);
        return false;
    }
    renewal_forget(publisher);
    ostler_log(OSTLER_LOG_INFO, "rabbit", "the broker closed the publishing channel: %d %s", close->reply_code, text);
    confirms_lose_all(publisher, exchanges_missing_name(text, name, sizeof name), text);
    if (link->outbox.length) {
        ostler_error_set(error, OSTLER_E_DELIVERY, "%s", text);
        return false;
    }
    link->epoch++;
    return conn_reopen_channel(&link->conn, CONN_CHANNEL, error) == OSTLER_OK &&
           on_up(publisher, &link->conn, error) == OSTLER_OK;
}

static bool on_method(void *self, struct link *link, const amqp_method_t *method, struct ostler_error *error)
{
    (void)link;
    if (method->id == AMQP_BASIC_ACK_METHOD) {
        const amqp_basic_ack_t *ack = method->decoded;
        confirms_take(self, ack->delivery_tag, ack->multiple, FATE_CONFIRMED);
    } else if (method->id == AMQP_BASIC_NACK_METHOD) {
        const amqp_basic_nack_t *nack = method->decoded;
        confirms_take(self, nack->delivery_tag, nack->multiple, FATE_REFUSED);
    } else if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
        return channel_closed(self, method->decoded, error);
    } else if (method->id == AMQP_CHANNEL_CLOSE_OK_METHOD || method->id == AMQP_CHANNEL_OPEN_OK_METHOD ||
               method->id == AMQP_CONFIRM_SELECT_OK_METHOD) {
        return renewal_takes(self, method, error);
    }
    return true;
}

void publisher_read(struct publisher *publisher)
{
    link_lock(&publisher->link);
    if (!publisher->link.reading)
        link_read(&publisher->link);
    link_unlock(&publisher->link);
}

void publisher_flush(struct publisher *publisher)
{
    link_lock(&publisher->link);
    if (publisher->link.held)
        link_send_off(&publisher->link);
    link_unlock(&publisher->link);
}

/* --- The keeper's chores */

static ostler_time due(void *self)
{
    const struct publisher *publisher = self;
    ostler_time at = publisher->looking ? publisher->look_at : OSTLER_NEVER;

    if (publisher->waiting && posting_is_possible(publisher) && publisher->waiting->due < at)
        at = publisher->waiting->due;
    if (publisher->casts && posting_is_possible(publisher) && publisher->casts->due < at)
        at = publisher->casts->due;
    if (renewal_due(publisher) < at)
        at = renewal_due(publisher);
    return at;
}

static void chores(void *self, struct link *link)
{
    struct publisher *publisher = self;

    if (publisher->waiting) {
        kept_replies_publish(publisher);
        link_flush(link);
    }
    if (publisher->casts) {
        kept_casts_publish(publisher);
        link_flush(link);
    }
    renewal_begin(publisher);
    publisher->looking |= publisher->renewal.stage > RENEWAL_WANTED;
    if (publisher->looking && publisher->look_at <= ostler_now()) {
        if (!link->reading)
            link_read(link);
        publisher->looking = publisher->first_tag < publisher->next_tag || publisher->renewal.stage > RENEWAL_WANTED;
        publisher->look_at = ostler_deadline(PUBLISHER_LOOK_SECONDS);
    }
}

static const struct link_handlers handlers = {
    .up = on_up, .down = on_down, .message = on_message, .method = on_method, .due = due, .chores = chores};

/* --- Life --------------------------------------------------------------------------------------------------------------------------- */

enum ostler_status publisher_open(const struct rabbit_options *options, const ostler_url *url,
                                  struct topology *topology, int epoll_fd, const struct publisher_events *events,
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
    publisher->events = *events;
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
    if (!publisher)
        return;
    drain(publisher);
    link_stop(&publisher->link);
    kept_replies_free(publisher);
    kept_casts_free(publisher);
    exchanges_free(publisher);
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
