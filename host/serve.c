/* SPDX-License-Identifier: Apache-2.0 */
#include "serve.h"

#include "notify.h"
#include "signals.h"
#include "worker.h"

#include <ostler/log.h>

#include <unistd.h>

/* How long after the end of the graceful time the worker may take to say so, before the process ends without it. */
static const double last_grace = 2.0;

struct serving {
    struct roster roster;
    struct signals signals;
    struct worker *worker;
    bool stopping;
    ostler_time limit;     /* once stopping */
    double watchdog;       /* seconds between signs of life; 0: none wanted */
    ostler_time next_sign; /* when the next one is due */
};

static void end_at_once(const char *why)
{
    ostler_log(OSTLER_LOG_ERROR, "ostlerd", "%s: ending at once", why);
    _exit(1);
}

static void begin_stop(struct serving *serving)
{
    ostler_log(OSTLER_LOG_INFO, "ostlerd", "stopping");
    notify_send("STOPPING=1\nSTATUS=Stopping: waiting for requests in flight");
    serving->stopping = true;
    ostler_time deadline = worker_stop(serving->worker);
    serving->limit = deadline == OSTLER_NEVER ? deadline : deadline + (ostler_time)(last_grace * 1e9);
}

static void show_life(struct serving *serving)
{
    if (serving->watchdog > 0.0 && ostler_now() >= serving->next_sign) {
        notify_send("WATCHDOG=1");
        serving->next_sign = ostler_deadline(serving->watchdog);
    }
}

static void handle(struct serving *serving, unsigned events)
{
    if (events & SIGNALS_STOP_AGAIN)
        end_at_once("told twice to stop");
    if ((events & SIGNALS_STOP) && !serving->stopping)
        begin_stop(serving);
    if ((events & SIGNALS_RESET) && !serving->stopping)
        worker_reset(serving->worker);
    if ((events & SIGNALS_REPORT) && !serving->stopping)
        worker_report(serving->worker);
    if (ostler_now() >= serving->limit)
        end_at_once("graceful_shutdown_timeout has passed");
}

static int run(struct serving *serving)
{
    unsigned events = 0;

    serving->watchdog = notify_watchdog_interval();
    serving->next_sign = serving->watchdog > 0.0 ? OSTLER_AT_ONCE : OSTLER_NEVER;
    while (!(events & SIGNALS_ENDED)) {
        show_life(serving);
        ostler_time wake = serving->limit < serving->next_sign ? serving->limit : serving->next_sign;
        events = signals_wait(&serving->signals, worker_ended_fd(serving->worker), wake);
        if (!(events & SIGNALS_ENDED))
            handle(serving, events);
    }
    return worker_close(serving->worker);
}

/* --- What the endpoint `control` may ask ------------------------------------------------------------------------ */

static void ask_reset(void *user)
{
    struct serving *serving = user;

    signals_ask_reset(&serving->signals);
}

static void ask_stop(void *user)
{
    struct serving *serving = user;

    signals_ask_stop(&serving->signals);
}

static struct json_object *tell_listeners(void *user)
{
    struct serving *serving = user;

    return roster_listeners(&serving->roster);
}

int serve(const struct sources *sources)
{
    struct serving serving = {.roster = ROSTER_INIT, .limit = OSTLER_NEVER};
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = signals_open(&serving.signals, &error);

    if (status == OSTLER_OK) {
        const struct host_hooks hooks = {ask_reset, ask_stop, tell_listeners, &serving};
        status = worker_open(sources, &hooks, &serving.roster, &serving.worker, &error);
        if (status != OSTLER_OK)
            signals_close(&serving.signals);
    }
    if (status != OSTLER_OK) {
        ostler_log(OSTLER_LOG_CRITICAL, "ostlerd", "%s", error.message);
        ostler_error_clear(&error);
        return ostler_status_exit_code(status);
    }
    int exit_code = run(&serving);
    signals_close(&serving.signals);
    return exit_code;
}
