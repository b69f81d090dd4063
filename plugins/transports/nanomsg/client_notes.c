/* SPDX-License-Identifier: Apache-2.0 */
/* The notifications under way: whom an answer is for, who reads answers, and those whose senders have gone on. */
#include "note.h"

#include <ostler/thread.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

/* An id of a notification has this bit, those of calls have not. Below: how often the place was used, and the place. */
#define NOTE_ID    (UINT64_C(1) << 63)
#define PLACE_BITS 32
#define NO_PLACE   UINT32_MAX
/* Senders wait while more is kept. */
#define MOST_BYTES ((size_t)64 * 1024 * 1024)
/* Without anything to be done sooner what is kept is looked at so often. */
#define LOOK_AROUND_MS 200

enum { FIRST_PLACES = 64 };

/* --- Life --------------------------------------------------------------------------------------------------------- */

enum ostler_status client_notes_init(struct client *client, struct ostler_error *error)
{
    struct notes *notes = &client->notes;
    struct epoll_event event = {.events = EPOLLIN};

    pthread_mutex_init(&notes->lock, NULL);
    ostler_cond_init(&notes->changed);
    notes->first_free = NO_PLACE;
    notes->ready_tail = &notes->ready;
    notes->due = OSTLER_NEVER;
    notes->epoll = epoll_create1(EPOLL_CLOEXEC);
    notes->wake = eventfd_new();
    if (notes->epoll >= 0 && notes->wake >= 0 && epoll_ctl(notes->epoll, EPOLL_CTL_ADD, notes->wake, &event) == 0)
        return OSTLER_OK;
    return ostler_error_set_errno(error, errno, "cannot make descriptors");
}

void client_notes_clear(struct client *client)
{
    struct note *note, *next;

    DL_FOREACH_SAFE2(client->notes.kept, note, next, next_kept)
    note_free(note);
    client->notes.kept = NULL;
}

void client_notes_fini(struct client *client)
{
    struct notes *notes = &client->notes;

    if (notes->wake >= 0)
        close(notes->wake);
    if (notes->epoll >= 0)
        close(notes->epoll);
    free(notes->places);
    pthread_cond_destroy(&notes->changed);
    pthread_mutex_destroy(&notes->lock);
}

/* --- Whom an answer is for; the lock is held ---------------------------------------------------------------------- */

static bool more_places(struct notes *notes)
{
    uint32_t count = notes->place_count ? notes->place_count * 2 : FIRST_PLACES;
    struct note_place *places = realloc(notes->places, count * sizeof *places);

    if (!places)
        return false;
    notes->places = places;
    for (uint32_t i = count; i-- > notes->place_count;) {
        places[i] = (struct note_place){.next_free = notes->first_free};
        notes->first_free = i;
    }
    notes->place_count = count;
    return true;
}

static void leave_place(struct notes *notes, struct copy *copy)
{
    struct note_place *place = &notes->places[copy->place];

    place->copy = NULL;
    place->uses++;
    place->next_free = notes->first_free;
    notes->first_free = copy->place;
    copy->note->open--;
}

static struct copy *copy_of(const struct notes *notes, uint64_t id)
{
    uint32_t place = (uint32_t)id, uses = (uint32_t)((id & ~NOTE_ID) >> PLACE_BITS);

    if (place >= notes->place_count || (notes->places[place].uses & ~(UINT32_C(1) << 31)) != uses)
        return NULL;
    return notes->places[place].copy;
}

static void make_ready(struct notes *notes, struct note *note)
{
    if (note->is_ready || note->running)
        return;
    note->is_ready = true;
    note->next_ready = NULL;
    *notes->ready_tail = note;
    notes->ready_tail = &note->next_ready;
}

/* Those that wait look again. */
static void wake_waiting(struct notes *notes)
{
    pthread_cond_broadcast(&notes->changed);
    if (notes->reading && !pthread_equal(notes->reader, pthread_self()))
        eventfd_raise(notes->wake);
}

/* --- Whom an answer is for, without it ---------------------------------------------------------------------------- */

bool notes_begin_copy(struct notes *notes, struct copy *copy)
{
    pthread_mutex_lock(&notes->lock);
    bool possible = notes->first_free != NO_PLACE || more_places(notes);
    if (possible) {
        struct note_place *place = &notes->places[copy->place = notes->first_free];
        notes->first_free = place->next_free;
        place->copy = copy;
        copy->outcome = NOTE_OPEN;
        copy->id = NOTE_ID | (uint64_t)place->uses << PLACE_BITS | copy->place;
        copy->note->open++;
    }
    pthread_mutex_unlock(&notes->lock);
    return possible;
}

void notes_forget_copy(struct notes *notes, struct copy *copy)
{
    pthread_mutex_lock(&notes->lock);
    if (copy->outcome == NOTE_OPEN)
        leave_place(notes, copy);
    pthread_mutex_unlock(&notes->lock);
}

bool client_note_ended(struct client *client, uint64_t id, enum note_outcome outcome)
{
    struct notes *notes = &client->notes;

    if (!(id & NOTE_ID))
        return false;
    pthread_mutex_lock(&notes->lock);
    struct copy *copy = copy_of(notes, id);
    if (copy) {
        struct note *note = copy->note;
        copy->outcome = outcome;
        leave_place(notes, copy);
        /* As long as others are open one that was taken is no reason to look. */
        if (note->open == 0 || outcome != NOTE_TAKEN) {
            note->changed = true;
            if (!note->is_kept)
                wake_waiting(notes);
            else
                make_ready(notes, note);
        }
    }
    pthread_mutex_unlock(&notes->lock);
    return true;
}

void notes_see_outcomes(struct notes *notes, struct note *note)
{
    pthread_mutex_lock(&notes->lock);
    note->changed = false;
    for (size_t i = 0; i < note->count; i++)
        note->copies[i].seen = note->copies[i].state == COPY_SENT ? note->copies[i].outcome : NOTE_OPEN;
    pthread_mutex_unlock(&notes->lock);
}

/* --- Those that wait ---------------------------------------------------------------------------------------------- */

/* A connection that breaks tells nobody. */
static void see_broken(struct note *note)
{
    for (size_t i = 0; i < note->count; i++) {
        const struct copy *copy = &note->copies[i];
        struct conn *conn = copy->members[copy->at].conn;
        if (copy->state == COPY_SENT && conn_broken(conn))
            client_conn_lost(note->client, conn);
    }
}

/* The first who waits reads; it wakes the others when it leaves. */
void notes_wait(struct note *note, ostler_time until)
{
    struct client *client = note->client;
    struct notes *notes = &client->notes;

    until = client_look_again(until);
    pthread_mutex_lock(&notes->lock);
    if (!note->changed && notes->reading) {
        ostler_cond_wait(&notes->changed, &notes->lock, until);
    } else if (!note->changed) {
        notes->reading = true;
        notes->reader = pthread_self();
        pthread_mutex_unlock(&notes->lock);
        client_read_once(client, notes->epoll, notes->wake, until);
        pthread_mutex_lock(&notes->lock);
        notes->reading = false;
        pthread_cond_broadcast(&notes->changed);
    }
    bool quiet = !note->changed;
    pthread_mutex_unlock(&notes->lock);
    if (quiet && ostler_now() >= until)
        see_broken(note);
}

enum ostler_status notes_await_room(struct note *note, ostler_time deadline, struct ostler_error *error)
{
    struct notes *notes = &note->client->notes;

    if (atomic_load_explicit(&notes->kept_bytes, memory_order_relaxed) < MOST_BYTES)
        return OSTLER_OK;
    pthread_mutex_lock(&notes->lock);
    notes->short_of_room++;
    while (notes->kept_bytes >= MOST_BYTES && !client_passed(deadline)) {
        pthread_mutex_unlock(&notes->lock);
        notes_wait(note, deadline);
        pthread_mutex_lock(&notes->lock);
    }
    notes->short_of_room--;
    size_t kept = notes->kept_bytes;
    pthread_mutex_unlock(&notes->lock);
    if (kept < MOST_BYTES)
        return OSTLER_OK;
    return ostler_error_set(error, deadline == OSTLER_AT_ONCE ? OSTLER_E_BUSY : OSTLER_E_TIMEOUT,
                            "not sent, %zu bytes of notifications are under way that nobody has taken yet", kept);
}

/* --- Those whose senders have gone on ----------------------------------------------------------------------------- */

/* Lets go of one that has taken a step. The lock is held. */
static void let_go(struct notes *notes, struct note *note)
{
    note->running = false;
    if (note->changed)
        make_ready(notes, note);
    if (note->next < notes->due)
        notes->due = note->next;
}

long client_notes_due_ms(struct client *client)
{
    struct notes *notes = &client->notes;

    pthread_mutex_lock(&notes->lock);
    ostler_time due = notes->due;
    pthread_mutex_unlock(&notes->lock);
    if (due == OSTLER_NEVER)
        return 0;
    long left = ostler_time_left_ms(due);
    return left < 1 ? 1 : left < LOOK_AROUND_MS ? left : LOOK_AROUND_MS;
}

/* While one is open somebody looks when the first is due, and whether connections are broken. */
static void tick_for(struct client *client)
{
    long due = client_notes_due_ms(client);

    client_tick_within(client, due > 0 ? due : LOOK_AROUND_MS);
}

void notes_keep(struct note *note)
{
    struct client *client = note->client;
    struct notes *notes = &client->notes;

    note->size += note->choice_count * sizeof *note->choices + note->count * sizeof *note->copies;
    pthread_mutex_lock(&notes->lock);
    note->is_kept = true;
    DL_APPEND2(notes->kept, note, prev_kept, next_kept);
    notes->kept_bytes += note->size;
    let_go(notes, note);
    bool changed = note->is_ready;
    pthread_mutex_unlock(&notes->lock);
    tick_for(client);
    if (changed)
        client_notes_run(client);
}

static void end(struct note *note)
{
    struct client *client = note->client;
    struct notes *notes = &client->notes;
    struct ostler_error failure = OSTLER_ERROR_INIT;
    struct ostler_reply reply = {.call_id = note->call_id, .kind = OSTLER_REPLY_LOST};

    reply.status = note_result(note, &failure);
    if (reply.status == OSTLER_OK) {
        client_owe_accepted(client, note->call_id);
    } else {
        reply.reason = failure.message ? strdup(failure.message) : NULL;
        atomic_fetch_add(&client->lost, 1);
        client_owe(client, &reply);
    }
    ostler_error_clear(&failure);
    pthread_mutex_lock(&notes->lock);
    DL_DELETE2(notes->kept, note, prev_kept, next_kept);
    notes->kept_bytes -= note->size;
    if (!notes->kept)
        notes->due = OSTLER_NEVER;
    if (notes->short_of_room > 0)
        wake_waiting(notes);
    pthread_mutex_unlock(&notes->lock);
    note_free(note);
}

/* The lock is held. */
static void make_due_ready(struct notes *notes)
{
    ostler_time now = ostler_now();
    struct note *note;

    if (now < notes->due)
        return;
    notes->due = OSTLER_NEVER;
    DL_FOREACH2(notes->kept, note, next_kept)
    {
        if (note->running || note->is_ready)
            continue;
        if (note->next <= now)
            make_ready(notes, note);
        else if (note->next < notes->due)
            notes->due = note->next;
    }
}

static struct note *take_ready(struct notes *notes)
{
    struct note *note = notes->ready;

    if (!note)
        return NULL;
    notes->ready = note->next_ready;
    if (!notes->ready)
        notes->ready_tail = &notes->ready;
    note->is_ready = false;
    note->running = true;
    return note;
}

void client_notes_run(struct client *client)
{
    struct notes *notes = &client->notes;
    struct note *note;
    bool open = false;

    pthread_mutex_lock(&notes->lock);
    if (notes->due != OSTLER_NEVER)
        make_due_ready(notes);
    while ((note = take_ready(notes))) {
        pthread_mutex_unlock(&notes->lock);
        bool over = note_step(note);
        if (over)
            end(note);
        pthread_mutex_lock(&notes->lock);
        if (!over)
            let_go(notes, note);
        open |= !over;
    }
    pthread_mutex_unlock(&notes->lock);
    if (open)
        tick_for(client);
}
