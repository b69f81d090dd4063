/* SPDX-License-Identifier: Apache-2.0 */
/* A server that does not run a request gives it back whole, so that another one can have it: it still runs at most
 * once. It is sent again when a server can take it, as long as somebody waits for it. */
#include "client.h"

#include <ostler/log.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define BOUNCED_BYTES ((size_t)64 * 1024 * 1024)
/* So long a cast that came back is kept. */
#define CAST_S   5.0
#define AVOID_NS (50 * INT64_C(1000000))

static void copy_text(char *out, const struct wire_text *text)
{
    memcpy(out, text->text, text->length);
    out[text->length] = 0;
}

static void give_up(struct client *client, uint64_t id, const struct wire_request *request, const char *why)
{
    char server[OSTLER_NAME_MAX + 1], topic[OSTLER_NAME_MAX + 1];

    copy_text(server, &request->server);
    copy_text(topic, &request->topic);
    if (id)
        client_owe_loss(client, id, "server \"%s\" of topic \"%s\" did not take the request: %s", server, topic, why);
    else if (!request->only_server)
        ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME, "a cast to topic \"%s\" is lost: server \"%s\" did not take it, %s",
                   topic, server, why);
}

static ostler_time expiry_of(const struct wire_request *request)
{
    if (request->id == 0)
        return ostler_deadline(CAST_S);
    if (request->expiry == 0)
        return OSTLER_NEVER;
    return request->expiry_absolute ? (ostler_time)request->expiry : ostler_deadline((double)request->expiry / 1000.0);
}

/* Keeps a request's body, which is in several parts, until it can be sent. */
static bool keep(struct client *client, const struct wire_request *request, const uint8_t *body, size_t length,
                 const struct iovec *more, int count, bool busy)
{
    size_t size = length;

    for (int i = 0; i < count; i++)
        size += more[i].iov_len;
    if (client->bounced_bytes + size > BOUNCED_BYTES)
        return false;
    struct bounced *bounced = malloc(sizeof *bounced + size);
    if (!bounced)
        return false;
    bounced->id = request->id;
    bounced->expiry = expiry_of(request);
    bounced->since = ostler_now();
    bounced->avoid[0] = 0;
    if (busy)
        copy_text(bounced->avoid, &request->server);
    bounced->length = length;
    memcpy(bounced->body, body, length);
    for (int i = 0; i < count; i++) {
        memcpy(bounced->body + bounced->length, more[i].iov_base, more[i].iov_len);
        bounced->length += more[i].iov_len;
    }
    DL_APPEND(client->bounced, bounced);
    client->bounced_bytes += bounced->length;
    client_tick_within(client, 1);
    return true;
}

void client_bounce(struct client *client, uint64_t id, enum wire_refusal reason, const struct wire_record *refused)
{
    const char *why = reason == WIRE_BUSY ? "it is too busy" : "it does not serve it any more";
    char exchange[OSTLER_NAME_MAX + 1], topic[OSTLER_NAME_MAX + 1];
    struct wire_request request;

    if (!wire_get_request(refused, &request) || request.id != id)
        return;
    copy_text(exchange, &request.exchange);
    copy_text(topic, &request.topic);
    client_doubt(client, exchange, topic);
    if (request.only_server) {
        give_up(client, id, &request, why);
        return;
    }
    if (!keep(client, &request, refused->body, refused->length, NULL, 0, reason == WIRE_BUSY))
        give_up(client, id, &request, "and there is no room to keep it for another one");
}

bool client_defer(struct client *client, const struct wire_request *request, const struct iovec *parts, int count)
{
    struct wire_request own = *request;

    /* The record's head is not kept. */
    const uint8_t *head = parts[0].iov_base;
    pthread_mutex_lock(&client->reading);
    bool kept =
        keep(client, &own, head + WIRE_RECORD_HEAD, parts[0].iov_len - WIRE_RECORD_HEAD, parts + 1, count - 1, false);
    pthread_mutex_unlock(&client->reading);
    return kept;
}

/* Sends it to a server that it fits. Returns false to try again later. */
static bool send_again(struct client *client, const struct bounced *bounced, struct wire_request *request)
{
    uint8_t head[WIRE_REQUEST_HEAD_MAX];
    char exchange[OSTLER_NAME_MAX + 1], topic[OSTLER_NAME_MAX + 1];
    char server[OSTLER_NAME_MAX + 1];
    struct choice choice;
    union {
        const char *in;
        void *out;
    } values = {.in = request->context};

    copy_text(exchange, &request->exchange);
    copy_text(topic, &request->topic);
    copy_text(server, &request->server);
    if (client_choose(client, exchange, topic, request->only_server ? server : NULL, bounced->avoid, &choice, NULL) !=
            OSTLER_OK ||
        !choice.conn)
        return false;
    request->server = (struct wire_text){.text = choice.server, .length = (uint8_t)strlen(choice.server)};
    struct iovec parts[3] = {{.iov_len = 0},
                             {.iov_base = head, .iov_len = wire_put_request(head, request)},
                             {.iov_base = values.out, .iov_len = request->context_length + request->args_length}};
    if (bounced->id)
        atomic_fetch_add(&client->under_way, 1);
    enum conn_result result =
        conn_send(choice.conn, 0, parts, 3, parts[1].iov_len + parts[2].iov_len, bounced->id, bounced->expiry);
    if (bounced->id && result != CONN_SENT)
        atomic_fetch_sub(&client->under_way, 1);
    if (result == CONN_GONE || result == CONN_LOST)
        client_conn_lost(client, choice.conn);
    conn_unref(choice.conn);
    if (result == CONN_LOST)
        give_up(client, bounced->id, request, "and the connection to another one broke");
    if (result == CONN_SENT)
        atomic_fetch_add(&client->rerouted, 1);
    return result == CONN_SENT || result == CONN_LOST;
}

static void drop(struct client *client, struct bounced *bounced)
{
    DL_DELETE(client->bounced, bounced);
    client->bounced_bytes -= bounced->length;
    free(bounced);
}

void client_bounced_retry(struct client *client)
{
    struct bounced *bounced, *next;
    ostler_time now = ostler_now();

    DL_FOREACH_SAFE (client->bounced, bounced, next) {
        struct wire_record record = {
            .kind = bounced->id ? WIRE_CALL : WIRE_CAST, .body = bounced->body, .length = bounced->length};
        struct wire_request request;
        bool done = !wire_get_request(&record, &request);
        if (!done && bounced->expiry <= now) {
            give_up(client, bounced->id, &request, "nor did another one in time");
            done = true;
        }
        /* After a while the server that was too busy is as good as any. */
        if (now - bounced->since > AVOID_NS)
            bounced->avoid[0] = 0;
        if (done || send_again(client, bounced, &request))
            drop(client, bounced);
    }
}

void client_bounced_clear(struct client *client)
{
    struct bounced *bounced, *next;

    DL_FOREACH_SAFE (client->bounced, bounced, next)
        drop(client, bounced);
}
