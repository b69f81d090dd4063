/* SPDX-License-Identifier: Apache-2.0 */
/* A transport whose driver does what the test says: requests come from the test, answers go back to it. The functions
 * that the server needs of a transport are defined here, so that no module is loaded. */
#ifndef TESTS_SCRIPTED_H
#define TESTS_SCRIPTED_H

#include <ostler/driver.h>
#include <ostler/server.h>

/* How long a test waits for what must happen. */
#define SCRIPTED_PATIENCE 20.0

/* One request as its caller sees it; all members are the test's to read once it is answered or freed. */
struct scripted_call {
    struct json_object *value; /* of the answer: the result or the failure object */
    bool answered;
    bool failed;
    unsigned answers;
    unsigned heartbeats;
    unsigned late_heartbeats; /* after the answer */
    bool freed;               /* the server is through with it */
};

/* What a request is; the rest is zero. Texts and JSON texts are copied. */
struct scripted_request {
    const char *method;
    const char *namespace_;
    const char *version;
    const char *args;    /* JSON text; NULL: absent */
    const char *context; /* JSON text; NULL: absent */
    bool is_cast;
    double monitor_timeout;
    ostler_time deadline; /* 0: never */
    bool broken;          /* incoming_open() fails */
};

/* What the driver refuses; set before it is used. */
struct scripted_knobs {
    enum ostler_status listen_status;
    enum ostler_status reply_status; /* of answers that did not fail */
    enum ostler_status failure_status;
};
extern struct scripted_knobs scripted_knobs;

/* A transport with a configuration of its own that can be set until a server is made. */
ostler_transport *scripted_transport(void);

struct scripted_call *scripted_send(const struct scripted_request *request);
/* A call with these arguments, in the null namespace, version 1.0. */
struct scripted_call *scripted_call(const char *method, const char *args);
/* Until the answer is there, or the server is through with it; false if that does not happen. */
bool scripted_answered(struct scripted_call *call);
bool scripted_freed(struct scripted_call *call);
/* Until so many signs of life have come. */
bool scripted_heartbeats(struct scripted_call *call, unsigned count);
void scripted_call_free(struct scripted_call *call);

/* Sends, waits for the answer and compares its JSON text, then frees: whether it is a result like this. */
bool scripted_result_is(const char *method, const char *args, const char *result);
/* "CLASS MODULE MESSAGE" of a failure, cut to the size; "no failure" otherwise. */
void scripted_failure_text(const struct scripted_call *call, char *text, size_t size);
/* Calls and compares the failure's text. */
bool scripted_failure_is(const struct scripted_request *request, const char *text);

/* How many listeners there have been, and are open. */
unsigned scripted_listens(void);
unsigned scripted_listeners(void);
/* Incoming that the server holds, and requests that nobody has taken yet. */
unsigned scripted_incoming(void);
unsigned scripted_queued(void);
/* From now on polls hand out nothing, or again what there is. */
void scripted_hold(bool hold);

/* Polls a condition until it holds or patience ends. */
bool scripted_until(bool (*condition)(void *user), void *user);

#endif
