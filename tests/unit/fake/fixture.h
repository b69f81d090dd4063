/* SPDX-License-Identifier: Apache-2.0 */
/* Transports of the driver without a core above them, and the shortest way to send and to take. */
#ifndef FAKE_FIXTURE_H
#define FAKE_FIXTURE_H

#include <ostler/driver.h>

/* The driver's operations. */
extern const struct ostler_driver_ops *fake;

/* Opens a transport; `options` is INI text for the section [fake], or NULL. Aborts on failure, as all of these do where
 * a test could not go on. */
ostler_driver_transport *fixture_open(const char *options);

/* A server of topic "topic" in exchange "exchange". */
ostler_driver_listener *fixture_listen(ostler_driver_transport *transport, const char *server);
void fixture_end(ostler_driver_listener *listener);

/* A message to "topic" whose method is `method`: a cast without deadline until its members are set otherwise. */
struct ostler_outgoing fixture_cast(const char *method);
/* A call that may wait for `seconds`. */
struct ostler_outgoing fixture_call(const char *method, uint64_t id, double seconds);

enum ostler_status fixture_send(ostler_driver_transport *transport, const struct ostler_outgoing *outgoing);

/* Takes all that is there without waiting and writes the methods' names into one text, separated by blanks; answers
 * calls with their method's name. The text is static. */
const char *fixture_drain(ostler_driver_listener *listener);

/* Waits up to ten seconds for one request, opened, or one reply; NULL or a zero id if none came. */
struct ostler_incoming *fixture_take(ostler_driver_listener *listener);
struct ostler_reply fixture_reply(ostler_driver_transport *transport);

/* How many requests and replies wait in all, by the driver's report. */
size_t fixture_waiting(ostler_driver_transport *transport, const char *what);

#endif
