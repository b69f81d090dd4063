/* SPDX-License-Identifier: Apache-2.0 */
/* The command `ostler`: finds the verb and does it. */
#include "interrupt.h"
#include "options.h"
#include "output.h"

#include <ostler/module.h>

#include <stdint.h>
#include <string.h>

#define ARGUMENTS_HELP                                                                                                 \
    "  NAME=STRING    an argument that is a text\n"                                                                    \
    "  NAME:=JSON     an argument of any type, for example  seconds:=2.5  or  list:='[1, 2]'\n"                        \
    "  NAME:=@FILE    the same with the JSON in a file; @- is standard input\n"

const struct verb verbs[] = {
    {"call", VERB_CALL, "TOPIC METHOD [NAME=STRING | NAME:=JSON]...", 2, SIZE_MAX, 2, "METHOD",
     "calls a method, prints its result", ARGUMENTS_HELP, cmd_call},
    {"cast", VERB_CAST, "TOPIC METHOD [NAME=STRING | NAME:=JSON]...", 2, SIZE_MAX, 2, "METHOD",
     "sends a request, waits for no answer", ARGUMENTS_HELP, cmd_cast},
    {"notify", VERB_NOTIFY, "TOPIC EVENT_TYPE [NAME=STRING | NAME:=JSON]...", 2, SIZE_MAX, 2, "EVENT_TYPE",
     "emits a notification", "  The arguments are the members of its payload:\n" ARGUMENTS_HELP, cmd_notify},
    {"listen", VERB_LISTEN, "TOPIC...", 1, SIZE_MAX, SIZE_MAX, "TOPIC", "prints notifications, one JSON object a line",
     "  Each counts as taken once its line is written. Without --pool it shares them with every other listener that\n"
     "  has no pool. A REGEX must match from the start of the text, not up to its end.\n",
     cmd_listen},
    {"describe", VERB_DESCRIBE, "TOPIC", 1, 1, 1, NULL, "shows the servers of a topic and what they offer",
     "  Asks all servers of the topic at once; those with the endpoint 'control' answer.\n"
     "  JSON, unless standard output is a terminal.\n",
     cmd_describe},
    {"bench", VERB_BENCH, "TOPIC [METHOD [NAME=STRING | NAME:=JSON]...]", 1, SIZE_MAX, 2, "METHOD", "measures calls",
     "  Calls METHOD (echo) again and again; reports calls per second and latency.\n" ARGUMENTS_HELP, cmd_bench},
    {NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

int main(int argc, char **argv)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct options options;
    int exit_code;

    if (options_parse(&options, argc, argv, &exit_code)) {
        output_log(options.verbose);
        if (OSTLER_PRELOADED_MODULES(&error) == OSTLER_OK && interrupt_begin(&error) == OSTLER_OK) {
            exit_code = options.verb->run(&options);
            interrupt_end();
        } else {
            exit_code = output_failure(&error, options.verbose);
        }
    }
    options_clear(&options);
    ostler_error_clear(&error);
    return exit_code;
}
