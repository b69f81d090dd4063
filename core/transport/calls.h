/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of a transport that wait for their replies: found by id when a reply comes, by deadline when none does.
 * Not locked here: replies.c holds one lock around it. */
#ifndef CALLS_H
#define CALLS_H

#include <ostler/clock.h>
#include <ostler/driver.h>

/* How a call ended. */
struct call_end {
    enum ostler_status status;
    struct json_object *value; /* the result (OSTLER_OK) or the failure (OSTLER_E_REMOTE), owned */
    char *reason;              /* for other statuses, owned; may be NULL */
};

void call_end_clear(struct call_end *end);

enum call_style {
    CALL_WAITED, /* a thread sits in replies_wait() for it: struct waited_call */
    CALL_GATHER, /* the same, for several replies: struct gather_call */
    CALL_ASYNC   /* a callback is owed: struct ostler_call */
};

/* What every style has; embedded first. */
struct call {
    uint64_t id; /* 0 while it is not in the table */
    enum call_style style;
    bool heartbeat_seen;
    ostler_time deadline;
    ostler_time monitor_deadline; /* OSTLER_NEVER unless monitored */
    ostler_time monitor_span;     /* what a sign of life adds */
    size_t heap_index;            /* of asynchronous calls */
    struct call_end end;
};

/* When it fails unless something comes. */
static inline ostler_time call_due(const struct call *call)
{
    return call->deadline < call->monitor_deadline ? call->deadline : call->monitor_deadline;
}

struct call_slot {
    struct call *call;   /* NULL: free */
    uint64_t generation; /* of the id that this slot gives out next, or gave out */
    uint32_t next_free;
};

struct calls {
    struct call_slot *slots;
    uint32_t slot_count;
    uint32_t first_free;
    uint32_t limit;
    size_t count;
    /* A binary heap of the asynchronous calls by call_due(). */
    struct call **heap;
    size_t heap_count;
    size_t heap_capacity;
};

/* The most calls that a table can be asked to hold: an id has 24 bits for the slot. */
#define CALLS_LIMIT ((uint32_t)1 << 24)

void calls_init(struct calls *calls, uint32_t limit);
/* The table must be empty. */
void calls_fini(struct calls *calls);

/* Gives the call an id that no earlier call of this table had. OSTLER_E_BUSY if the table is full, OSTLER_E_NOMEM. */
enum ostler_status calls_add(struct calls *calls, struct call *call);

/* The waiting call with this id, or NULL. */
struct call *calls_find(const struct calls *calls, uint64_t id);

/* Takes a call out; its id becomes 0. It must be in. */
void calls_remove(struct calls *calls, struct call *call);

/* After call_due() of an asynchronous call has changed. */
void calls_due_changed(struct calls *calls, struct call *call);

/* The asynchronous call that is due first, or NULL. */
static inline struct call *calls_first_due(const struct calls *calls)
{
    return calls->heap_count ? calls->heap[0] : NULL;
}

/* Goes through all calls, from *cursor = 0; NULL after the last. Calls may be removed meanwhile. */
struct call *calls_next(const struct calls *calls, uint32_t *cursor);

#endif
