/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <ostler/log.h>

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { PLACES_KEPT = 1024 };
/* After a connection was lost or could not be made the next one waits so long. */
#define RETRY_NS (100 * INT64_C(1000000))

/* --- The table of connections; the lock is held ------------------------------------------------------------------- */

static struct place *find_place(struct client *client, const char *address)
{
    struct place *place, *next;
    size_t size = strlen(address);

    HASH_FIND(hh, client->places, address, size, place);
    if (place)
        return place;
    if (HASH_COUNT(client->places) >= PLACES_KEPT) {
        ostler_time now = ostler_now();
        HASH_ITER (hh, client->places, place, next) {
            if (place->conn || place->retry_at > now)
                continue;
            HASH_DEL(client->places, place);
            free(place);
        }
    }
    place = calloc(1, sizeof *place + size + 1);
    if (!place)
        return NULL;
    memcpy(place->address, address, size + 1);
    HASH_ADD(hh, client->places, address[0], size, place);
    return place;
}

/* Takes a conn out of the tables. */
static void remove_conn(struct client *client, struct conn *conn, ostler_time retry_at)
{
    struct place *place = find_place(client, conn->address);

    if (place && place->conn == conn) {
        place->conn = NULL;
        place->retry_at = retry_at;
    }
    HASH_DEL(client->conns, conn);
    epoll_ctl(client->epoll, EPOLL_CTL_DEL, conn->readable, NULL);
    client->services++;
}

/* Makes room for one more connection: the longest unused one on which nothing is under way ends, once its node has
 * confirmed that it has everything. */
static void close_longest_unused(struct client *client)
{
    struct conn *conn, *oldest = NULL;

    for (conn = client->conns; conn; conn = conn->hh.next)
        if (conn->references == 1 && (!oldest || conn->used < oldest->used) && conn_idle(conn)) {
            if (conn_confirmed(conn))
                oldest = conn;
            else
                conn_say(conn, WIRE_ACK, WIRE_WANTS_ACK);
        }
    if (!oldest)
        return;
    conn_say(oldest, WIRE_BYE, 0);
    remove_conn(client, oldest, 0);
    free(conn_kill(oldest));
    conn_unref(oldest);
}

struct conn *client_conn(struct client *client, const char *address)
{
    struct place *place = find_place(client, address);
    struct ostler_error problem = OSTLER_ERROR_INIT;
    struct epoll_event event = {.events = EPOLLIN};
    struct conn *conn;

    if (!place)
        return NULL;
    if (!place->conn) {
        ostler_time now = ostler_now();
        if (now < place->retry_at)
            return NULL;
        place->retry_at = now + RETRY_NS;
        if (HASH_COUNT(client->conns) >= client->settings->max_sockets)
            close_longest_unused(client);
        if (conn_open(client->settings, address, &conn, &problem) != OSTLER_OK) {
            if (!place->warned)
                ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME, "%s", problem.message);
            place->warned = true;
            ostler_error_clear(&problem);
            return NULL;
        }
        place->warned = false;
        event.data.u32 = conn->serial = ++client->serial;
        if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, conn->readable, &event) != 0 ||
            epoll_ctl(client->notes.epoll, EPOLL_CTL_ADD, conn->readable, &event) != 0) {
            conn_unref(conn);
            return NULL;
        }
        HASH_ADD(hh, client->conns, serial, sizeof conn->serial, conn);
        place->conn = conn;
    }
    conn = place->conn;
    conn->used = ostler_now();
    conn->references++;
    return conn;
}

/* --- Without the lock --------------------------------------------------------------------------------------------- */

struct conn **client_conns(struct client *client, size_t *count)
{
    *count = 0;
    pthread_mutex_lock(&client->lock);
    struct conn **conns = calloc(HASH_COUNT(client->conns) + 1, sizeof(struct conn *));
    for (struct conn *conn = client->conns; conns && conn; conn = conn->hh.next) {
        conn->references++;
        conns[(*count)++] = conn;
    }
    pthread_mutex_unlock(&client->lock);
    return conns;
}

void client_conns_unref(struct conn **conns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        conn_unref(conns[i]);
    free(conns);
}

void client_conn_lost(struct client *client, struct conn *conn)
{
    struct pending *pending = conn_kill(conn);
    struct conn *found;

    bool notes = false;

    while (pending) {
        struct pending *next = pending->next;
        for (unsigned i = 0; i < pending->count; i++)
            if (client_note_ended(client, pending->id, NOTE_LOST))
                notes = true;
            else
                client_owe_loss(client, pending->id, "the connection to the server at %s ended before it answered",
                                conn->address);
        atomic_fetch_sub(&client->under_way, pending->count);
        free(pending);
        pending = next;
    }
    /* Whoever polls goes on with them. */
    if (notes)
        eventfd_raise(client->wake);
    pthread_mutex_lock(&client->lock);
    HASH_FIND(hh, client->conns, &conn->serial, sizeof conn->serial, found);
    if (found) {
        ostler_log(OSTLER_LOG_DEBUG, DRIVER_NAME, "the connection to %s is gone", conn->address);
        remove_conn(client, conn, ostler_now() + RETRY_NS);
        conn->references--;
    }
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);
}
