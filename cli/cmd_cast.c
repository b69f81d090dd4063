/* SPDX-License-Identifier: Apache-2.0 */
/* ostler cast: one cast, to one server or to all. */
#include "arguments.h"
#include "output.h"
#include "session.h"

#include <json-c/json.h>

int cmd_cast(const struct options *options)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct ostler_target target = session_target(options);
    struct json_object *arguments = NULL;
    struct session session = {.conf = NULL};
    int exit_code = 0;

    if (arguments_parse(options->operands + 2, options->operand_count - 2, &arguments, &error) != OSTLER_OK)
        exit_code = output_usage(options->verb->name, "%s", error.message);
    else if (session_open(&session, options, &target, &error) != OSTLER_OK ||
             ostler_client_cast(session.client, options->context, options->operands[1], arguments, &error) != OSTLER_OK)
        exit_code = output_failure(&error, options->verbose);
    json_object_put(arguments);
    session_close(&session);
    ostler_error_clear(&error);
    return exit_code;
}
