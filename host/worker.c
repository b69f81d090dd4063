/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "drain.h"
#include "log.h"
#include "notify.h"
#include "plan.h"
#include "reload.h"
#include "report.h"

#include <ostler/thread.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const double default_patience = 60.0; /* until a configuration says otherwise */

struct worker {
    const struct sources *sources;
    struct host_hooks hooks;
    struct roster *roster;
    int ended_fd;
    pthread_t thread;

    pthread_mutex_t lock; /* of what is asked for and how long a stop may take */
    pthread_cond_t asked;
    bool reset;
    bool report;
    bool stop;
    double patience; /* seconds; negative: no limit */
    ostler_time deadline;

    /* The thread's own; after its end, of the one that joins it. */
    struct deployment *deployment;
    struct drain *drain;
    int exit_code;
    bool abandoned; /* requests still run */
};

static void log_finding(bool is_error, const char *text)
{
    ostler_log(is_error ? OSTLER_LOG_ERROR : OSTLER_LOG_WARNING, "config", "%s", text);
}

static const char *log_path(const ostler_conf *conf)
{
    const char *path = ostler_conf_string(conf, "DEFAULT", "log_file");
    return path && path[0] ? path : NULL;
}

static void set_level(const ostler_conf *conf)
{
    ostler_log_set_level(ostler_conf_bool(conf, "DEFAULT", "debug") ? OSTLER_LOG_DEBUG : OSTLER_LOG_INFO);
}

/* Reads the configuration and plans from it. *log_file is opened, or -1. NULL: the findings have been logged. */
static struct deployment *load(const struct worker *worker, int *log_file, enum ostler_status *status)
{
    struct findings findings = FINDINGS_INIT(log_finding);
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = sources_read(worker->sources, &findings);
    struct deployment *deployment = NULL;

    *log_file = -1;
    if (conf && log_path(conf) && log_open(log_path(conf), log_file, &error) != OSTLER_OK)
        findings_take(&findings, ostler_conf_origin(conf, "DEFAULT", "log_file"), &error);
    if (conf && !worker->deployment)
        set_level(conf);
    if (conf)
        deployment = plan_make(conf, worker->deployment, &worker->hooks, &findings);
    findings_clear(&findings);
    if (findings.errors > 0) {
        *status = findings.status;
        deployment_free(deployment);
        return NULL;
    }
    return deployment;
}

/* What the host itself takes from a configuration that is now in force. */
static void put_in_force(struct worker *worker, struct deployment *deployment, int log_file)
{
    double seconds = (double)ostler_conf_integer(deployment->means.conf, "DEFAULT", "graceful_shutdown_timeout", 0);

    pthread_mutex_lock(&worker->lock);
    worker->patience = seconds > 0.0 ? seconds : -1.0;
    pthread_mutex_unlock(&worker->lock);
    worker->deployment = deployment;
    set_level(deployment->means.conf);
    log_use(log_file);
}

static void tell_ready(const struct worker *worker, const char *what)
{
    char text[DEPLOYMENT_TEXT_BYTES];

    deployment_text(worker->deployment, text);
    ostler_log(OSTLER_LOG_INFO, "ostlerd", "%s: %s", what, text);
    notify_send("READY=1\nSTATUS=Serving: %s", text);
}

static bool start(struct worker *worker)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = OSTLER_OK;
    int log_file = -1;
    struct deployment *deployment = load(worker, &log_file, &status);

    if (deployment)
        status = deployment_start(deployment, &error);
    if (status == OSTLER_OK) {
        roster_begin(worker->roster);
        roster_end(worker->roster, deployment);
        put_in_force(worker, deployment, log_file);
        tell_ready(worker, "ready");
        return true;
    }
    if (error.message)
        ostler_log(OSTLER_LOG_CRITICAL, "ostlerd", "%s", error.message);
    ostler_log(OSTLER_LOG_CRITICAL, "ostlerd", "cannot start");
    ostler_error_clear(&error);
    deployment_free(deployment);
    if (log_file >= 0)
        close(log_file);
    worker->exit_code = ostler_status_exit_code(status);
    return false;
}

/* Whatever becomes of the new configuration, a log file that was rotated is left alone from now on. */
static void reopen_log(const struct worker *worker)
{
    const char *path = log_path(worker->deployment->means.conf);
    struct ostler_error error = OSTLER_ERROR_INIT;
    int file = -1;

    if (!path)
        return;
    if (log_open(path, &file, &error) == OSTLER_OK)
        log_use(file);
    else
        ostler_log(OSTLER_LOG_WARNING, "ostlerd", "%s", error.message);
    ostler_error_clear(&error);
}

static void reload(struct worker *worker)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = OSTLER_OK;
    int log_file = -1;

    notify_reloading();
    reopen_log(worker);
    struct deployment *old = worker->deployment, *next = load(worker, &log_file, &status);
    if (next)
        status = reload_apply(old, next, worker->drain, worker->roster, &error);
    if (status == OSTLER_OK) {
        put_in_force(worker, next, log_file);
        tell_ready(worker, "configuration reloaded");
        deployment_free(old);
        return;
    }
    if (error.message)
        ostler_log(OSTLER_LOG_ERROR, "ostlerd", "%s", error.message);
    ostler_log(OSTLER_LOG_ERROR, "ostlerd", "the new configuration is refused; the old one stays in force");
    notify_send("READY=1\nSTATUS=The new configuration was refused; the old one is in force");
    ostler_error_clear(&error);
    deployment_free(next);
    if (log_file >= 0)
        close(log_file);
}

static void stop(struct worker *worker)
{
    bool ended = deployment_stop(worker->deployment, worker->deadline);

    if (!drain_wait(worker->drain, worker->deadline)) {
        ostler_log(OSTLER_LOG_ERROR, "ostlerd", "%zu removed servers or listeners still have work",
                   drain_left(worker->drain));
        ended = false;
    }
    worker->abandoned = !ended;
    worker->exit_code = ended ? 0 : 1;
    if (ended)
        ostler_log(OSTLER_LOG_INFO, "ostlerd", "stopped");
    else
        ostler_log(OSTLER_LOG_ERROR, "ostlerd", "graceful_shutdown_timeout has passed; requests were abandoned");
}

/* Waits until something is asked for and does it; false after a stop. */
static bool do_next(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    while (!worker->reset && !worker->report && !worker->stop)
        pthread_cond_wait(&worker->asked, &worker->lock);
    bool is_stop = worker->stop, is_reset = worker->reset, is_report = worker->report;
    worker->reset = worker->report = false;
    pthread_mutex_unlock(&worker->lock);

    if (is_report)
        report_state(worker->deployment, drain_left(worker->drain));
    if (is_stop)
        stop(worker);
    else if (is_reset)
        reload(worker);
    return !is_stop;
}

static void *worker_main(void *arg)
{
    struct worker *worker = arg;

    if (start(worker))
        while (do_next(worker))
            ;
    (void)eventfd_write(worker->ended_fd, 1);
    return NULL;
}

static void destroy(struct worker *worker)
{
    if (worker->ended_fd >= 0)
        close(worker->ended_fd);
    drain_free(worker->drain);
    pthread_cond_destroy(&worker->asked);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

enum ostler_status worker_open(const struct sources *sources, const struct host_hooks *hooks, struct roster *roster,
                               struct worker **out, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");

    worker->sources = sources;
    worker->hooks = *hooks;
    worker->roster = roster;
    worker->patience = default_patience;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->asked, NULL);
    worker->ended_fd = eventfd(0, EFD_CLOEXEC);
    worker->drain = drain_new();
    if (worker->ended_fd < 0 || !worker->drain) {
        status = ostler_error_set_errno(error, errno, "cannot make the worker");
        goto out;
    }
    status = ostler_thread_start(&worker->thread, "ostlerd-worker", worker_main, worker, error);
    if (status != OSTLER_OK)
        goto out;
    *out = worker;
    return status;
out:
    destroy(worker);
    return status;
}

int worker_ended_fd(const struct worker *worker)
{
    return worker->ended_fd;
}

static void ask(struct worker *worker, bool *what)
{
    pthread_mutex_lock(&worker->lock);
    *what = true;
    pthread_cond_signal(&worker->asked);
    pthread_mutex_unlock(&worker->lock);
}

void worker_reset(struct worker *worker)
{
    ask(worker, &worker->reset);
}

void worker_report(struct worker *worker)
{
    ask(worker, &worker->report);
}

ostler_time worker_stop(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    ostler_time deadline = ostler_deadline(worker->patience);
    worker->deadline = deadline;
    worker->stop = true;
    pthread_cond_signal(&worker->asked);
    pthread_mutex_unlock(&worker->lock);
    return deadline;
}

int worker_close(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    int exit_code = worker->exit_code;

    if (worker->abandoned)
        _exit(exit_code);
    roster_begin(worker->roster);
    roster_end(worker->roster, NULL);
    deployment_free(worker->deployment);
    destroy(worker);
    return exit_code;
}
