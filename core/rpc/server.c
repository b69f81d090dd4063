/* SPDX-License-Identifier: Apache-2.0 */
/* A server's cycle: start, stop, wait, and what order they keep. oslo_messaging/server.py MessageHandlingServer. */
#include "server_parts.h"

#include <ostler/log.h>
#include <ostler/thread.h>

/* --- Phases ----------------------------------------------------------------------------------------------------- */

static void set_phase(ostler_server *server, enum server_phase phase)
{
    pthread_mutex_lock(&server->lock);
    server->phase = phase;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* Waits while somebody starts or stops it. With the lock held. */
static void wait_for_others(ostler_server *server)
{
    while (server->phase == SERVER_STARTING || server->phase == SERVER_STOPPING)
        pthread_cond_wait(&server->changed, &server->lock);
}

/* Makes this thread the one that takes the server from phase @p from to @p work; false if it stands elsewhere. */
static bool enter(ostler_server *server, enum server_phase from, enum server_phase work)
{
    pthread_mutex_lock(&server->lock);
    wait_for_others(server);
    bool entered = server->phase == from;
    if (entered)
        server->phase = work;
    pthread_mutex_unlock(&server->lock);
    return entered;
}

static enum server_phase phase_of(ostler_server *server)
{
    pthread_mutex_lock(&server->lock);
    wait_for_others(server);
    enum server_phase phase = server->phase;
    pthread_mutex_unlock(&server->lock);
    return phase;
}

/* --- Start ------------------------------------------------------------------------------------------------------ */

static enum ostler_status listen_and_run(ostler_server *server, struct ostler_error *error)
{
    ostler_driver_listener *listener = NULL;
    enum ostler_status status = server->role->listen(server, &listener, error);

    if (status != OSTLER_OK)
        return status;
    server_work_begin(server, listener);
    status = server->executor_ops->start(server->executor, error);
    if (status != OSTLER_OK) {
        server->ops->listener_stop(listener);
        server_work_close(server);
        return status;
    }
    server->executor_stopped = false;
    return OSTLER_OK;
}

enum ostler_status ostler_server_start(ostler_server *server, struct ostler_error *error)
{
    while (!enter(server, SERVER_IDLE, SERVER_STARTING)) {
        if (phase_of(server) == SERVER_SERVING)
            return OSTLER_OK;
        /* The old cycle ends first. */
        ostler_server_wait(server, -1.0, NULL);
    }
    enum ostler_status status = listen_and_run(server, error);
    if (status == OSTLER_OK)
        ostler_log(OSTLER_LOG_INFO, server->role->word, "%s: serving exchange %s", server->label,
                   server->target.exchange);
    set_phase(server, status == OSTLER_OK ? SERVER_SERVING : SERVER_IDLE);
    return status;
}

/* --- Stop ------------------------------------------------------------------------------------------------------- */

void ostler_server_stop(ostler_server *server)
{
    if (!enter(server, SERVER_SERVING, SERVER_STOPPING))
        return;
    server->ops->listener_stop(server->listener);
    server_work_drain(server);
    ostler_log(OSTLER_LOG_INFO, server->role->word, "%s: stopped; %s under way: %u", server->label,
               server->role->is_rpc ? "requests" : "notifications", atomic_load(&server->requests));
    set_phase(server, SERVER_STOPPED);
}

/* --- Wait ------------------------------------------------------------------------------------------------------- */

/* What the driver held is fetched, what was fetched has run, what was kept is answered: in this order. */
static bool end_cycle(ostler_server *server, ostler_time deadline)
{
    if (!server_work_drained(server, deadline))
        return false;
    if (!server->executor_stopped)
        server->executor_ops->stop(server->executor);
    server->executor_stopped = true;
    if (!server->executor_ops->wait(server->executor, deadline) || !server_work_ended(server, deadline))
        return false;
    server_work_close(server);
    generations_reap(&server->generations);
    return true;
}

/* Waits until the server is stopped and nobody else waits for it; *work tells that this thread is to end the cycle.
 * False at the deadline. */
static bool wait_for_stop(ostler_server *server, ostler_time deadline, bool *work)
{
    bool in_time = true;

    pthread_mutex_lock(&server->lock);
    while (server->phase != SERVER_IDLE && server->phase != SERVER_STOPPED && in_time)
        in_time = ostler_cond_wait(&server->changed, &server->lock, deadline);
    *work = server->phase == SERVER_STOPPED;
    bool ended = *work || server->phase == SERVER_IDLE;
    if (*work)
        server->phase = SERVER_WAITING;
    pthread_mutex_unlock(&server->lock);
    return ended;
}

enum ostler_status ostler_server_wait(ostler_server *server, double seconds, struct ostler_error *error)
{
    ostler_time deadline = ostler_deadline(seconds);
    bool work = false;

    if (!wait_for_stop(server, deadline, &work)) {
        if (phase_of(server) == SERVER_SERVING)
            return ostler_error_set(error, OSTLER_E_TASK_TIMEOUT, "%s %s was not stopped within %g s",
                                    server->role->word, server->label, seconds);
    } else if (!work) {
        return OSTLER_OK;
    } else if (end_cycle(server, deadline)) {
        set_phase(server, SERVER_IDLE);
        return OSTLER_OK;
    } else {
        set_phase(server, SERVER_STOPPED);
    }
    return ostler_error_set(error, OSTLER_E_TASK_TIMEOUT, "%s %s: %s after %g s: %u", server->role->word, server->label,
                            server->role->is_rpc ? "requests still unanswered" : "notifications still in work", seconds,
                            atomic_load(&server->requests));
}
