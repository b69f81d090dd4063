/* SPDX-License-Identifier: Apache-2.0 */
/* ostler call: one call. It is made asynchronously, so that a signal can cancel it. */
#include "arguments.h"
#include "interrupt.h"
#include "output.h"
#include "session.h"

#include <json-c/json.h>
#include <pthread.h>

struct calling {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    ostler_call *call;
    bool done;
    bool verbose;
    int exit_code;
};

/* Prints here, while result and error are there to be read. */
static void call_done(void *user, enum ostler_status status, struct json_object *result,
                      const struct ostler_error *error)
{
    struct calling *calling = user;
    int exit_code = status == OSTLER_OK          ? output_json(result)
                    : interrupt_exit_code() != 0 ? interrupt_exit_code()
                                                 : output_failure(error, calling->verbose);

    pthread_mutex_lock(&calling->lock);
    calling->exit_code = exit_code;
    calling->done = true;
    pthread_cond_signal(&calling->changed);
    pthread_mutex_unlock(&calling->lock);
}

/* The call has been started: interrupt_set() comes after. */
static void call_cancel(void *user)
{
    struct calling *calling = user;

    ostler_call_cancel(calling->call);
}

static int call_and_wait(struct session *session, const struct options *options, struct json_object *arguments)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct calling calling = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .verbose = options->verbose};
    int exit_code;

    if (ostler_client_call_async(session->client, options->context, options->operands[1], arguments, call_done,
                                 &calling, &calling.call, &error) != OSTLER_OK) {
        exit_code = output_failure(&error, options->verbose);
        goto out;
    }
    interrupt_set(call_cancel, &calling);
    pthread_mutex_lock(&calling.lock);
    while (!calling.done)
        pthread_cond_wait(&calling.changed, &calling.lock);
    exit_code = calling.exit_code;
    pthread_mutex_unlock(&calling.lock);
    interrupt_set(NULL, NULL);
out:
    ostler_call_unref(calling.call);
    ostler_error_clear(&error);
    return exit_code;
}

int cmd_call(const struct options *options)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_target target = session_target(options);
    struct json_object *arguments = NULL;
    struct session session = {.conf = NULL};
    int exit_code;

    if (arguments_parse(options->operands + 2, options->operand_count - 2, &arguments, &error) != OSTLER_OK)
        exit_code = output_usage(options->verb->name, "%s", error.message);
    else if (session_open(&session, options, &target, &error) != OSTLER_OK)
        exit_code = output_failure(&error, options->verbose);
    else
        exit_code = call_and_wait(&session, options, arguments);
    json_object_put(arguments);
    session_close(&session);
    ostler_error_clear(&error);
    return exit_code;
}
