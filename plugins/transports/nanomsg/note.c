/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* A listener without room is tried again after so long, then longer. */
#define PAUSE_NS     (5 * INT64_C(1000000))
#define PAUSE_MAX_NS (50 * INT64_C(1000000))
/* A connection that is being made, or whose room the sender waits for, is looked at again after so long. */
#define SOON_NS INT64_C(1000000)
/* Nodes that have not said what they serve are waited for so long, and looked at so often. */
#define DISCOVERY_S        0.5
#define DISCOVERY_PAUSE_NS (2 * INT64_C(1000000))

enum { ROOM = 4096 };

/* --- Making ------------------------------------------------------------------------------------------------------- */

static enum ostler_status check_size(const struct client *client, const struct wire_request *wire,
                                     struct ostler_error *error)
{
    size_t size = WIRE_HEADER_SIZE + WIRE_REQUEST_HEAD_MAX + wire->context_length + wire->args_length;

    if (size <= client->settings->max_message)
        return OSTLER_OK;
    return ostler_error_set(error, OSTLER_E_INVALID,
                            "the notification has %zu bytes; the limit of this transport is %zu (max_message_size)",
                            size, client->settings->max_message);
}

/* The topic as listeners have it. False if that is too long. */
static bool join_names(const char *topic, const char *priority, char joined[OSTLER_NAME_MAX + 1])
{
    size_t length = strlen(topic), priority_length = strlen(priority);

    if (length + 1 + priority_length > OSTLER_NAME_MAX)
        return false;
    memcpy(joined, topic, length);
    joined[length] = '.';
    memcpy(joined + length + 1, priority, priority_length + 1);
    return true;
}

/* Into one piece of memory: exchange, topic, values. */
static struct note *put_together(const struct ostler_outgoing_notification *notification, const char *topic,
                                 const struct wire_request *wire, const struct ostler_json_text *values)
{
    size_t exchange_size = strlen(notification->exchange) + 1, topic_size = strlen(topic) + 1;
    size_t size = sizeof(struct note) + exchange_size + topic_size + values->length;
    struct note *note = malloc(size);

    if (!note)
        return NULL;
    *note = (struct note){.wire = *wire,
                          .size = size,
                          .retry = notification->retry,
                          .call_id = notification->call_id,
                          .more = notification->more,
                          .deadline = notification->call_id ? notification->accept_by : notification->deadline};
    char *exchange = note->texts, *own_topic = exchange + exchange_size, *own_values = own_topic + topic_size;
    memcpy(exchange, notification->exchange, exchange_size);
    memcpy(own_topic, topic, topic_size);
    memcpy(own_values, values->bytes, values->length);
    note->exchange = exchange;
    note->topic = own_topic;
    note->wire.exchange = (struct wire_text){.text = exchange, .length = (uint8_t)(exchange_size - 1)};
    note->wire.topic = (struct wire_text){.text = own_topic, .length = (uint8_t)(topic_size - 1)};
    note->values = (struct iovec){.iov_base = own_values, .iov_len = values->length};
    return note;
}

enum ostler_status note_new(struct client *client, const struct ostler_outgoing_notification *notification,
                            struct note **out, struct ostler_error *error)
{
    char room[ROOM], topic[OSTLER_NAME_MAX + 1];
    struct ostler_json_text values;
    struct iovec part;
    struct wire_request wire = {
        .notify = true,
        .namespace_ = {.text = ""},
        .version = {.text = ""},
        .method = {.text = "notify", .length = 6},
        .only_server = true,
    };

    if (!join_names(notification->topic, notification->priority, topic) ||
        strlen(notification->exchange) > OSTLER_NAME_MAX)
        return ostler_error_set(error, OSTLER_E_TARGET, "the exchange, or topic and priority, have more than %d bytes",
                                OSTLER_NAME_MAX);
    ostler_json_text_init(&values, room, sizeof room);
    enum ostler_status status =
        client_print_values(&values, notification->context, notification->message, &wire, &part, error);
    if (status == OSTLER_OK)
        status = check_size(client, &wire, error);
    struct note *note = status == OSTLER_OK ? put_together(notification, topic, &wire, &values) : NULL;
    if (status == OSTLER_OK && !note)
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    if (note) {
        note->client = client;
        note->look_until = ostler_deadline(DISCOVERY_S);
        *out = note;
    }
    ostler_json_text_clear(&values);
    return status;
}

static void drop_conn(struct choice *choice)
{
    if (choice->conn)
        conn_unref(choice->conn);
    choice->conn = NULL;
}

static void drop_copies(struct note *note)
{
    for (size_t i = 0; i < note->count; i++)
        if (note->copies[i].state == COPY_SENT)
            notes_forget_copy(&note->client->notes, &note->copies[i]);
    for (size_t i = 0; i < note->choice_count; i++)
        drop_conn(&note->choices[i]);
    free(note->copies);
    free(note->choices);
    note->copies = NULL;
    note->choices = NULL;
    note->count = note->choice_count = 0;
}

void note_free(struct note *note)
{
    if (!note)
        return;
    drop_copies(note);
    if (note->full)
        conn_unref(note->full);
    ostler_error_clear(&note->failure);
    free(note);
}

/* --- One copy ----------------------------------------------------------------------------------------------------- */

/* On to the next of its listeners; after the last, if one was there, to all of them again after a pause. */
static void next_member(struct copy *copy, bool was_there)
{
    int retry = copy->note->retry;

    copy->busy |= was_there;
    copy->state = COPY_TO_SEND;
    copy->at = (copy->at + 1) % copy->count;
    if (++copy->tried < copy->count)
        return;
    if (!copy->busy) {
        copy->state = COPY_NOBODY;
        return;
    }
    copy->tried = 0;
    copy->busy = false;
    if (copy->note->is_patient) {
        copy->again = ostler_now() + SOON_NS;
        return;
    }
    if (retry >= 0 && copy->rounds >= retry) {
        copy->state = COPY_MISSED;
        return;
    }
    ostler_time pause = PAUSE_NS << (copy->rounds < 4 ? copy->rounds : 4);
    copy->again = ostler_now() + (pause < PAUSE_MAX_NS ? pause : PAUSE_MAX_NS);
    copy->rounds++;
}

static enum conn_result transmit(struct copy *copy, const struct choice *choice)
{
    struct note *note = copy->note;
    struct client *client = note->client;
    uint8_t head[WIRE_REQUEST_HEAD_MAX];

    note->wire.id = copy->id;
    note->wire.server = (struct wire_text){.text = choice->server, .length = (uint8_t)strlen(choice->server)};
    struct iovec parts[3] = {
        {.iov_len = 0}, {.iov_base = head, .iov_len = wire_put_request(head, &note->wire)}, note->values};
    size_t size = parts[1].iov_len + parts[2].iov_len;
    bool listed = false;
    atomic_fetch_add(&client->under_way, 1);
    /* The deadline is the note's to see to; an answer may come for as long as the connection is there. */
    enum conn_result result = note->more ? conn_hold(choice->conn, parts, 3, size, copy->id, OSTLER_NEVER, &listed)
                                         : conn_send(choice->conn, 0, parts, 3, size, copy->id, OSTLER_NEVER);
    if (listed)
        client_hold(client, choice->conn);
    if (result == CONN_SENT)
        atomic_fetch_add_explicit(&client->sent, 1, memory_order_relaxed);
    else
        atomic_fetch_sub(&client->under_way, 1);
    return result;
}

/* Finds the way to the member whose turn it is, if it has none. False if it is gone, or cannot be reached now. */
static bool find_member(struct copy *copy, struct choice *choice)
{
    struct note *note = copy->note;
    struct choice found = {.conn = NULL};
    struct ostler_error ignored = OSTLER_ERROR_INIT;

    if (choice->conn)
        return true;
    if (client_choose(note->client, note->exchange, note->topic, choice->server, NULL, &found, &ignored) != OSTLER_OK)
        ostler_error_clear(&ignored);
    choice->conn = found.conn;
    if (!found.conn)
        next_member(copy, found.known > 0);
    return found.conn != NULL;
}

static void set_full(struct note *note, struct conn *conn)
{
    struct client *client = note->client;

    if (note->full == conn)
        return;
    if (note->full)
        conn_unref(note->full);
    note->full = conn;
    if (conn) {
        pthread_mutex_lock(&client->lock);
        conn->references++;
        pthread_mutex_unlock(&client->lock);
    }
}

/* A connection that is still being made has not refused anything, nor has one that has just been made: that is no attempt
 * which counts. */
static bool is_new(const struct conn *conn)
{
    struct pollfd writable = {.fd = conn->writable, .events = POLLIN};

    return !conn_established(conn) || poll(&writable, 1, 0) > 0;
}

static void send_copy(struct copy *copy)
{
    struct note *note = copy->note;
    struct client *client = note->client;
    struct choice *choice = &copy->members[copy->at];

    if (!find_member(copy, choice))
        return;
    if (!notes_begin_copy(&client->notes, copy)) {
        note->status = OSTLER_E_NOMEM;
        return;
    }
    copy->state = COPY_SENT;
    note->was_sent = true;
    enum conn_result result = transmit(copy, choice);
    if (result == CONN_SENT)
        return;
    notes_forget_copy(&client->notes, copy);
    copy->state = COPY_TO_SEND;
    if (result == CONN_NOMEM)
        note->status = OSTLER_E_NOMEM;
    if (result == CONN_FULL && is_new(choice->conn)) {
        copy->again = ostler_now() + SOON_NS;
        return;
    }
    if (result == CONN_FULL)
        set_full(note, choice->conn);
    if (result == CONN_GONE || result == CONN_LOST) {
        client_conn_lost(client, choice->conn);
        client_doubt(client, note->exchange, note->topic);
        drop_conn(choice);
    }
    next_member(copy, true);
}

/* What has become of one that was sent. */
static void end_copy(struct copy *copy)
{
    struct note *note = copy->note;

    switch (copy->seen) {
    case NOTE_OPEN:
        return;
    case NOTE_TAKEN:
        copy->state = COPY_TAKEN;
        return;
    case NOTE_BUSY:
        next_member(copy, true);
        return;
    case NOTE_NOT_SERVED:
        next_member(copy, false);
        return;
    case NOTE_LOST:
        /* It may be there still, over another connection: that is seen when it is looked for. */
        client_doubt(note->client, note->exchange, note->topic);
        drop_conn(&copy->members[copy->at]);
        next_member(copy, true);
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

static void make_copies(struct note *note)
{
    unsigned turn = atomic_fetch_add_explicit(&note->client->notes.turn, 1, memory_order_relaxed);
    struct choice *choices = note->choices;
    size_t end;

    note->copies = malloc(note->choice_count * sizeof *note->copies);
    if (!note->copies) {
        note->status = OSTLER_E_NOMEM;
        return;
    }
    if (note->choice_count > 1)
        qsort(choices, note->choice_count, sizeof *choices, by_pool);
    for (size_t i = 0; i < note->choice_count; i = end) {
        end = i + 1;
        while (pool_length(&choices[i]) > 0 && end < note->choice_count && by_pool(&choices[i], &choices[end]) == 0)
            end++;
        note->copies[note->count++] =
            (struct copy){.note = note, .members = &choices[i], .count = end - i, .at = turn % (end - i)};
    }
}

static size_t count_in(const struct note *note, enum copy_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < note->count; i++)
        count += note->copies[i].state == state;
    return count;
}

/* Sends what is to be sent, and sees what became of the rest. Returns whether something is open. */
static bool advance(struct note *note, ostler_time now)
{
    bool open = false;

    if (note->was_sent)
        notes_see_outcomes(&note->client->notes, note);
    note->next = note->deadline;
    for (size_t i = 0; i < note->count && note->status == OSTLER_OK; i++) {
        struct copy *copy = &note->copies[i];
        if (copy->state == COPY_SENT)
            end_copy(copy);
        while (copy->state == COPY_TO_SEND && copy->again <= now && note->status == OSTLER_OK)
            send_copy(copy);
        if (copy->state == COPY_TO_SEND && copy->again < note->next)
            note->next = copy->again;
        open |= copy->state == COPY_TO_SEND || copy->state == COPY_SENT;
    }
    return open;
}

/* --- Listeners ---------------------------------------------------------------------------------------------------- */

/* Whether to wait for listeners that may come. Without a deadline that might be for ever: not then, for nobody need be
 * interested in a notification. */
static bool may_look_again(const struct note *note)
{
    if (note->retry >= 0)
        return note->looks < note->retry && !client_passed(note->deadline);
    return note->deadline != OSTLER_NEVER && !client_passed(note->deadline);
}

/* Looks who listens now. True if that is known: then there is a copy for each, or note->status tells why not. */
static bool look(struct note *note)
{
    struct client *client = note->client;
    bool complete = true;

    drop_copies(note);
    note->status = client_choose_all(client, note->exchange, note->topic, &note->choices, &note->choice_count,
                                     &complete, &note->failure);
    if (note->status == OSTLER_OK && !complete && !client_passed(note->look_until) && !client_passed(note->deadline)) {
        drop_copies(note);
        client_greet(client);
        return false;
    }
    if (note->status == OSTLER_OK && note->choice_count > 0)
        make_copies(note);
    return true;
}

bool note_step(struct note *note)
{
    ostler_time now = ostler_now();

    if (note->status != OSTLER_OK)
        return true;
    if (note->count == 0 && note->next <= now && !look(note)) {
        note->next = now + DISCOVERY_PAUSE_NS;
        return false;
    }
    if (note->count == 0 && note->next > now)
        return client_passed(note->deadline);
    if (advance(note, now))
        return client_passed(note->deadline);
    if (note->status != OSTLER_OK || count_in(note, COPY_TAKEN) + count_in(note, COPY_MISSED) > 0 ||
        !may_look_again(note))
        return true;
    /* There was nobody. */
    drop_copies(note);
    note->looks++;
    note->next = client_look_again(note->deadline);
    return false;
}

bool note_is_under_way(const struct note *note)
{
    return note->count > 0 ? count_in(note, COPY_TO_SEND) == 0 : note->looks > 0;
}

bool note_has_no_room(const struct note *note)
{
    return note->full && count_in(note, COPY_TO_SEND) == note->count;
}

void note_hurry(struct note *note)
{
    set_full(note, NULL);
    for (size_t i = 0; i < note->count; i++)
        note->copies[i].again = 0;
}

enum ostler_status note_result(const struct note *note, struct ostler_error *error)
{
    size_t taken = count_in(note, COPY_TAKEN), sent = count_in(note, COPY_SENT);
    size_t missed = sent + count_in(note, COPY_TO_SEND) + count_in(note, COPY_MISSED);
    enum ostler_status status = OSTLER_E_DELIVERY;

    if (note->status != OSTLER_OK)
        return ostler_error_set(error, note->status, "%s",
                                note->failure.message ? note->failure.message : ostler_status_text(note->status));
    if (missed + taken == 0)
        return ostler_error_set(error, OSTLER_E_UNDELIVERABLE, "nobody listens to \"%s\" (exchange \"%s\") in %s",
                                note->topic, note->exchange, note->client->where);
    if (missed == 0)
        return OSTLER_OK;
    if (taken + sent == 0 && count_in(note, COPY_MISSED) == 0)
        status = note->deadline == OSTLER_AT_ONCE ? OSTLER_E_BUSY : OSTLER_E_TIMEOUT;
    return ostler_error_set(error, status, "%zu of %zu listeners and pools did not take it", missed, taken + missed);
}
