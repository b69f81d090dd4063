/* SPDX-License-Identifier: Apache-2.0 */
/* What the next poll is to hand out: replies that came, or were found lost, in another thread's hands, and what was accepted
 * for senders that do not wait. */
#include "client.h"

#include <ostler/log.h>

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void client_owed_init(struct client *client)
{
    pthread_mutex_init(&client->owed_lock, NULL);
}

static struct ostler_reply *reply_at(const struct owed *owed, size_t i)
{
    return &owed->replies[(owed->first + i) % owed->capacity];
}

void client_owed_fini(struct client *client)
{
    for (size_t i = 0; i < client->owed.count; i++) {
        json_object_put(reply_at(&client->owed, i)->value);
        free(reply_at(&client->owed, i)->reason);
    }
    free(client->owed.replies);
    pthread_mutex_destroy(&client->owed_lock);
}

/* The lock is held. */
static bool make_room(struct owed *owed)
{
    if (owed->count < owed->capacity)
        return true;
    size_t capacity = owed->capacity ? owed->capacity * 2 : FIRST_ROOM;
    struct ostler_reply *replies = malloc(capacity * sizeof *replies);

    if (!replies)
        return false;
    for (size_t i = 0; i < owed->count; i++)
        replies[i] = *reply_at(owed, i);
    free(owed->replies);
    *owed = (struct owed){.replies = replies, .count = owed->count, .capacity = capacity};
    return true;
}

void client_owe(struct client *client, const struct ostler_reply *reply)
{
    struct owed *owed = &client->owed;

    pthread_mutex_lock(&client->owed_lock);
    /* Whoever polls must be woken if it waits, and so must an event loop, which cannot be seen to. */
    bool wake = client->poll_waits || (client->fd_is_known && owed->count == 0), kept = make_room(owed);
    client->poll_waits = false;
    if (kept)
        *reply_at(owed, owed->count++) = *reply;
    pthread_mutex_unlock(&client->owed_lock);
    if (!kept) {
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "no memory for a reply: its caller will wait in vain");
        free(reply->reason);
        json_object_put(reply->value);
    } else if (wake) {
        eventfd_raise(client->wake);
    }
}

void client_owe_accepted(struct client *client, uint64_t id)
{
    const struct ostler_reply reply = {.call_id = id, .kind = OSTLER_REPLY_RESULT};

    client_owe(client, &reply);
}

void client_owe_loss(struct client *client, uint64_t id, const char *format, ...)
{
    struct ostler_reply reply = {.call_id = id, .kind = OSTLER_REPLY_LOST, .status = OSTLER_E_DELIVERY};
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&reply.reason, format, arguments) < 0)
        reply.reason = NULL;
    va_end(arguments);
    atomic_fetch_add(&client->lost, 1);
    client_owe(client, &reply);
}

size_t client_take_owed(struct client *client, struct ostler_reply *replies, size_t max, bool will_wait)
{
    struct owed *owed = &client->owed;
    size_t count = 0;

    pthread_mutex_lock(&client->owed_lock);
    for (; owed->count > 0 && count < max; owed->count--) {
        replies[count++] = *reply_at(owed, 0);
        owed->first = (owed->first + 1) % owed->capacity;
    }
    /* The next poll finds the rest; an event loop has to be told that there should be one. */
    bool left = client->fd_is_known && owed->count > 0;
    client->poll_waits = will_wait && count == 0;
    pthread_mutex_unlock(&client->owed_lock);
    if (left)
        eventfd_raise(client->wake);
    return count;
}

void client_knows_fd(struct client *client)
{
    pthread_mutex_lock(&client->owed_lock);
    client->fd_is_known = true;
    pthread_mutex_unlock(&client->owed_lock);
}

/* --- Casts that nobody waits for ---------------------------------------------------------------------------------- */

enum ostler_status client_cast_later(struct client *client, const struct ostler_outgoing *message,
                                     struct ostler_error *error)
{
    struct ostler_outgoing cast = *message;

    cast.call_id = 0;
    cast.acceptance = false;
    enum ostler_status status = client_send(client, &cast, NULL, error);
    if (status == OSTLER_OK)
        client_owe_accepted(client, message->call_id);
    return status;
}
