/* SPDX-License-Identifier: Apache-2.0 */
#include "echo.h"

#include "counter.h"

#include <ostler/notification.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

struct echo {
    struct counter *counter; /* NULL: nobody counts */
    unsigned number;
};

static const struct ostler_option options[] = {
    {.name = "counter", .type = OSTLER_OPTION_STRING, .help = "The file that what is received is counted in."},
    {.name = "number",
     .type = OSTLER_OPTION_INTEGER,
     .default_value = "0",
     .help = "This server's place in that file."},
    {.name = NULL},
};

static enum ostler_status echo_open(const struct ostler_endpoint_host *host, const ostler_conf *conf,
                                    const char *section, void **state, struct ostler_error *error)
{
    const char *file = ostler_conf_string(conf, section, "counter");
    struct echo *echo = calloc(1, sizeof *echo);

    (void)host;
    if (!echo)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for the endpoint bench");
    if (file && !(echo->counter = counter_open(file))) {
        free(echo);
        return ostler_error_set_errno(error, errno, "[%s] counter: cannot open %s", section, file);
    }
    echo->number = (unsigned)ostler_conf_integer(conf, section, "number", 0);
    *state = echo;
    return OSTLER_OK;
}

static void echo_fini(void *state)
{
    struct echo *echo = state;

    counter_close(echo->counter);
    free(echo);
}

static enum ostler_status echo_arg(ostler_request *request, void *state)
{
    const struct echo *echo = state;

    if (echo->counter)
        counter_add(echo->counter, echo->number);
    return ostler_request_return(request, json_object_get(ostler_request_arg(request, "arg")));
}

static enum ostler_notification_result take_notification(const struct ostler_notification *notification, void *state)
{
    const struct echo *echo = state;

    (void)notification;
    if (echo->counter)
        counter_add(echo->counter, echo->number);
    return OSTLER_NOTIFICATION_HANDLED;
}

static const struct ostler_method methods[] = {
    {"echo", echo_arg, "arg: any", OSTLER_METHOD_EXPOSED, "returns ARG"},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_endpoint interface = {.version = "1.0", .methods = methods};
static const struct ostler_endpoint *const interfaces[] = {&interface, NULL};

static const struct ostler_notification_endpoint listening = {.method = {[OSTLER_PRIORITY_INFO] = take_notification}};
static const struct ostler_notification_endpoint *const all_listening[] = {&listening, NULL};

const struct ostler_endpoint_ops echo_operations = {
    .open = echo_open, .fini = echo_fini, .rpc = interfaces, .notification = all_listening, .options = options};
