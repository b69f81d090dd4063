/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that starts, reloads, reports and stops, one after the other, so that the main thread can always hear a
 * signal. The deployment belongs to it. */
#ifndef WORKER_H
#define WORKER_H

#include "roster.h"
#include "sources.h"

struct worker;

/* Makes it and begins to start what the configuration says. @p sources and @p roster are borrowed. */
enum ostler_status worker_open(const struct sources *sources, const struct host_hooks *hooks, struct roster *roster,
                               struct worker **worker, struct ostler_error *error);

/* Polls readable once the thread has ended: it could not start, or it has stopped. */
int worker_ended_fd(const struct worker *worker);

/* Ask it to do something, as soon as it has done what it does now. */
void worker_reset(struct worker *worker);
void worker_report(struct worker *worker);

/* Asks it to stop within the graceful_shutdown_timeout in force; returns when that ends. */
ostler_time worker_stop(struct worker *worker);

/* Joins the thread, which has ended, and frees it. Returns the host's exit code. If requests still run, it does not
 * return but ends the process with that code. */
int worker_close(struct worker *worker);

#endif
