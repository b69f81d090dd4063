/* SPDX-License-Identifier: Apache-2.0 */
/* A request or a notification on the server's side. */
#ifndef INCOMING_H
#define INCOMING_H

#include "wire.h"

#include <ostler/driver.h>

struct node;
struct peer;

struct incoming {
    struct ostler_incoming base;
    struct node *node;
    struct peer *peer; /* counted */
    struct incoming *prev, *next;
    uint64_t id;
    ostler_driver_listener *listener; /* of a notification, counted; else NULL */
    uint64_t arrival;                 /* its place among those of the listener */
    bool handled, coming;             /* coming: the peer counts it so */
    void *chunk;                      /* nanomsg's memory, if all of it is this request's; the texts point into it */
    struct wire_record record;
    uint8_t copy[]; /* else the record's body */
};

/* Takes `chunk` over if it is given, else copies the record. NULL without memory, then nothing is taken over. The
 * node's lock is held. */
struct incoming *incoming_new(struct node *node, struct peer *peer, const struct wire_record *record,
                              const struct wire_request *request, void *chunk);

enum ostler_status incoming_open(struct ostler_incoming *incoming, struct ostler_error *error);
enum ostler_status incoming_reply(struct ostler_incoming *incoming, const struct ostler_answer *answer,
                                  struct ostler_error *error);
void incoming_heartbeat(struct ostler_incoming *incoming);
/* A notification that was not handled goes back to its listener. */
void incoming_free(struct ostler_incoming *incoming);

enum ostler_status incoming_settle(struct ostler_incoming *incoming, enum ostler_settlement settlement,
                                   struct ostler_error *error);

/* As incoming_free(), with the node's lock held. */
void incoming_drop(struct incoming *incoming);

#endif
