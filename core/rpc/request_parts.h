/* SPDX-License-Identifier: Apache-2.0 */
/* A request inside: made by the dispatcher, ended by request.c. */
#ifndef RPC_REQUEST_PARTS_H
#define RPC_REQUEST_PARTS_H

#include "server_parts.h"

#include <ostler/request.h>

/* Freed when it is both ANSWERED and RETURNED. */
enum request_mark {
    REQUEST_CLAIMED = 1 << 0,  /* somebody answers it: nobody else may */
    REQUEST_ANSWERED = 1 << 1, /* its answer is out */
    REQUEST_RETURNED = 1 << 2, /* the dispatcher is through with it */
    REQUEST_KEPT = 1 << 3
};

/* How loud a failure is. */
enum request_failure { FAILURE_UNEXPECTED, FAILURE_EXPECTED };

struct ostler_request {
    struct ostler_server *server;
    struct generation *generation; /* a hold */
    struct ostler_incoming *incoming;
    const struct served_method *method; /* NULL until it is found */
    struct json_object *context;        /* the incoming's, unless it is its own; NULL: empty, not made yet */
    struct json_object *args;
    bool owns_context;
    bool owns_args;
    ostler_time began;
    atomic_uint marks;
    struct monitored monitored;
};

/* NULL without memory. Takes the hold on @p generation and @p incoming on success. */
struct ostler_request *request_new(struct ostler_server *server, struct generation *generation,
                                   struct ostler_incoming *incoming);

/* Ends it without an answer: nobody waits for one any more. */
void request_drop(struct ostler_request *request);

/* The dispatcher is through with it: frees it, or leaves that to who answers. */
void request_returned(struct ostler_request *request);

/* As ostler_request_fail(), with a ready sentence. */
enum ostler_status request_fail_text(struct ostler_request *request, const char *module, const char *class_name,
                                     const char *message);

/* Whether somebody answers it or has answered it, and whether it was kept. */
bool request_is_claimed(const struct ostler_request *request);
bool request_is_kept(const struct ostler_request *request);

/* Sends one sign of life: the monitor's beat. */
void request_beat(struct monitored *monitored);

#endif
