/* SPDX-License-Identifier: Apache-2.0 */
/* ostler notify: one notification. */
#include "arguments.h"
#include "output.h"
#include "session.h"

#include <ostler/notifier.h>

#include <json-c/json.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define PUBLISHER_PREFIX "ostler."

/* SERVICE.HOST, as publisher ids are by convention. */
static void name_publisher(char *publisher_id)
{
    strcpy(publisher_id, PUBLISHER_PREFIX);
    if (gethostname(publisher_id + sizeof PUBLISHER_PREFIX - 1, HOST_NAME_MAX) != 0)
        strcpy(publisher_id, PUBLISHER_PREFIX "localhost");
}

/* Over the transport, whatever notifier drivers the configuration names. */
static enum ostler_status notify(const struct session *session, const struct options *options,
                                 struct json_object *payload, struct ostler_error *error)
{
    static const char *const drivers[] = {"messagingv2", NULL};
    const char *const topics[] = {options->operands[0], NULL};
    char publisher_id[sizeof PUBLISHER_PREFIX + HOST_NAME_MAX] = "";
    struct ostler_notifier_options how = OSTLER_NOTIFIER_OPTIONS_INIT;
    ostler_notifier *notifier = NULL;

    name_publisher(publisher_id);
    how.publisher_id = options->publisher_id ? options->publisher_id : publisher_id;
    how.drivers = drivers;
    how.topics = topics;
    if (options->retry != OPTIONS_RETRY_NOT_GIVEN)
        how.retry = options->retry;
    how.timeout = options->timeout >= 0.0
                      ? options->timeout
                      : (double)ostler_conf_integer(session->conf, "DEFAULT", "rpc_response_timeout", 0);
    enum ostler_status status = ostler_notifier_new(session->transport, NULL, &how, &notifier, error);
    if (status == OSTLER_OK)
        status = ostler_notify(notifier, options->context, options->priority, options->operands[1], payload, error);
    ostler_notifier_free(notifier);
    return status;
}

int cmd_notify(const struct options *options)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *payload = NULL;
    struct session session = {.conf = NULL};
    int exit_code = 0;

    if (arguments_parse(options->operands + 2, options->operand_count - 2, &payload, &error) != OSTLER_OK)
        exit_code = output_usage(options->verb->name, "payload: %s", error.message);
    else if (session_open_notifications(&session, options, &error) != OSTLER_OK ||
             notify(&session, options, payload, &error) != OSTLER_OK)
        exit_code = output_failure(&error, options->verbose);
    json_object_put(payload);
    session_close(&session);
    ostler_error_clear(&error);
    return exit_code;
}
