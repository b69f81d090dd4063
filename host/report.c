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
static void report_methods(const struct host_server *server, json_object *methods)
{
    for (size_t i = 0; i < json_object_array_length(methods); i++) {
        json_object *method = json_object_array_get_idx(methods, i), *requests = NULL;
        if (json_object_object_get_ex(method, "requests", &requests) && json_object_get_int64(requests) > 0)
            ostler_log(OSTLER_LOG_INFO, "report", "[%s] %s", server->section, print(method));
    }
}

/* In all on one line, then a line per method: a line of the log has a limit. */
static void report_stats(const struct host_server *server)
{
    json_object *stats = ostler_server_stats(server->server), *methods = NULL;

    if (stats && json_object_object_get_ex(stats, "methods", &methods)) {
        json_object_get(methods);
        json_object_object_del(stats, "methods");
    }
    ostler_log(OSTLER_LOG_INFO, "report", "[%s] %s", server->section, print(stats));
    if (json_object_is_type(methods, json_type_array))
        report_methods(server, methods);
    json_object_put(methods);
    json_object_put(stats);
}

static void report_server(const struct host_server *server)
{
    ostler_log(OSTLER_LOG_INFO, "report", "[%s] exchange=%s topic=%s server=%s url=%s", server->section,
               server->target.exchange ? server->target.exchange : ostler_transport_exchange(server->transport),
               server->target.topic, server->target.server, ostler_transport_url(server->transport));
    for (size_t i = 0; i < server->endpoint_count; i++)
        ostler_log(OSTLER_LOG_INFO, "report", "[%s] endpoint %s from %s%s", server->section, server->endpoints[i].name,
                   ostler_module_file(server->endpoints[i].module),
                   ostler_module_changed(server->endpoints[i].module) ? ", which has changed since" : "");
    report_stats(server);
}

void report_state(const struct deployment *deployment, size_t draining)
{
    ostler_log(OSTLER_LOG_INFO, "report", "ostlerd %s: servers: %zu, transports: %zu, removed servers draining: %zu",
               ostler_version(), deployment->server_count, deployment->transport_count, draining);
    for (size_t i = 0; i < deployment->server_count; i++)
        report_server(&deployment->servers[i]);
    for (size_t i = 0; i < deployment->transport_count; i++) {
        json_object *report = ostler_transport_report(deployment->transports[i].transport);
        ostler_log(OSTLER_LOG_INFO, "report", "transport %s", print(report));
        json_object_put(report);
    }
}
