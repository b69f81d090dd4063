/* SPDX-License-Identifier: Apache-2.0 */
/* The driver as the core sees it: its options, its operations, its descriptor. */
#include "exchange.h"
#include "listener.h"
#include "notes.h"

#include <ostler/version.h>

#include <json-c/json.h>
#include <stdlib.h>

#define GROUP "fake"

static const struct ostler_option options[] = {
    {.name = "queue_size",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "10000",
     .min = 1,
     .max = 10000000,
     .help =
         "Messages that one queue may hold: each server has one, and so has a topic without servers. A sender waits "
         "for room."},
    {.name = "max_queues",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "10000",
     .min = 1,
     .max = 10000000,
     .help = "Queues in this process beyond which no message is taken for a topic or server that is not there yet."},
    {.name = "reply_queue_size",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "100000",
     .min = 1,
     .max = 10000000,
     .help = "Replies that may wait for one transport to collect them. Further ones are lost, and the server is told."},
    {.name = NULL},
};

static const struct ostler_option_group groups[] = {
    {GROUP, "The in-process transport, fake:", options},
    {.name = NULL},
};

struct ostler_driver_transport {
    struct fake_limits limits;
    struct fake_replies *replies;
};

/* --- The transport ------------------------------------------------------------------------------------------------ */

static enum ostler_status transport_open(const ostler_conf *conf, const ostler_url *url,
                                         ostler_driver_transport **transport, struct ostler_error *error)
{
    (void)url; /* every URL leads to the same exchanges */
    ostler_driver_transport *made = calloc(1, sizeof *made);
    struct fake_replies *replies =
        fake_replies_new((size_t)ostler_conf_integer(conf, GROUP, "reply_queue_size", 100000));

    if (!made || !replies) {
        free(made);
        fake_replies_free(replies);
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a transport");
    }
    made->limits.queue_size = (size_t)ostler_conf_integer(conf, GROUP, "queue_size", 10000);
    made->limits.max_queues = (size_t)ostler_conf_integer(conf, GROUP, "max_queues", 10000);
    made->replies = replies;
    fake_exchanges_open();
    fake_notes_open();
    *transport = made;
    return OSTLER_OK;
}

static void transport_close(ostler_driver_transport *transport)
{
    fake_replies_close(transport->replies);
    fake_notes_close();
    fake_exchanges_close(transport->replies);
    fake_replies_free(transport->replies);
    free(transport);
}

static bool add_count(struct json_object *report, const char *name, size_t count)
{
    struct json_object *number = json_object_new_int64((int64_t)count);

    if (number && json_object_object_add(report, name, number) == 0)
        return true;
    json_object_put(number);
    return false;
}

static struct json_object *transport_report(ostler_driver_transport *transport)
{
    struct json_object *report = json_object_new_object();
    size_t topics, servers, waiting;

    fake_exchanges_totals(&topics, &servers, &waiting);
    if (report && add_count(report, "topics", topics) && add_count(report, "servers", servers) &&
        add_count(report, "requests_waiting", waiting) &&
        add_count(report, "notifications_waiting", fake_notes_waiting()) &&
        add_count(report, "replies_waiting", fake_replies_count(transport->replies)))
        return report;
    json_object_put(report);
    return NULL;
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

static enum ostler_status send_to_one(ostler_driver_transport *transport, struct fake_topic *topic,
                                      const struct ostler_outgoing *outgoing, unsigned *receivers,
                                      struct ostler_error *error)
{
    struct fake_message *message;
    enum ostler_status status = fake_message_new(outgoing, transport->replies, &message, error);

    if (status != OSTLER_OK)
        return status;
    status = fake_topic_put(topic, message, outgoing, &transport->limits, receivers, error);
    if (status != OSTLER_OK)
        fake_message_free(message);
    return status;
}

/* Makes `count` messages of one. On failure there is none. */
static enum ostler_status copy_for_all(ostler_driver_transport *transport, const struct ostler_outgoing *outgoing,
                                       size_t count, struct fake_message ***copies, struct ostler_error *error)
{
    struct fake_message **made = calloc(count ? count : 1, sizeof *made);
    enum ostler_status status = OSTLER_OK;

    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a message");
    for (size_t i = 0; i < count && status == OSTLER_OK; i++)
        status = fake_message_new(outgoing, transport->replies, &made[i], error);
    if (status != OSTLER_OK) {
        for (size_t i = 0; i < count && made[i]; i++)
            fake_message_free(made[i]);
        free(made);
        return status;
    }
    *copies = made;
    return OSTLER_OK;
}

/* Each server gets a copy of its own. They are made without a lock, so servers may come meanwhile: then again. */
static enum ostler_status send_to_all(ostler_driver_transport *transport, struct fake_topic *topic,
                                      const struct ostler_outgoing *outgoing, unsigned *receivers,
                                      struct ostler_error *error)
{
    struct fake_message **copies = NULL;
    size_t count = fake_topic_servers(topic);
    unsigned reached = 0;

    for (;;) {
        enum ostler_status status = copy_for_all(transport, outgoing, count, &copies, error);
        if (status != OSTLER_OK)
            return status;
        status = fake_topic_put_all(topic, copies, count, outgoing, &transport->limits, &reached, error);
        bool put = status == OSTLER_OK && reached <= count;
        for (size_t i = put ? reached : 0; i < count; i++)
            fake_message_free(copies[i]);
        free(copies);
        if (put && receivers)
            *receivers = reached;
        if (put || status != OSTLER_OK)
            return status;
        count = reached;
    }
}

static enum ostler_status transport_send(ostler_driver_transport *transport, const struct ostler_outgoing *outgoing,
                                         unsigned *receivers, struct ostler_error *error)
{
    struct fake_topic *topic;
    enum ostler_status status = fake_exchanges_get(&outgoing->target, transport->limits.max_queues, &topic, error);

    if (status != OSTLER_OK)
        return status;
    if (outgoing->target.fanout)
        status = send_to_all(transport, topic, outgoing, receivers, error);
    else
        status = send_to_one(transport, topic, outgoing, receivers, error);
    fake_exchanges_put(topic);
    return status;
}

/* --- What the other files do under the driver's types ------------------------------------------------------------- */

static size_t replies_poll(ostler_driver_transport *transport, ostler_time deadline, struct ostler_reply *replies,
                           size_t max)
{
    return fake_replies_poll(transport->replies, deadline, replies, max);
}

static void replies_wake(ostler_driver_transport *transport)
{
    fake_replies_wake(transport->replies);
}

static int replies_fd(ostler_driver_transport *transport)
{
    return fake_replies_fd(transport->replies);
}

/* Of requests, or of notifications. */
struct ostler_driver_listener {
    struct fake_listener *requests; /* NULL: the other one */
    struct fake_subscriber *subscriber;
};

static enum ostler_status listener_new(ostler_driver_listener **listener, struct ostler_error *error)
{
    *listener = calloc(1, sizeof **listener);
    return *listener ? OSTLER_OK : ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a listener");
}

static enum ostler_status listen_(ostler_driver_transport *transport, const struct ostler_target *target,
                                  ostler_driver_listener **listener, struct ostler_error *error)
{
    ostler_driver_listener *made;
    enum ostler_status status = listener_new(&made, error);

    if (status == OSTLER_OK)
        status = fake_listener_open(target, &transport->limits, &made->requests, error);
    if (status == OSTLER_OK)
        *listener = made;
    else
        free(made);
    return status;
}

static enum ostler_status subscribe(ostler_driver_transport *transport, const struct ostler_subscription *subscription,
                                    ostler_driver_listener **listener, struct ostler_error *error)
{
    ostler_driver_listener *made;
    enum ostler_status status = listener_new(&made, error);

    (void)transport; /* all lead to the same queues */
    if (status == OSTLER_OK)
        status = fake_subscriber_open(subscription, &made->subscriber, error);
    if (status == OSTLER_OK)
        *listener = made;
    else
        free(made);
    return status;
}

static enum ostler_status notify(ostler_driver_transport *transport,
                                 const struct ostler_outgoing_notification *notification, struct ostler_error *error)
{
    return fake_notes_notify(notification, &transport->limits, error);
}

static size_t listener_poll(ostler_driver_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                            size_t max)
{
    if (listener->subscriber)
        return fake_subscriber_poll(listener->subscriber, deadline, incoming, max);
    return fake_listener_poll(listener->requests, deadline, incoming, max);
}

static void listener_wake(ostler_driver_listener *listener)
{
    if (listener->subscriber)
        fake_subscriber_wake(listener->subscriber);
    else
        fake_listener_wake(listener->requests);
}

static void listener_stop(ostler_driver_listener *listener)
{
    if (listener->subscriber)
        fake_subscriber_stop(listener->subscriber);
    else
        fake_listener_stop(listener->requests);
}

static void listener_close(ostler_driver_listener *listener)
{
    if (listener->subscriber)
        fake_subscriber_close(listener->subscriber);
    else
        fake_listener_close(listener->requests);
    free(listener);
}

static enum ostler_status incoming_open(struct ostler_incoming *incoming, struct ostler_error *error)
{
    if (((struct fake_incoming *)incoming)->is_note)
        return fake_note_open(incoming, error);
    return fake_message_open((struct fake_message *)incoming, error);
}

static enum ostler_status incoming_reply(struct ostler_incoming *incoming, const struct ostler_answer *answer,
                                         struct ostler_error *error)
{
    return fake_message_reply((struct fake_message *)incoming, answer, error);
}

static void incoming_heartbeat(struct ostler_incoming *incoming)
{
    fake_message_heartbeat((struct fake_message *)incoming);
}

static void incoming_free(struct ostler_incoming *incoming)
{
    if (((struct fake_incoming *)incoming)->is_note)
        fake_note_free(incoming);
    else
        fake_message_free((struct fake_message *)incoming);
}

static enum ostler_status incoming_settle(struct ostler_incoming *incoming, enum ostler_settlement settlement,
                                          struct ostler_error *error)
{
    (void)error;
    return fake_notes_settle(incoming, settlement);
}

static const struct ostler_driver_ops operations = {
    .open = transport_open,
    .close = transport_close,
    .send = transport_send,
    .replies_poll = replies_poll,
    .replies_wake = replies_wake,
    .replies_fd = replies_fd,
    .listen = listen_,
    .listener_poll = listener_poll,
    .listener_wake = listener_wake,
    .listener_stop = listener_stop,
    .listener_close = listener_close,
    .incoming_open = incoming_open,
    .incoming_reply = incoming_reply,
    .incoming_heartbeat = incoming_heartbeat,
    .incoming_free = incoming_free,
    .report = transport_report,
    .notify = notify,
    .subscribe = subscribe,
    .incoming_settle = incoming_settle,
};

OSTLER_MODULE(fake) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_TRANSPORT,
    .name = "fake",
    .version = OSTLER_VERSION,
    .summary = "in this process: for tests, and the reference for semantics",
    .ops = &operations,
    .ops_size = sizeof operations,
    .options = groups,
};
