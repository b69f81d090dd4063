/* SPDX-License-Identifier: Apache-2.0 */
/* Requests on their way out. */
#include "client.h"

#include <ostler/thread.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS (50 * INT64_C(1000000))
/* A fanout waits so long for nodes that have not said yet what they serve. */
#define FANOUT_DISCOVERY_S 0.5

/* A request in all but its server. */
struct request {
    const struct ostler_outgoing *message;
    struct wire_request wire;
    uint8_t head[WIRE_REQUEST_HEAD_MAX];
    struct iovec parts[3]; /* header, head, context and arguments */
    size_t size;
    struct ostler_json_text values; /* context and arguments */
    char room[4096];
};

/* --- Making it ---------------------------------------------------------------------------------------------------- */

static enum ostler_status check_name(const char *what, const char *text, bool needed, enum ostler_status status,
                                     struct wire_text *out, struct ostler_error *error)
{
    size_t length = text ? strlen(text) : 0;

    if (length > OSTLER_NAME_MAX)
        return ostler_error_set(error, status, "the %s has %zu bytes; the limit is %d: %.40s...", what, length,
                                OSTLER_NAME_MAX, text);
    if (needed && length == 0)
        return ostler_error_set(error, status, "the %s is missing", what);
    *out = (struct wire_text){.text = text ? text : "", .length = (uint8_t)length};
    return OSTLER_OK;
}

static enum ostler_status check_names(const struct ostler_outgoing *message, struct wire_request *wire,
                                      struct ostler_error *error)
{
    const struct ostler_target *target = &message->target;
    enum ostler_status status =
        check_name("exchange", target->exchange, false, OSTLER_E_TARGET, &wire->exchange, error);

    if (status == OSTLER_OK)
        status = check_name("topic", target->topic, true, OSTLER_E_TARGET, &wire->topic, error);
    if (status == OSTLER_OK)
        status = check_name("server's name", target->server, false, OSTLER_E_TARGET, &wire->server, error);
    if (status == OSTLER_OK)
        status =
            check_name("namespace", message->message.namespace_, false, OSTLER_E_INVALID, &wire->namespace_, error);
    if (status == OSTLER_OK)
        status = check_name("version", message->message.version, false, OSTLER_E_INVALID, &wire->version, error);
    if (status == OSTLER_OK)
        status = check_name("method", message->message.method, true, OSTLER_E_INVALID, &wire->method, error);
    return status;
}

/* On one host a point in time means the same everywhere; between hosts only a span does. */
static void set_expiry(const struct settings *settings, const struct ostler_outgoing *message,
                       struct wire_request *wire)
{
    if (message->expiry == OSTLER_NEVER)
        return;
    wire->expiry_absolute = !settings->tcp;
    wire->expiry =
        settings->tcp ? (uint64_t)(ostler_time_left(message->expiry) * 1000.0) + 1 : (uint64_t)message->expiry;
}

enum ostler_status client_print_values(struct ostler_json_text *text, struct json_object *context,
                                       struct json_object *args, struct wire_request *wire, struct iovec *part,
                                       struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    if (context)
        status = ostler_json_write(text, context, error);
    wire->context_length = text->length;
    if (status == OSTLER_OK && args)
        status = ostler_json_write(text, args, error);
    wire->args_length = text->length - wire->context_length;
    *part = (struct iovec){.iov_base = text->bytes, .iov_len = text->length};
    return status;
}

static enum ostler_status request_init(const struct settings *settings, const struct ostler_outgoing *message,
                                       struct request *request, struct ostler_error *error)
{
    struct wire_request *wire = &request->wire;

    request->message = message;
    *wire = (struct wire_request){.id = message->call_id};
    enum ostler_status status = check_names(message, wire, error);
    if (status != OSTLER_OK)
        return status;
    wire->has_namespace = message->message.namespace_ != NULL;
    wire->has_version = message->message.version != NULL;
    wire->only_server = message->target.fanout || wire->server.length > 0;
    set_expiry(settings, message, wire);
    if (message->monitor_timeout > 0.0)
        wire->monitor_ms = message->monitor_timeout < 4e6 ? (uint32_t)(message->monitor_timeout * 1000.0) : UINT32_MAX;
    status = client_print_values(&request->values, message->message.context, message->message.args, wire,
                                 &request->parts[2], error);
    if (status != OSTLER_OK)
        return status;
    size_t size = WIRE_HEADER_SIZE + WIRE_REQUEST_HEAD_MAX + wire->context_length + wire->args_length;
    if (size > settings->max_message)
        return ostler_error_set(error, OSTLER_E_INVALID,
                                "the request %s has %zu bytes; the limit of this transport is %zu (max_message_size)",
                                message->message.method, size, settings->max_message);
    return OSTLER_OK;
}

static void set_server(struct request *request, const char *server)
{
    request->wire.server = (struct wire_text){.text = server, .length = (uint8_t)strlen(server)};
    request->parts[1].iov_base = request->head;
    request->parts[1].iov_len = wire_put_request(request->head, &request->wire);
    request->size = request->parts[1].iov_len + request->wire.context_length + request->wire.args_length;
}

/* --- To one server ------------------------------------------------------------------------------------------------ */

static enum conn_result send_to(struct client *client, struct request *request, const struct choice *choice)
{
    const struct ostler_outgoing *message = request->message;

    set_server(request, choice->server);
    if (message->call_id)
        atomic_fetch_add(&client->under_way, 1);
    bool listed = false;
    enum conn_result result =
        message->more
            ? conn_hold(choice->conn, request->parts, 3, request->size, message->call_id, message->expiry, &listed)
            : conn_send(choice->conn, 0, request->parts, 3, request->size, message->call_id, message->expiry);
    if (listed)
        client_hold(client, choice->conn);
    if (result == CONN_SENT) {
        atomic_fetch_add_explicit(&client->sent, 1, memory_order_relaxed);
        if (message->call_id)
            client_tick_within(client, 200);
    } else if (message->call_id) {
        atomic_fetch_sub(&client->under_way, 1);
    }
    if (result == CONN_GONE || result == CONN_LOST) {
        client_conn_lost(client, choice->conn);
        client_doubt(client, message->target.exchange ? message->target.exchange : "", message->target.topic);
    }
    return result;
}

ostler_time client_look_again(ostler_time deadline)
{
    ostler_time look = ostler_now() + LOOK_NS;

    return look < deadline ? look : deadline;
}

void client_wait_writable(const struct conn *conn, ostler_time deadline)
{
    struct pollfd wait = {.fd = conn->writable, .events = POLLIN};

    poll(&wait, 1, ostler_time_left_ms(client_look_again(deadline)));
}

void client_wait_changed(struct client *client, ostler_time deadline)
{
    pthread_mutex_lock(&client->lock);
    ostler_cond_wait(&client->changed, &client->lock, client_look_again(deadline));
    pthread_mutex_unlock(&client->lock);
}

/* Sends to the server chosen, waiting a moment for it to have room. */
static enum conn_result send_patiently(struct client *client, struct request *request, const struct choice *choice)
{
    ostler_time deadline = request->message->deadline;
    enum conn_result result = send_to(client, request, choice);

    if (result == CONN_FULL && deadline != OSTLER_AT_ONCE) {
        client_wait_writable(choice->conn, deadline);
        result = send_to(client, request, choice);
    }
    return result;
}

/* Until something is known that was not, but not for long. */
static void wait_for_news(struct client *client, bool complete, ostler_time deadline)
{
    if (complete)
        client_wait_changed(client, deadline);
    else
        client_discover(client, client_look_again(deadline));
}

static enum ostler_status nobody(const struct client *client, const struct ostler_outgoing *message,
                                 enum ostler_status status, struct ostler_error *error)
{
    const struct ostler_target *target = &message->target;

    return ostler_error_set(error, status, "nobody serves topic \"%s\"%s%s%s (exchange \"%s\") in %s", target->topic,
                            target->server ? " as server \"" : "", target->server ? target->server : "",
                            target->server ? "\"" : "", target->exchange ? target->exchange : "", client->where);
}

/* Nobody can be sent to: why, in the end. */
static enum ostler_status give_up(const struct client *client, const struct ostler_outgoing *message, size_t known,
                                  bool in_time, struct ostler_error *error)
{
    if (known > 0 && message->deadline == OSTLER_AT_ONCE)
        return ostler_error_set(error, OSTLER_E_BUSY, "no server of topic \"%s\" can take a request right now",
                                message->target.topic);
    if (known > 0)
        return ostler_error_set(error, message->call_id ? OSTLER_E_TIMEOUT : OSTLER_E_DELIVERY,
                                "no server of topic \"%s\" took the request in time (%zu known)", message->target.topic,
                                known);
    return nobody(client, message, message->call_id && !in_time ? OSTLER_E_TIMEOUT : OSTLER_E_UNDELIVERABLE, error);
}

/* From an event loop nothing may wait. A call whose server is not connected yet, or not known, is kept and sent from
 * the poll; a connection that is there and full is the caller's to wait for. */
static bool defer(struct client *client, struct request *request, const struct choice *choice)
{
    if (!request->message->call_id || request->message->deadline != OSTLER_AT_ONCE)
        return false;
    if (choice->conn && conn_established(choice->conn))
        return false;
    set_server(request, request->message->target.server ? request->message->target.server : "");
    return client_defer(client, &request->wire, request->parts + 1, 2);
}

static enum ostler_status send_to_one(struct client *client, struct request *request, struct ostler_error *error)
{
    const struct ostler_outgoing *message = request->message;
    const char *exchange = message->target.exchange ? message->target.exchange : "";
    size_t most_known = 0;
    int looks = 0;

    for (;;) {
        struct choice choice;
        enum conn_result result = CONN_GONE;
        enum ostler_status status =
            client_choose(client, exchange, message->target.topic, message->target.server, NULL, &choice, error);
        if (status != OSTLER_OK)
            return status;
        most_known = choice.known > most_known ? choice.known : most_known;
        /* One server is enough to send to; the others should be known soon all the same. */
        if (!choice.complete && choice.conn)
            client_discover(client, OSTLER_AT_ONCE);
        if (choice.conn)
            result = send_patiently(client, request, &choice);
        bool deferred = (result == CONN_GONE || result == CONN_FULL) && !message->at_least_once &&
                        message->retry != 0 && defer(client, request, &choice);
        if (choice.conn)
            conn_unref(choice.conn);
        if (result == CONN_SENT || deferred)
            return OSTLER_OK;
        if (result == CONN_LOST)
            return ostler_error_set(error, OSTLER_E_DELIVERY,
                                    "the connection to server \"%s\" of topic \"%s\" broke while the request was sent",
                                    choice.server, message->target.topic);
        if (result == CONN_NOMEM)
            return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
        if (choice.known == 0 && choice.complete && (message->at_least_once || looks++ == message->retry))
            return give_up(client, message, 0, true, error);
        if (client_passed(message->deadline))
            return give_up(client, message, most_known, false, error);
        if (!choice.conn)
            wait_for_news(client, choice.complete, message->deadline);
    }
}

/* --- To all servers ----------------------------------------------------------------------------------------------- */

struct fanout {
    struct choice *choices;
    size_t count, sent, failed;
};

/* One round over those that have not got it. Returns how many still wait. */
static size_t fanout_round(struct client *client, struct request *request, struct fanout *fanout, bool patiently)
{
    size_t waiting = 0;

    for (size_t i = 0; i < fanout->count; i++) {
        struct choice *choice = &fanout->choices[i];
        if (!choice->conn)
            continue;
        enum conn_result result =
            patiently ? send_patiently(client, request, choice) : send_to(client, request, choice);
        if (result == CONN_FULL) {
            waiting++;
            continue;
        }
        fanout->sent += result == CONN_SENT;
        /* A server that is gone is none any more. */
        fanout->failed += result == CONN_LOST || result == CONN_NOMEM;
        conn_unref(choice->conn);
        choice->conn = NULL;
    }
    return waiting;
}

static enum ostler_status find_all(struct client *client, const char *exchange, const char *topic, ostler_time deadline,
                                   struct choice **choices, size_t *count, struct ostler_error *error)
{
    ostler_time until = ostler_deadline(FANOUT_DISCOVERY_S);
    bool complete = true;

    if (deadline < until)
        until = deadline;
    for (;;) {
        enum ostler_status status = client_choose_all(client, exchange, topic, choices, count, &complete, error);
        if (status != OSTLER_OK || complete || client_passed(until))
            return status;
        for (size_t i = 0; i < *count; i++)
            conn_unref((*choices)[i].conn);
        free(*choices);
        *choices = NULL;
        *count = 0;
        client_discover(client, client_look_again(until));
    }
}

static enum ostler_status fanout_status(const struct client *client, const struct ostler_outgoing *message,
                                        const struct fanout *fanout, size_t waiting, struct ostler_error *error)
{
    size_t missed = fanout->failed + waiting;

    if (message->at_least_once && fanout->sent + missed == 0)
        return nobody(client, message, OSTLER_E_UNDELIVERABLE, error);
    if (missed > 0 && fanout->sent == 0 && message->deadline == OSTLER_AT_ONCE)
        return ostler_error_set(error, OSTLER_E_BUSY, "no server of topic \"%s\" can take a request right now",
                                message->target.topic);
    /* A gather makes do with those that got it. */
    if (missed > 0 && (!message->call_id || fanout->sent == 0))
        return ostler_error_set(error, OSTLER_E_DELIVERY, "%zu of %zu servers of topic \"%s\" did not get it", missed,
                                fanout->sent + missed, message->target.topic);
    return OSTLER_OK;
}

static enum ostler_status send_to_all(struct client *client, struct request *request, unsigned *receivers,
                                      struct ostler_error *error)
{
    const struct ostler_outgoing *message = request->message;
    struct fanout fanout = {.count = 0};
    const char *exchange = message->target.exchange ? message->target.exchange : "";
    enum ostler_status status =
        find_all(client, exchange, message->target.topic, message->deadline, &fanout.choices, &fanout.count, error);

    if (status != OSTLER_OK)
        return status;
    size_t waiting = fanout_round(client, request, &fanout, false);
    while (waiting > 0 && !client_passed(message->deadline))
        waiting = fanout_round(client, request, &fanout, true);
    status = fanout_status(client, message, &fanout, waiting, error);
    for (size_t i = 0; i < fanout.count; i++)
        if (fanout.choices[i].conn)
            conn_unref(fanout.choices[i].conn);
    free(fanout.choices);
    if (status == OSTLER_OK && receivers)
        *receivers = (unsigned)fanout.sent;
    return status;
}

enum ostler_status client_send(struct client *client, const struct ostler_outgoing *message, unsigned *receivers,
                               struct ostler_error *error)
{
    struct request request;

    ostler_json_text_init(&request.values, request.room, sizeof request.room);
    enum ostler_status status = request_init(client->settings, message, &request, error);
    if (status == OSTLER_OK && message->target.fanout) {
        status = send_to_all(client, &request, receivers, error);
    } else if (status == OSTLER_OK) {
        status = send_to_one(client, &request, error);
        if (status == OSTLER_OK && receivers)
            *receivers = 1;
    }
    ostler_json_text_clear(&request.values);
    return status;
}
