/* SPDX-License-Identifier: Apache-2.0 */
/* Sending a notification, with a sender that waits for its end and one that does not. */
#include "note.h"

/* So long a sender that goes on stays when its first copies cannot be sent yet. */
#define PATIENCE_NS (50 * INT64_C(1000000))

static enum ostler_status wait_for_end(struct note *note, struct ostler_error *error)
{
    while (!note_step(note))
        notes_wait(note, note->next);
    enum ostler_status status = note_result(note, error);
    note_free(note);
    return status;
}

/* Until the first copies are under way, or one cannot be sent for the time being: that is for the poll to see to. Returns
 * whether it is over already. */
static bool send_first(struct note *note, ostler_time deadline)
{
    ostler_time until = ostler_now() + PATIENCE_NS;
    bool over;

    if (deadline < until)
        until = deadline;
    note->is_patient = deadline != OSTLER_AT_ONCE;
    while (!(over = note_step(note)) && !note_is_under_way(note) && !client_passed(until)) {
        if (note->full) {
            client_wait_writable(note->full, until);
            note_hurry(note);
        } else {
            notes_wait(note, note->next < until ? note->next : until);
        }
    }
    note->is_patient = note->more = false;
    return over;
}

static enum ostler_status begin(struct note *note, ostler_time deadline, struct ostler_error *error)
{
    enum ostler_status status = notes_await_room(note, deadline, error);
    bool over = status == OSTLER_OK && send_first(note, deadline);

    if (over)
        status = note_result(note, error);
    else if (status == OSTLER_OK && deadline == OSTLER_AT_ONCE && note_has_no_room(note))
        status = ostler_error_set(error, OSTLER_E_BUSY, "no listener to \"%s\" can take a notification right now",
                                  note->topic);
    if (status == OSTLER_OK && !over) {
        notes_keep(note);
        return status;
    }
    if (status == OSTLER_OK)
        client_owe_accepted(note->client, note->call_id);
    note_free(note);
    return status;
}

enum ostler_status client_notify(struct client *client, const struct ostler_outgoing_notification *notification,
                                 struct ostler_error *error)
{
    struct note *note = NULL;
    enum ostler_status status = note_new(client, notification, &note, error);

    if (status != OSTLER_OK)
        return status;
    return notification->call_id ? begin(note, notification->deadline, error) : wait_for_end(note, error);
}
