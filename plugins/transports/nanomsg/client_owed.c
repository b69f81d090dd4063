/* SPDX-License-Identifier: Apache-2.0 */
/* What the next poll is to hand out: replies that came, or were found lost, in another thread's hands, and what was accepted
 * for senders that do not wait. */
#include "client.h"

#include <ostler/log.h>

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

enum { FIRST_ACCEPTED = 64 };

void client_owed_init(struct client *client)
{
    pthread_mutex_init(&client->owed_lock, NULL);
}

void client_owed_fini(struct client *client)
{
    struct owed *owed, *next;

    DL_FOREACH_SAFE (client->owed, owed, next) {
        DL_DELETE(client->owed, owed);
        json_object_put(owed->reply.value);
        free(owed->reply.reason);
        free(owed);
    }
    free(client->accepted.ids);
    pthread_mutex_destroy(&client->owed_lock);
}

/* --- Owing; the lock is held -------------------------------------------------------------------------------------- */

/* Whoever polls must be woken if it waits, and so must an event loop, which cannot be seen to. */
static bool wants_wake(struct client *client)
{
    bool first = !client->owed && client->accepted.count == 0;
    bool wake = client->poll_waits || (client->fd_is_known && first);

    client->poll_waits = false;
    return wake;
}

static bool make_room(struct accepted *accepted)
{
    if (accepted->count < accepted->capacity)
        return true;
    size_t capacity = accepted->capacity ? accepted->capacity * 2 : FIRST_ACCEPTED;
    uint64_t *ids = malloc(capacity * sizeof *ids);

    if (!ids)
        return false;
    for (size_t i = 0; i < accepted->count; i++)
        ids[i] = accepted->ids[(accepted->first + i) % accepted->capacity];
    free(accepted->ids);
    *accepted = (struct accepted){.ids = ids, .count = accepted->count, .capacity = capacity};
    return true;
}

/* --- Without it --------------------------------------------------------------------------------------------------- */

void client_owe(struct client *client, const struct ostler_reply *reply)
{
    struct owed *owed = malloc(sizeof *owed);

    if (!owed) {
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME, "no memory for a reply: its caller will wait in vain");
        free(reply->reason);
        json_object_put(reply->value);
        return;
    }
    owed->reply = *reply;
    pthread_mutex_lock(&client->owed_lock);
    bool wake = wants_wake(client);
    DL_APPEND(client->owed, owed);
    pthread_mutex_unlock(&client->owed_lock);
    if (wake)
        eventfd_raise(client->wake);
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

void client_owe_accepted(struct client *client, uint64_t id)
{
    struct accepted *accepted = &client->accepted;

    pthread_mutex_lock(&client->owed_lock);
    bool wake = wants_wake(client), kept = make_room(accepted);
    if (kept)
        accepted->ids[(accepted->first + accepted->count++) % accepted->capacity] = id;
    pthread_mutex_unlock(&client->owed_lock);
    if (!kept)
        ostler_log(OSTLER_LOG_ERROR, DRIVER_NAME,
                   "no memory to tell that a message was accepted: its sender will wait");
    else if (wake)
        eventfd_raise(client->wake);
}

size_t client_take_owed(struct client *client, struct ostler_reply *replies, size_t max, bool will_wait)
{
    struct accepted *accepted = &client->accepted;
    size_t count = 0;

    pthread_mutex_lock(&client->owed_lock);
    while (client->owed && count < max) {
        struct owed *owed = client->owed;
        DL_DELETE(client->owed, owed);
        replies[count++] = owed->reply;
        free(owed);
    }
    for (; accepted->count > 0 && count < max; accepted->count--) {
        replies[count++] =
            (struct ostler_reply){.call_id = accepted->ids[accepted->first], .kind = OSTLER_REPLY_RESULT};
        accepted->first = (accepted->first + 1) % accepted->capacity;
    }
    bool left = client->fd_is_known && (client->owed || accepted->count > 0);
    client->poll_waits = will_wait && count == 0;
    pthread_mutex_unlock(&client->owed_lock);
    /* The next poll finds them; an event loop has to be told that there should be one. */
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
