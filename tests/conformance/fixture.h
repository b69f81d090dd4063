/* SPDX-License-Identifier: Apache-2.0 */
/* Transports, servers and clients in a line each. Whatever cannot be made ends the check. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <ostler/client.h>
#include <ostler/server.h>

#include <json-c/json.h>

/* Enough for any single answer. */
#define PATIENCE 30.0

/* A topic of this check alone, in this run alone. */
const char *fixture_topic(void);
/* Makes it that of another process; `topic` is kept. */
void fixture_set_topic(const char *topic);

ostler_transport *fixture_transport(void);
ostler_transport *fixture_transport_with(bool event_loop, size_t max_calls);

/* A server with a transport of its own. */
struct served {
    ostler_transport *transport;
    ostler_server *server;
};

/* Makes one for fixture_topic() with the probe's endpoint and starts it. `executor` NULL: 64 threads. */
struct served fixture_serve(const char *name);
struct served fixture_serve_with(const char *name, const char *executor, const char *exchange);
/* Makes it without starting it. */
struct served fixture_server(const char *name, const char *executor, const char *exchange);
/* Stops it, waits for its requests, and frees it with its transport. */
void fixture_end(struct served *served);

/* A client of fixture_topic(); `seconds` is its timeout. Keeps the transport. */
ostler_client *fixture_client(ostler_transport *transport, double seconds);
/* The same for one server, or for all. */
ostler_client *fixture_client_to(ostler_transport *transport, const char *server, bool fanout, double seconds);

/* Returns when the server answers a call of this transport: where servers have to be found, it has been. */
void fixture_await_server(ostler_transport *transport, const char *server);

/* Arguments, the caller's to put: {"name": value}; the value is taken. */
struct json_object *fixture_args(const char *name, struct json_object *value);
struct json_object *fixture_id(int64_t id);

/* A call with the arguments taken. */
enum ostler_status fixture_call(ostler_client *client, const char *method, struct json_object *args,
                                struct json_object **result, struct ostler_error *error);
enum ostler_status fixture_cast(ostler_client *client, const char *method, struct json_object *args,
                                struct ostler_error *error);

/* Calls echo with a text and says whether it came back: the transport works. */
bool fixture_works(ostler_client *client);

/* --- Asynchronous calls -------------------------------------------------------------------------------------------- */

/* What became of one; zeroed before it is started. */
struct outcome {
    int times;                 /* that the callback was called */
    enum ostler_status status; /* of the last time */
    int64_t number;            /* the result, as a number */
};

/* Starts a call; the arguments are taken. */
enum ostler_status fixture_start(ostler_client *client, const char *method, struct json_object *args,
                                 struct outcome *outcome, ostler_call **call);
/* For what is sent without waiting: the callback, with its struct outcome. */
void fixture_note_accepted(void *user, enum ostler_status status, const struct ostler_error *error);
/* Waits until `count` callbacks have been called in all since the check began; false if not within `seconds`. */
bool fixture_await_outcomes(size_t count, double seconds);
size_t fixture_outcomes(void);

#endif
