/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <ostler/log.h>
#include <ostler/version.h>

#include <json-c/json.h>

static const char *print(json_object *value)
{
    if (!value)
        return "out of memory";
    return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Methods that nobody has called are left out. */
static void report_methods(const struct hosted *hosted, json_object *methods)
{
    for (size_t i = 0; i < json_object_array_length(methods); i++) {
        json_object *method = json_object_array_get_idx(methods, i), *requests = NULL;
        if (json_object_object_get_ex(method, "requests", &requests) && json_object_get_int64(requests) > 0)
            ostler_log(OSTLER_LOG_INFO, "report", "[%s] %s", hosted->section, print(method));
    }
}

/* In all on one line, then a line per method: a line of the log has a limit. */
static void report_stats(const struct hosted *hosted)
{
    json_object *stats = hosted->kind->stats(hosted->running), *methods = NULL;

    if (stats && json_object_object_get_ex(stats, "methods", &methods)) {
        json_object_get(methods);
        json_object_object_del(stats, "methods");
    }
    ostler_log(OSTLER_LOG_INFO, "report", "[%s] %s", hosted->section, print(stats));
    if (json_object_is_type(methods, json_type_array))
        report_methods(hosted, methods);
    json_object_put(methods);
    json_object_put(stats);
}

static void report_hosted(const struct hosted *hosted)
{
    char text[HOSTED_TEXT_BYTES];

    hosted->kind->report(hosted, text, sizeof text);
    ostler_log(OSTLER_LOG_INFO, "report", "[%s] %s url=%s", hosted->section, text,
               ostler_transport_url(hosted->transport));
    for (size_t i = 0; i < hosted->endpoint_count; i++)
        ostler_log(OSTLER_LOG_INFO, "report", "[%s] endpoint %s from %s%s", hosted->section, hosted->endpoints[i].name,
                   ostler_module_file(hosted->endpoints[i].module),
                   ostler_module_changed(hosted->endpoints[i].module) ? ", which has changed since" : "");
    report_stats(hosted);
}

void report_state(const struct deployment *deployment, size_t draining)
{
    char text[DEPLOYMENT_TEXT_BYTES];

    ostler_log(OSTLER_LOG_INFO, "report", "ostlerd %s: %s, transports: %zu, removed ones draining: %zu",
               ostler_version(), deployment_text(deployment, text), deployment->transport_count, draining);
    for (size_t i = 0; i < deployment->hosted_count; i++)
        report_hosted(&deployment->hosted[i]);
    for (size_t i = 0; i < deployment->transport_count; i++) {
        json_object *report = ostler_transport_report(deployment->transports[i].transport);
        ostler_log(OSTLER_LOG_INFO, "report", "transport %s", print(report));
        json_object_put(report);
    }
}
