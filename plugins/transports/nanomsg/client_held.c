/* SPDX-License-Identifier: Apache-2.0 */
/* Conns that hold requests back. Each is in the list once, counted. */
#include "client.h"

/* Puts one into the list; its count is the list's from here on. */
static void keep(struct client *client, struct conn *conn)
{
    pthread_mutex_lock(&client->held_lock);
    conn->next_held = client->held;
    client->held = conn;
    pthread_mutex_unlock(&client->held_lock);
}

void client_hold(struct client *client, struct conn *conn)
{
    conn->references++;
    keep(client, conn);
    if (!flusher_watch(client->flusher))
        client_flush(client, OSTLER_NEVER);
}

bool client_flush(struct client *client, ostler_time before)
{
    struct conn *next;
    bool held = false;

    pthread_mutex_lock(&client->held_lock);
    struct conn *conn = client->held;
    client->held = NULL;
    pthread_mutex_unlock(&client->held_lock);
    for (; conn; conn = next) {
        next = conn->next_held;
        if (conn_flush(conn, before)) {
            held = true;
            keep(client, conn);
        } else {
            conn_unref(conn);
        }
    }
    return held;
}
