/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint that the suite's servers serve, and what a check sees and steers of it from outside: what ran, who holds
 * a request, when to let go. One per process, shared by all its servers. */
#ifndef PROBE_H
#define PROBE_H

#include <ostler/endpoint.h>

/* Interfaces: null namespace 1.4 with everything below; null namespace 2.0, and "space" 2.3, with where().
 *   echo(arg)              returns arg
 *   whoami()               returns the server's name
 *   context()              returns the context
 *   greet(name, title?)    strings; returns "TITLE NAME"
 *   mark(id)               counts one run of id; returns id
 *   hold(seconds?)         returns its server's name after probe_release(), or after so many seconds
 *   keep(id)               is answered by probe_answer_kept()
 *   fail, refuse, raise    fail in three ways
 *   mute, nothing          return without an answer: a failed status, success
 *   twice                  answers two times
 *   fail_on(server)        fails there, returns the server's name elsewhere
 *   make(bytes)            returns a string of so many bytes
 *   where()                returns "null 1.4", "null 2.0" or "space 2.3"
 */
extern const struct ostler_endpoint_ops probe_endpoint;

enum { PROBE_IDS = 65536 };

/* Waits up to `seconds` until what it is named for holds; false if it does not. */
bool probe_await_holding(unsigned count, double seconds); /* requests inside hold() */
bool probe_await_kept(unsigned count, double seconds);    /* requests kept by keep() */
bool probe_await_runs(size_t count, double seconds);      /* runs of mark() in all */

/* Lets every hold() return, those that come included; probe_hold_again() ends that. */
void probe_release(void);
void probe_hold_again(void);

/* How often mark() ran: for one id, in all, the most for any id, and by one server. */
unsigned probe_runs_of(size_t id);
size_t probe_runs(void);
unsigned probe_most_runs(void);
unsigned probe_runs_on(const char *server);

/* Answers every kept request with its id, the latest first, from the thread that calls. */
void probe_answer_kept(void);

/* What the second answer of twice() was told. */
enum ostler_status probe_second_answer(void);

#endif
