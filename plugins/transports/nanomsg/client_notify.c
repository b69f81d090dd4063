/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications on their way out: a copy to every listener without a pool, and one to each pool. A copy has arrived when
 * its listener's node says so; one that found no room is sent again, in a pool to the next member. */
#include "client.h"

#include <ostler/log.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Ids of notifications have this bit, those of calls do not. */
#define NOTE_ID (UINT64_C(1) << 63)
/* A listener without room is tried again after so long, then longer. */
#define PAUSE_NS     (5 * INT64_C(1000000))
#define PAUSE_MAX_NS (50 * INT64_C(1000000))
/* Nodes that have not answered by then have forgotten. */
#define EXPIRY_S 60.0

enum copy_state { COPY_TO_SEND, COPY_SENT, COPY_TAKEN, COPY_MISSED, COPY_NOBODY };

/* One copy of the notification, for one of `count` listeners. */
struct copy {
    enum copy_state state;
    struct note_copy note; /* while it is sent */
    struct choice *members;
    size_t count, at; /* of them, the one it goes to */
    size_t tried;     /* of them in this round */
    bool busy;        /* one of those was there and did not take it */
    int rounds;
    ostler_time again; /* when to send it */
};

struct sending {
    const struct ostler_outgoing_notification *notification;
    struct wire_request wire;
    char topic[OSTLER_NAME_MAX + 1];
    uint8_t head[WIRE_REQUEST_HEAD_MAX];
    struct iovec parts[3]; /* header, head, context and notification */
    struct ostler_json_text values;
    char room[4096];
    struct choice *choices;
    size_t choice_count;
    struct copy *copies;
    size_t count;
    enum ostler_status status; /* what keeps all copies from being sent */
};

/* --- Who waits ---------------------------------------------------------------------------------------------------- */

enum ostler_status client_notes_init(struct client *client, struct ostler_error *error)
{
    struct notes *notes = &client->notes;
    struct epoll_event event = {.events = EPOLLIN};
    pthread_condattr_t monotonic;

    pthread_mutex_init(&notes->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&notes->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    notes->epoll = epoll_create1(EPOLL_CLOEXEC);
    notes->wake = eventfd_new();
    if (notes->epoll >= 0 && notes->wake >= 0 && epoll_ctl(notes->epoll, EPOLL_CTL_ADD, notes->wake, &event) == 0)
        return OSTLER_OK;
    return ostler_error_set_errno(error, errno, "cannot make descriptors");
}

void client_notes_fini(struct client *client)
{
    struct notes *notes = &client->notes;

    if (notes->wake >= 0)
        close(notes->wake);
    if (notes->epoll >= 0)
        close(notes->epoll);
    pthread_cond_destroy(&notes->changed);
    pthread_mutex_destroy(&notes->lock);
}

bool client_note_ended(struct client *client, uint64_t id, enum note_outcome outcome)
{
    struct notes *notes = &client->notes;
    struct note_copy *copy;

    if (!(id & NOTE_ID))
        return false;
    pthread_mutex_lock(&notes->lock);
    HASH_FIND(hh, notes->copies, &id, sizeof id, copy);
    if (copy) {
        HASH_DEL(notes->copies, copy);
        copy->outcome = outcome;
        pthread_cond_broadcast(&notes->changed);
        if (notes->reading)
            eventfd_raise(notes->wake);
    }
    pthread_mutex_unlock(&notes->lock);
    return true;
}

static bool begin_note(struct client *client, struct note_copy *copy)
{
    struct notes *notes = &client->notes;

    pthread_mutex_lock(&notes->lock);
    *copy = (struct note_copy){.id = NOTE_ID | ++notes->ids};
    HASH_ADD(hh, notes->copies, id, sizeof copy->id, copy);
    bool added = copy->hh.tbl != NULL;
    pthread_mutex_unlock(&notes->lock);
    return added;
}

/* What became of it; afterwards nobody knows it any more unless it is open. */
static enum note_outcome outcome_of(struct client *client, struct note_copy *copy, bool forget)
{
    struct notes *notes = &client->notes;

    pthread_mutex_lock(&notes->lock);
    enum note_outcome outcome = copy->outcome;
    if (outcome == NOTE_OPEN && forget)
        HASH_DEL(notes->copies, copy);
    pthread_mutex_unlock(&notes->lock);
    return outcome;
}

static bool any_ended(const struct sending *sending)
{
    for (size_t i = 0; i < sending->count; i++)
        if (sending->copies[i].state == COPY_SENT && sending->copies[i].note.outcome != NOTE_OPEN)
            return true;
    return false;
}

/* Until one of the copies has ended. The first who waits reads; it wakes the others when it leaves. */
static void wait_for_outcomes(struct client *client, const struct sending *sending, ostler_time until)
{
    struct notes *notes = &client->notes;
    struct timespec when = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};

    pthread_mutex_lock(&notes->lock);
    if (any_ended(sending)) {
        pthread_mutex_unlock(&notes->lock);
        return;
    }
    if (notes->reading) {
        pthread_cond_timedwait(&notes->changed, &notes->lock, &when);
    } else {
        notes->reading = true;
        pthread_mutex_unlock(&notes->lock);
        client_read_once(client, notes->epoll, notes->wake, until);
        pthread_mutex_lock(&notes->lock);
        notes->reading = false;
        pthread_cond_broadcast(&notes->changed);
    }
    pthread_mutex_unlock(&notes->lock);
}

/* --- One copy ----------------------------------------------------------------------------------------------------- */

static void drop_conn(struct client *client, struct choice *choice)
{
    if (choice->conn)
        client_conn_unref(client, choice->conn);
    choice->conn = NULL;
}

/* On to the next of its listeners; after the last, if one was there, to all of them again after a pause. */
static void next_member(struct sending *sending, struct copy *copy, bool was_there)
{
    int retry = sending->notification->retry;

    copy->busy |= was_there;
    copy->state = COPY_TO_SEND;
    copy->at = (copy->at + 1) % copy->count;
    if (++copy->tried < copy->count)
        return;
    if (!copy->busy) {
        copy->state = COPY_NOBODY;
        return;
    }
    if (retry >= 0 && copy->rounds >= retry) {
        copy->state = COPY_MISSED;
        return;
    }
    ostler_time pause = PAUSE_NS << (copy->rounds < 4 ? copy->rounds : 4);
    copy->again = ostler_now() + (pause < PAUSE_MAX_NS ? pause : PAUSE_MAX_NS);
    copy->rounds++;
    copy->tried = 0;
    copy->busy = false;
}

static enum conn_result transmit(struct client *client, struct sending *sending, struct copy *copy,
                                 struct choice *choice)
{
    sending->wire.id = copy->note.id;
    sending->wire.server = (struct wire_text){.text = choice->server, .length = (uint8_t)strlen(choice->server)};
    sending->parts[1].iov_base = sending->head;
    sending->parts[1].iov_len = wire_put_request(sending->head, &sending->wire);
    size_t size = sending->parts[1].iov_len + sending->wire.context_length + sending->wire.args_length;
    atomic_fetch_add(&client->under_way, 1);
    enum conn_result result =
        conn_send(choice->conn, 0, sending->parts, 3, size, copy->note.id, ostler_deadline(EXPIRY_S));
    if (result == CONN_SENT)
        atomic_fetch_add_explicit(&client->sent, 1, memory_order_relaxed);
    else
        atomic_fetch_sub(&client->under_way, 1);
    return result;
}

/* A connection that is still being made has not refused anything: that is no attempt which counts. */
static enum conn_result transmit_when_connected(struct client *client, struct sending *sending, struct copy *copy,
                                                struct choice *choice)
{
    ostler_time deadline = sending->notification->deadline;

    for (;;) {
        bool connected = conn_established(choice->conn);
        enum conn_result result = transmit(client, sending, copy, choice);
        if (result != CONN_FULL || connected || client_passed(deadline))
            return result;
        client_wait_writable(choice->conn, deadline);
    }
}

/* Finds the way to the member whose turn it is, if it has none. False if it is gone, or cannot be reached now. */
static bool find_member(struct client *client, struct sending *sending, struct copy *copy, struct choice *choice)
{
    struct choice found = {.conn = NULL};
    struct ostler_error ignored = OSTLER_ERROR_INIT;

    if (choice->conn)
        return true;
    if (client_choose(client, sending->notification->exchange, sending->topic, choice->server, NULL, &found,
                      &ignored) != OSTLER_OK)
        ostler_error_clear(&ignored);
    choice->conn = found.conn;
    if (!found.conn)
        next_member(sending, copy, found.known > 0);
    return found.conn != NULL;
}

static void send_copy(struct client *client, struct sending *sending, struct copy *copy)
{
    struct choice *choice = &copy->members[copy->at];

    if (!find_member(client, sending, copy, choice))
        return;
    if (!begin_note(client, &copy->note)) {
        sending->status = OSTLER_E_NOMEM;
        return;
    }
    enum conn_result result = transmit_when_connected(client, sending, copy, choice);
    if (result == CONN_SENT) {
        copy->state = COPY_SENT;
        return;
    }
    outcome_of(client, &copy->note, true);
    if (result == CONN_NOMEM)
        sending->status = OSTLER_E_NOMEM;
    if (result == CONN_GONE || result == CONN_LOST) {
        client_conn_lost(client, choice->conn);
        client_doubt(client, sending->notification->exchange, sending->topic);
        drop_conn(client, choice);
    }
    next_member(sending, copy, true);
}

static void check_copy(struct client *client, struct sending *sending, struct copy *copy)
{
    struct choice *choice = &copy->members[copy->at];

    if (conn_broken(choice->conn))
        client_conn_lost(client, choice->conn);
    switch (outcome_of(client, &copy->note, false)) {
    case NOTE_OPEN:
        return;
    case NOTE_TAKEN:
        copy->state = COPY_TAKEN;
        return;
    case NOTE_BUSY:
        next_member(sending, copy, true);
        return;
    case NOTE_NOT_SERVED:
        next_member(sending, copy, false);
        return;
    case NOTE_LOST:
        /* It may be there still, over another connection: that is seen when it is looked for. */
        client_doubt(client, sending->notification->exchange, sending->topic);
        drop_conn(client, choice);
        next_member(sending, copy, true);
        return;
    }
}

/* --- All copies --------------------------------------------------------------------------------------------------- */

/* The pool in a listener's name, "POOL@NUMBER". */
static size_t pool_length(const struct choice *choice)
{
    const char *at = strrchr(choice->server, '@');

    return at ? (size_t)(at - choice->server) : 0;
}

static int by_pool(const void *a, const void *b)
{
    const struct choice *one = a, *other = b;
    size_t length = pool_length(one), other_length = pool_length(other);

    if (length != other_length)
        return length < other_length ? -1 : 1;
    return memcmp(one->server, other->server, length);
}

static bool make_copies(struct client *client, struct sending *sending)
{
    struct choice *choices = sending->choices;
    size_t end;

    free(sending->copies);
    sending->count = 0;
    sending->copies = calloc(sending->choice_count + 1, sizeof *sending->copies);
    if (!sending->copies)
        return false;
    qsort(choices, sending->choice_count, sizeof *choices, by_pool);
    pthread_mutex_lock(&client->notes.lock);
    unsigned turn = client->notes.turn++;
    pthread_mutex_unlock(&client->notes.lock);
    for (size_t i = 0; i < sending->choice_count; i = end) {
        end = i + 1;
        while (pool_length(&choices[i]) > 0 && end < sending->choice_count && by_pool(&choices[i], &choices[end]) == 0)
            end++;
        sending->copies[sending->count++] =
            (struct copy){.members = &choices[i], .count = end - i, .at = turn % (end - i)};
    }
    return true;
}

/* Sends what is to be sent, and looks what became of the rest. Returns whether something is open, and until when nothing is
 * to be done. */
static bool advance(struct client *client, struct sending *sending, ostler_time *until)
{
    ostler_time now = ostler_now();
    bool open = false;

    *until = client_look_again(OSTLER_NEVER);
    for (size_t i = 0; i < sending->count && sending->status == OSTLER_OK; i++) {
        struct copy *copy = &sending->copies[i];
        while (copy->state == COPY_TO_SEND && copy->again <= now)
            send_copy(client, sending, copy);
        if (copy->state == COPY_SENT)
            check_copy(client, sending, copy);
        if (copy->state == COPY_TO_SEND && copy->again < *until)
            *until = copy->again;
        open |= copy->state == COPY_TO_SEND || copy->state == COPY_SENT;
    }
    return open && sending->status == OSTLER_OK;
}

static void send_copies(struct client *client, struct sending *sending)
{
    ostler_time deadline = sending->notification->deadline, until;

    while (advance(client, sending, &until) && !client_passed(deadline))
        wait_for_outcomes(client, sending, until < deadline ? until : deadline);
    for (size_t i = 0; i < sending->count; i++)
        if (sending->copies[i].state == COPY_SENT)
            outcome_of(client, &sending->copies[i].note, true);
}

static size_t count_in(const struct sending *sending, enum copy_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < sending->count; i++)
        count += sending->copies[i].state == state;
    return count;
}

/* OSTLER_E_UNDELIVERABLE: there was nobody. */
static enum ostler_status result(const struct sending *sending, struct ostler_error *error)
{
    size_t taken = count_in(sending, COPY_TAKEN), sent = count_in(sending, COPY_SENT);
    size_t missed = sent + count_in(sending, COPY_TO_SEND) + count_in(sending, COPY_MISSED);
    enum ostler_status status = OSTLER_E_DELIVERY;

    if (sending->status != OSTLER_OK)
        return ostler_error_set(error, sending->status, "out of memory");
    if (missed == 0)
        return taken ? OSTLER_OK : OSTLER_E_UNDELIVERABLE;
    if (taken + sent == 0 && count_in(sending, COPY_MISSED) == 0)
        status = sending->notification->deadline == OSTLER_AT_ONCE ? OSTLER_E_BUSY : OSTLER_E_TIMEOUT;
    return ostler_error_set(error, status, "%zu of %zu listeners and pools did not take it", missed, taken + missed);
}

static void free_choices(struct client *client, struct sending *sending)
{
    for (size_t i = 0; i < sending->choice_count; i++)
        drop_conn(client, &sending->choices[i]);
    free(sending->choices);
    sending->choices = NULL;
    sending->choice_count = 0;
}

/* To those who listen now. */
static enum ostler_status send_to_listeners(struct client *client, struct sending *sending, struct ostler_error *error)
{
    const struct ostler_outgoing_notification *notification = sending->notification;
    enum ostler_status status = client_find_all(client, notification->exchange, sending->topic, notification->deadline,
                                                &sending->choices, &sending->choice_count, error);

    if (status != OSTLER_OK)
        return status;
    if (make_copies(client, sending)) {
        send_copies(client, sending);
        status = result(sending, error);
    } else {
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    free_choices(client, sending);
    return status;
}

/* Whether to wait for listeners that may come. Without a deadline that might be for ever: not then, for nobody need be
 * interested in a notification. */
static bool may_wait(const struct ostler_outgoing_notification *notification, int looks)
{
    if (notification->retry >= 0)
        return looks < notification->retry && !client_passed(notification->deadline);
    return notification->deadline != OSTLER_NEVER && !client_passed(notification->deadline);
}

/* --- Making it ---------------------------------------------------------------------------------------------------- */

static enum ostler_status prepare(const struct client *client, struct sending *sending, struct ostler_error *error)
{
    const struct ostler_outgoing_notification *notification = sending->notification;
    struct wire_request *wire = &sending->wire;
    size_t exchange = strlen(notification->exchange);

    if (snprintf(sending->topic, sizeof sending->topic, "%s.%s", notification->topic, notification->priority) >
            OSTLER_NAME_MAX ||
        exchange > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET, "the exchange, or topic and priority, have more than %d bytes",
                                OSTLER_NAME_MAX);
    *wire = (struct wire_request){
        .notify = true,
        .exchange = {.text = notification->exchange, .length = (uint8_t)exchange},
        .topic = {.text = sending->topic, .length = (uint8_t)strlen(sending->topic)},
        .namespace_ = {.text = ""},
        .version = {.text = ""},
        .method = {.text = "notify", .length = 6},
        .only_server = true,
    };
    enum ostler_status status = client_print_values(&sending->values, notification->context, notification->message,
                                                    wire, &sending->parts[2], error);
    if (status != OSTLER_OK)
        return status;
    size_t size = WIRE_HEADER_SIZE + WIRE_REQUEST_HEAD_MAX + wire->context_length + wire->args_length;
    if (size > client->settings->max_message)
        return ostler_error_set(error, OSTLER_E_INVALID,
                                "the notification has %zu bytes; the limit of this transport is %zu (max_message_size)",
                                size, client->settings->max_message);
    return OSTLER_OK;
}

enum ostler_status client_notify(struct client *client, const struct ostler_outgoing_notification *notification,
                                 struct ostler_error *error)
{
    struct sending sending = {.notification = notification};

    ostler_json_text_init(&sending.values, sending.room, sizeof sending.room);
    enum ostler_status status = prepare(client, &sending, error);

    if (status == OSTLER_OK)
        status = send_to_listeners(client, &sending, error);
    for (int looks = 0; status == OSTLER_E_UNDELIVERABLE && may_wait(notification, looks); looks++) {
        client_wait_changed(client, notification->deadline);
        status = send_to_listeners(client, &sending, error);
    }
    if (status == OSTLER_E_UNDELIVERABLE)
        ostler_error_set(error, status, "nobody listens to \"%s\" (exchange \"%s\") in %s", sending.topic,
                         notification->exchange, client->where);
    ostler_json_text_clear(&sending.values);
    free(sending.copies);
    return status;
}
