/* SPDX-License-Identifier: Apache-2.0 */
/* The driver for RabbitMQ, on oslo.messaging's wire: its operations and its descriptor. */
#include "note.h"

#include <ostler/version.h>

#include <stdlib.h>

static void call_lost(void *user, uint64_t call_id, enum ostler_status status, const char *reason)
{
    ostler_driver_transport *transport = user;

    replies_lost(transport->replies, call_id, status, reason);
}

static void cast_accepted(void *user, uint64_t call_id, enum ostler_status status, const char *reason)
{
    ostler_driver_transport *transport = user;

    replies_accepted(transport->replies, call_id, status, reason);
}

static void close_transport(ostler_driver_transport *transport)
{
    publisher_close(transport->publisher);
    replies_free(transport->replies);
    free(transport);
}

static enum ostler_status open_transport(const ostler_conf *conf, const ostler_url *url, ostler_driver_transport **out,
                                         struct ostler_error *error)
{
    ostler_driver_transport *transport = calloc(1, sizeof *transport);

    if (!transport)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    const struct publisher_events events = {.lost = call_lost, .accepted = cast_accepted, .user = transport};
    transport->url = url;
    transport->id = id_random();
    enum ostler_status status = rabbit_options_read(conf, &transport->options, error);
    transport->topology.options = &transport->options;
    if (status == OSTLER_OK)
        status =
            replies_open(&transport->options, url, &transport->topology, transport->id, &transport->replies, error);
    if (status == OSTLER_OK)
        status = publisher_open(&transport->options, url, &transport->topology,
                                replies_publisher_fd(transport->replies), &events, &transport->publisher, error);
    if (status == OSTLER_OK)
        *out = transport;
    else
        close_transport(transport);
    return status;
}

static void read_publisher(void *user)
{
    ostler_driver_transport *transport = user;

    publisher_read(transport->publisher);
}

static size_t poll_replies(ostler_driver_transport *transport, ostler_time deadline, struct ostler_reply *replies,
                           size_t max)
{
    return replies_poll(transport->replies, deadline, replies, max, read_publisher, transport);
}

static void wake_replies(ostler_driver_transport *transport)
{
    replies_wake(transport->replies);
}

static int replies_descriptor(ostler_driver_transport *transport)
{
    return replies_epoll_fd(transport->replies);
}

static struct json_object *report(ostler_driver_transport *transport)
{
    return publisher_report(transport->publisher);
}

static void explain(ostler_driver_transport *transport, uint64_t call_id, struct json_object *details)
{
    publisher_explain(transport->publisher, call_id, replies_doubt(transport->replies), details);
}

static void flush(ostler_driver_transport *transport)
{
    publisher_flush(transport->publisher);
}

static bool is_notification(const struct ostler_incoming *incoming)
{
    return ((const struct arrived *)incoming)->is_notification;
}

static enum ostler_status open_incoming(struct ostler_incoming *incoming, struct ostler_error *error)
{
    return is_notification(incoming) ? note_open(incoming, error) : rabbit_incoming_open(incoming, error);
}

static void free_incoming(struct ostler_incoming *incoming)
{
    if (is_notification(incoming))
        rabbit_note_free(incoming);
    else
        rabbit_incoming_free(incoming);
}

static const struct ostler_driver_ops operations = {
    .open = open_transport,
    .close = close_transport,
    .send = rabbit_send,
    .replies_poll = poll_replies,
    .replies_wake = wake_replies,
    .replies_fd = replies_descriptor,
    .listen = rabbit_listen,
    .listener_poll = rabbit_listener_poll,
    .listener_wake = rabbit_listener_wake,
    .listener_stop = rabbit_listener_stop,
    .listener_close = rabbit_listener_close,
    .incoming_open = open_incoming,
    .incoming_reply = rabbit_incoming_reply,
    .incoming_heartbeat = rabbit_incoming_heartbeat,
    .incoming_free = free_incoming,
    .report = report,
    .explain = explain,
    .flush = flush,
    .notify = rabbit_notify,
    .subscribe = rabbit_subscribe,
    .incoming_settle = note_settle,
    .accepts_later = true,
};

static const char *const aliases[] = {"kombu", NULL};

OSTLER_MODULE(rabbit) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_TRANSPORT,
    .name = "rabbit",
    .aliases = aliases,
    .version = OSTLER_VERSION,
    .summary = "RabbitMQ, on the wire of oslo.messaging",
    .ops = &operations,
    .ops_size = sizeof operations,
    .options = rabbit_option_groups,
};
