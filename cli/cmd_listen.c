/* SPDX-License-Identifier: Apache-2.0 */
/* ostler listen: notifications as lines of JSON. One is settled after its line was written; what comes when the command
 * is about to end goes back to where it came from. */
#include "interrupt.h"
#include "lines.h"
#include "output.h"
#include "session.h"

#include <ostler/clock.h>
#include <ostler/listener.h>

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct listening {
    int end_fd; /* polls readable when no further line is to be written */

    /* Of the listener's thread, which is the only one under the executor `blocking`; after it of the main thread. */
    int64_t left; /* lines to be written; negative: no limit */
    int problem;  /* why a line could not be written, an errno value */
    char *line;
    size_t room;
};

static void end(void *user)
{
    const struct listening *listening = user;

    (void)eventfd_write(listening->end_fd, 1);
}

/* --- A line ------------------------------------------------------------------------------------------------------- */

/* Takes @p value; NULL where @p is_null is JSON's null, else no memory. */
static bool put(struct json_object *object, const char *name, struct json_object *value, bool is_null)
{
    if ((value || is_null) && json_object_object_add(object, name, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static bool put_text(struct json_object *object, const char *name, const char *text)
{
    return put(object, name, text ? json_object_new_string(text) : NULL, !text);
}

/* NULL without memory. */
static struct json_object *to_json(const struct ostler_notification *notification)
{
    struct json_object *object = json_object_new_object();

    if (object && put_text(object, "priority", ostler_priority_name(notification->priority)) &&
        put_text(object, "publisher_id", notification->publisher_id) &&
        put_text(object, "event_type", notification->event_type) &&
        put(object, "payload", json_object_get(notification->payload), true) &&
        put(object, "context", json_object_get(notification->context), false) &&
        put_text(object, "message_id", notification->message_id) &&
        put_text(object, "timestamp", notification->timestamp))
        return object;
    json_object_put(object);
    return NULL;
}

/* Its text with a newline at the end, in the buffer; 0 without memory. */
static size_t print_line(struct listening *listening, struct json_object *object)
{
    size_t size = 0;
    const char *text =
        json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);

    if (!text)
        return 0;
    if (listening->room < size + 1) {
        char *larger = realloc(listening->line, size + 1);
        if (!larger)
            return 0;
        listening->line = larger;
        listening->room = size + 1;
    }
    memcpy(listening->line, text, size);
    listening->line[size] = '\n';
    return size + 1;
}

static int write_notification(struct listening *listening, const struct ostler_notification *notification)
{
    struct json_object *object = to_json(notification);
    size_t size = object ? print_line(listening, object) : 0;
    int problem = size > 0 ? lines_write(listening->end_fd, listening->line, size) : ENOMEM;

    json_object_put(object);
    return problem;
}

/* --- The endpoint ------------------------------------------------------------------------------------------------- */

/* There is one listener in this process; open() is given nothing else to know it by. */
static struct listening *the_only;

static enum ostler_status open_state(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                     const char *section, void **state, struct ostler_error *error)
{
    (void)host, (void)conf, (void)section, (void)error;
    *state = the_only;
    return OSTLER_OK;
}

static enum ostler_notification_result take(const struct ostler_notification *notification, void *state)
{
    struct listening *listening = state;
    int problem =
        listening->left == 0 || listening->problem != 0 ? ECANCELED : write_notification(listening, notification);

    if (problem != 0 && problem != ECANCELED)
        listening->problem = problem;
    if (problem == 0 && listening->left > 0)
        listening->left--;
    if (listening->left == 0 || listening->problem != 0)
        end(listening);
    return problem == 0 ? OSTLER_NOTIFICATION_HANDLED : OSTLER_NOTIFICATION_REQUEUE;
}

/* --- Listening ---------------------------------------------------------------------------------------------------- */

static enum ostler_status make_listener(const struct session *session, const struct options *options,
                                        const struct ostler_endpoint_ops *ops, ostler_listener **listener,
                                        struct ostler_error *error)
{
    const struct ostler_server_endpoint endpoint = {.name = "listen", .ops = ops};
    struct ostler_listener_options how = OSTLER_LISTENER_OPTIONS_INIT;
    struct ostler_target *targets = calloc(options->operand_count, sizeof *targets);

    if (!targets)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    for (size_t i = 0; i < options->operand_count; i++)
        targets[i] = (struct ostler_target){.topic = options->operands[i], .exchange = options->target.exchange};
    how.pool = options->pool;
    how.allow_requeue = true;
    how.executor = "blocking";
    enum ostler_status status =
        ostler_listener_new(session->transport, targets, options->operand_count, &endpoint, 1, &how, listener, error);
    free(targets);
    return status;
}

/* Why it came to its end, an errno value. */
static int wait_for_end(const struct listening *listening, const struct options *options)
{
    ostler_time deadline = options->timeout >= 0.0 ? ostler_deadline(options->timeout) : OSTLER_NEVER;
    int why;

    do {
        double left = deadline == OSTLER_NEVER ? 0.0 : ostler_time_left(deadline) * 1000.0 + 1.0;
        int milliseconds = deadline == OSTLER_NEVER ? -1 : left > INT_MAX ? INT_MAX : left > 0.0 ? (int)left : 0;
        why = lines_wait(listening->end_fd, milliseconds);
    } while (why == ETIMEDOUT && ostler_now() < deadline);
    return why;
}

/* A reader that goes away has seen what it wanted, and so has who interrupts: neither is a failure, unless there is a
 * number of lines that was asked for. */
static int exit_code_of(const struct listening *listening, const struct options *options, int why)
{
    int problem = listening->problem != 0 ? listening->problem : why == ECANCELED ? 0 : why;

    if (problem == EPIPE || listening->left == 0)
        return 0;
    if (problem != 0 && problem != ETIMEDOUT) {
        output_message("cannot write to standard output: %s", strerror(problem));
        return OUTPUT_EXIT_FAILURE;
    }
    if (listening->left < 0)
        return 0;
    if (interrupt_exit_code() != 0)
        return interrupt_exit_code();
    output_message("%lld of %lld notifications came within %g s", (long long)(options->count - listening->left),
                   (long long)options->count, options->timeout);
    return ostler_status_exit_code(OSTLER_E_TIMEOUT);
}

static int listen_and_wait(ostler_listener *listener, struct listening *listening, const struct options *options)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    int exit_code;

    interrupt_set(end, listening);
    if (ostler_listener_start(listener, &error) == OSTLER_OK) {
        if (options->verbose)
            for (size_t i = 0; i < options->operand_count; i++)
                output_message("listening to %s%s%s", options->operands[i], options->pool ? " in the pool " : "",
                               options->pool ? options->pool : "");
        int why = wait_for_end(listening, options);
        end(listening);
        ostler_listener_stop(listener);
        (void)ostler_listener_wait(listener, -1.0, NULL); /* it was stopped: that waits for the last line */
        exit_code = exit_code_of(listening, options, why);
    } else {
        exit_code = output_failure(&error, options->verbose);
    }
    interrupt_set(NULL, NULL);
    ostler_error_clear(&error);
    return exit_code;
}

static int run(struct listening *listening, const struct session *session, const struct options *options)
{
    const struct ostler_notification_filter filter = {.publisher_id = options->publisher,
                                                      .event_type = options->event_type};
    struct ostler_notification_endpoint endpoint = {.filter = &filter};
    const struct ostler_notification_endpoint *const endpoints[] = {&endpoint, NULL};
    const struct ostler_endpoint_ops ops = {.open = open_state, .notification = endpoints};
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_listener *listener = NULL;
    int exit_code;

    for (unsigned i = 0; i < OSTLER_PRIORITIES; i++)
        if (options->priorities == 0 || options->priorities & (1u << i))
            endpoint.method[i] = take;
    enum ostler_status status = make_listener(session, options, &ops, &listener, &error);
    if (status == OSTLER_OK)
        exit_code = listen_and_wait(listener, listening, options);
    else if (status == OSTLER_E_MODULE) /* the endpoint's patterns are what can be wrong with it */
        exit_code = output_usage(options->verb->name, "%s", error.message);
    else
        exit_code = output_failure(&error, options->verbose);
    ostler_listener_free(listener);
    ostler_error_clear(&error);
    return exit_code;
}

int cmd_listen(const struct options *options)
{
    struct listening listening = {.end_fd = eventfd(0, EFD_CLOEXEC), .left = options->count};
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct session session = {.conf = NULL};
    int exit_code;

    the_only = &listening;
    if (listening.end_fd < 0)
        exit_code = output_failure((ostler_error_set_errno(&error, errno, "cannot make a descriptor"), &error),
                                   options->verbose);
    else if (session_open_notifications(&session, options, &error) != OSTLER_OK)
        exit_code = output_failure(&error, options->verbose);
    else
        exit_code = run(&listening, &session, options);
    session_close(&session);
    if (listening.end_fd >= 0)
        close(listening.end_fd);
    free(listening.line);
    ostler_error_clear(&error);
    return exit_code;
}
