/* SPDX-License-Identifier: Apache-2.0 */
#include "options_table.h"

#include "options.h"

const struct options_row options_rows[] = {
    {"fanout", OPTION_FANOUT, NULL, VERB_CAST, "send to all servers of the topic"},
    {"priority", OPTION_PRIORITY, "PRIORITY", VERB_NOTIFY | VERB_LISTEN,
     "audit debug info warn error critical sample (notify: info; listen: all; may be repeated)"},
    {"publisher-id", OPTION_PUBLISHER_ID, "ID", VERB_NOTIFY, "who emits it (ostler.HOST)"},
    {"event-type", OPTION_EVENT_TYPE, "REGEX", VERB_LISTEN, "only those whose event type matches"},
    {"publisher", OPTION_PUBLISHER, "REGEX", VERB_LISTEN, "only those whose publisher id matches"},
    {"pool", OPTION_POOL, "NAME", VERB_LISTEN, "share them with the listeners of this pool only"},
    {"count", OPTION_COUNT, "N", VERB_LISTEN, "end after N lines"},
    {"duration", OPTION_DURATION, "SECONDS", VERB_BENCH, "how long to measure (5)"},
    {"calls", OPTION_CALLS, "N", VERB_BENCH, "measure N calls instead"},
    {"in-flight", OPTION_IN_FLIGHT, "N", VERB_BENCH, "keep N asynchronous calls under way (1: synchronous ones)"},
    {"threads", OPTION_THREADS, "N", VERB_BENCH, "make synchronous calls from N threads"},
    {"payload", OPTION_PAYLOAD, "[NAME=]BYTES", VERB_BENCH, "give argument NAME (arg) a text of that size"},
    {"warm-up", OPTION_WARM_UP, "N", VERB_BENCH, "calls before measuring (as many as are under way)"},
    {"json", OPTION_JSON, NULL, VERB_BENCH | VERB_DESCRIBE, "print JSON on a terminal too"},
    {"url", OPTION_URL, "URL", VERB_ALL, "transport URL"},
    {"config-file", OPTION_CONFIG_FILE, "FILE", VERB_ALL, "read the configuration from FILE (may be repeated)"},
    {"config-dir", OPTION_CONFIG_DIR, "DIR", VERB_ALL, "read every *.conf and *.cfg in DIR (may be repeated)"},
    {"exchange", OPTION_EXCHANGE, "NAME", VERB_ALL, "exchange of the topic (control_exchange)"},
    {"server", OPTION_SERVER, "NAME", VERB_RPC, "this server of the topic only"},
    {"namespace", OPTION_NAMESPACE, "NAME", VERB_SENDING, "namespace of the method (the null namespace)"},
    {"api-version", OPTION_API_VERSION, "VERSION", VERB_SENDING, "version of the interface (1.0)"},
    {"version-cap", OPTION_VERSION_CAP, "VERSION", VERB_SENDING, "refuse to send a version above this one"},
    {"context", OPTION_CONTEXT, "NAME=VALUE", VERB_RPC | VERB_NOTIFY,
     "member of the context; NAME:=JSON too (may be repeated)"},
    {"timeout", OPTION_TIMEOUT, "SECONDS", VERB_ALL,
     "give up after so long (rpc_response_timeout; describe: 2; listen: never)"},
    {"call-monitor-timeout", OPTION_CALL_MONITOR_TIMEOUT, "SECONDS", VERB_CALL,
     "give up when the server shows no sign of life for so long"},
    {"retry", OPTION_RETRY, "N", VERB_RPC | VERB_NOTIFY, "try N times more to send; -1: until the timeout (-1)"},
    {"at-least-once", OPTION_AT_LEAST_ONCE, NULL, VERB_SENDING, "fail when nobody serves the target"},
    {"verbose", OPTION_VERBOSE, NULL, VERB_ALL, "log what happens, show the traceback of a remote failure"},
    {"help", OPTION_HELP, NULL, 0, "show this"},
    {"version", OPTION_VERSION, NULL, 0, "show the version"},
    {"completion-words", OPTION_COMPLETION_WORDS, NULL, 0, NULL},
};

const size_t options_row_count = sizeof options_rows / sizeof options_rows[0];
_Static_assert(sizeof options_rows / sizeof options_rows[0] <= OPTIONS_ROWS_MAX, "OPTIONS_ROWS_MAX is too small");

const struct options_row *options_row_find(int key)
{
    for (size_t i = 0; i < options_row_count; i++)
        if (options_rows[i].key == key)
            return &options_rows[i];
    return NULL;
}

static void print_row(FILE *stream, const struct options_row *row)
{
    char left[64];

    snprintf(left, sizeof left, "%s--%s%s%s",
             row->key == OPTION_HELP      ? "-h, "
             : row->key == OPTION_VERBOSE ? "-v, "
                                          : "",
             row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    fprintf(stream, "  %-30s %s\n", left, row->help);
}

static void print_rows(FILE *stream, unsigned bit)
{
    for (size_t i = 0; i < options_row_count; i++) {
        const struct options_row *row = &options_rows[i];
        if (row->help && (bit == 0 ? row->verbs == 0 : (row->verbs & bit) != 0))
            print_row(stream, row);
    }
}

void options_help(FILE *stream, const struct verb *verb)
{
    if (verb) {
        fprintf(stream, "ostler %s %s\n  %s\n\n%s\nOptions:\n", verb->name, verb->operands, verb->summary,
                verb->description);
        print_rows(stream, verb->bit);
    } else {
        fputs("ostler VERB ...\n\nVerbs:\n", stream);
        for (const struct verb *each = verbs; each->name; each++)
            fprintf(stream, "  %-10s %-42s %s\n", each->name, each->operands, each->summary);
        fputs("\nOptions that every verb has:\n", stream);
        for (size_t i = 0; i < options_row_count; i++)
            if (options_rows[i].verbs == VERB_ALL)
                print_row(stream, &options_rows[i]);
    }
    print_rows(stream, 0);
    fputs("\nWithout --url and --config-file the URL is $OSTLER_URL, or else the default. Options may stand anywhere;\n"
          "'--' ends them. Exit codes: 0 success, 1 other failures, 2 usage or configuration, 3 timeout, 4 remote\n"
          "failure, 5 not delivered, 6 nobody serves the target, 7 version cap, 8 driver cannot be loaded, 9 cannot\n"
          "listen, 130 interrupted.\n",
          stream);
}

void options_words(FILE *stream, const struct verb *verb)
{
    if (!verb)
        for (const struct verb *each = verbs; each->name; each++)
            fprintf(stream, "%s\n", each->name);
    for (size_t i = 0; i < options_row_count; i++) {
        const struct options_row *row = &options_rows[i];
        if (row->help && (row->verbs == 0 || (verb ? row->verbs & verb->bit : row->verbs == VERB_ALL)))
            fprintf(stream, "--%s%s\n", row->name, row->argument ? "=" : "");
    }
}
