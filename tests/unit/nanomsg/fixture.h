/* SPDX-License-Identifier: Apache-2.0 */
/* The driver without a core above it: transports in a folder of their own, servers that echo, and the shortest way to
 * send and to take. Whatever goes wrong in here aborts the test. */
#ifndef NANOMSG_FIXTURE_H
#define NANOMSG_FIXTURE_H

#include <ostler/driver.h>
#include <ostler/matchmaker.h>

/* The driver's operations. */
const struct ostler_driver_ops *fixture_driver(void);

/* A matchmaker's operations. */
const struct ostler_matchmaker_ops *fixture_matchmaker(const char *name);

/* A folder that fixture_end() removes, and the URL of a transport in it; both static. */
const char *fixture_folder(void);
const char *fixture_url(void);
void fixture_end(void);

/* A configuration with the driver's options and INI text for the section [nanomsg], or NULL; and a URL. Both live until
 * fixture_end(). */
const ostler_conf *fixture_conf(const char *options);
const ostler_url *fixture_parse(const char *url);

/* A transport; `url` NULL means fixture_url(). */
ostler_driver_transport *fixture_open(const char *url, const char *options);

/* Listens for topic "topic" of exchange "exchange". */
ostler_driver_listener *fixture_listen(ostler_driver_transport *transport, const char *server);
void fixture_close(ostler_driver_listener *listener);

/* A thread that answers every request to such a listener with its arguments; "which" is answered with the server's
 * name, "cast" is counted. */
struct fixture_server;
struct fixture_server *fixture_serve(ostler_driver_transport *transport, const char *server);
unsigned fixture_served(struct fixture_server *server);
void fixture_stop(struct fixture_server *server);

/* A call (id not 0) or a cast of method "echo" to "topic", which may wait for ten seconds. */
struct ostler_outgoing fixture_message(uint64_t id);

/* Waits up to ten seconds for one reply; call_id is 0 if none comes. */
struct ostler_reply fixture_reply(ostler_driver_transport *transport);
void fixture_reply_clear(struct ostler_reply *reply);

/* Sends and waits for the reply. On failure of the sending kind is LOST and status says why. */
struct ostler_reply fixture_call(ostler_driver_transport *transport, struct ostler_outgoing message);

/* Waits up to ten seconds for one request; NULL if none comes. Opens it. */
struct ostler_incoming *fixture_take(ostler_driver_listener *listener);
void fixture_answer(struct ostler_incoming *incoming, const char *json);

/* A number of the driver's report. */
int64_t fixture_count(ostler_driver_transport *transport, const char *name);

/* The path of the socket that a serving transport is bound to. The caller frees it. */
char *fixture_address(ostler_driver_transport *transport);

#endif
