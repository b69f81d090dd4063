/* SPDX-License-Identifier: Apache-2.0 */
/* A client's life. */
#include "client.h"

#include <ostler/log.h>
#include <ostler/thread.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* How long nodes have to confirm that they have everything that was sent. */
#define FAREWELL_S 1.0
enum { LOOK_MS = 50 };

static bool watch(struct client *client, int fd, uint32_t tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};

    return fd >= 0 && epoll_ctl(client->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

enum ostler_status client_open(struct client *client, const struct settings *settings, struct flusher *flusher,
                               struct ostler_error *error)
{
    client->settings = settings;
    client->flusher = flusher;
    enum ostler_status status = client_notes_init(client, error);
    pthread_mutex_init(&client->lock, NULL);
    pthread_mutex_init(&client->reading, NULL);
    client_owed_init(client);
    pthread_mutex_init(&client->held_lock, NULL);
    pthread_mutex_init(&client->tick_lock, NULL);
    ostler_cond_init(&client->changed);
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    client->wake = eventfd_new();
    client->tick = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (status == OSTLER_OK &&
        (client->epoll < 0 || !watch(client, client->wake, 0) || !watch(client, client->tick, UINT32_MAX)))
        return ostler_error_set_errno(error, errno, "cannot make descriptors");
    return status;
}

/* --- Ending ------------------------------------------------------------------------------------------------------- */

/* Drops those that have confirmed all that was sent, or cannot any more; the others are told goodbye as soon as they take it,
 * and are what to wait for. */
static size_t take_leave(struct conn **conns, size_t *count, struct pollfd *wait)
{
    size_t left = 0;

    for (size_t i = 0; i < *count; i++) {
        if (conn_confirmed(conns[i]) || conn_broken(conns[i])) {
            conn_unref(conns[i]);
            continue;
        }
        if (!conns[i]->parted)
            conns[i]->parted = conn_say(conns[i], WIRE_BYE, WIRE_WANTS_ACK) == CONN_SENT;
        wait[left] =
            (struct pollfd){.fd = conns[i]->parted ? conns[i]->readable : conns[i]->writable, .events = POLLIN};
        conns[left++] = conns[i];
    }
    return *count = left;
}

/* nanomsg forgets what the other side has not read when a connection is closed: so nodes that have not confirmed
 * everything are asked to. */
static void say_goodbye(struct client *client)
{
    ostler_time until = ostler_deadline(FAREWELL_S);
    size_t count;
    struct conn **conns = client_conns(client, &count);
    struct pollfd *wait = calloc(count + 1, sizeof *wait);

    if (!conns || !wait)
        goto out;
    while (take_leave(conns, &count, wait) > 0 && ostler_now() < until) {
        /* A connection that breaks wakes nobody. */
        poll(wait, count, ostler_time_left_ms(until) < LOOK_MS ? ostler_time_left_ms(until) : LOOK_MS);
        client_drain(client);
    }
    if (count > 0)
        ostler_log(OSTLER_LOG_WARNING, DRIVER_NAME,
                   "closed before %zu servers confirmed that they have all that was sent to them", count);
out:
    if (conns)
        client_conns_unref(conns, count);
    free(wait);
}

/* Their nodes do not take anything. */
static void drop_held(struct client *client)
{
    while (client->held) {
        struct conn *conn = client->held;
        client->held = conn->next_held;
        conn_unref(conn);
    }
}

static void free_conns(struct client *client)
{
    struct conn *conn, *next_conn;
    struct place *place, *next_place;

    HASH_ITER (hh, client->conns, conn, next_conn) {
        HASH_DEL(client->conns, conn);
        conn_unref(conn);
    }
    HASH_ITER (hh, client->places, place, next_place) {
        HASH_DEL(client->places, place);
        free(place);
    }
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void client_close(struct client *client)
{
    client_flush(client, OSTLER_NEVER);
    say_goodbye(client);
    drop_held(client);
    if (client->hot)
        conn_unref(client->hot);
    client_bounced_clear(client);
    client_notes_clear(client);
    client_owed_fini(client);
    free_conns(client);
    client_topics_clear(client);
    client_notes_fini(client);
    close_fd(client->tick);
    close_fd(client->wake);
    close_fd(client->epoll);
    pthread_cond_destroy(&client->changed);
    pthread_mutex_destroy(&client->tick_lock);
    pthread_mutex_destroy(&client->held_lock);
    pthread_mutex_destroy(&client->reading);
    pthread_mutex_destroy(&client->lock);
}
