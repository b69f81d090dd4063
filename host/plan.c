/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "plan_transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WHERE_BYTES = 1024, SECTION_BYTES = 300 };

struct plan {
    struct deployment *deployment;
    const struct deployment *previous;
    struct findings *findings;
};

/* An option's text; an empty one counts as none. */
static const char *text(const struct plan *plan, const char *section, const char *name)
{
    const char *value = ostler_conf_string(plan->deployment->conf, section, name);
    return value && value[0] ? value : NULL;
}

/* Where an option was set; for one that was not, where its section sets something. */
static const char *origin(const struct plan *plan, const char *section, const char *name)
{
    static const char *const others[] = {"topic", "endpoints", "server", "transport_url", "exchange", "pool"};
    const char *place = ostler_conf_origin(plan->deployment->conf, section, name);

    for (size_t i = 0; strcmp(place, "default") == 0 && i < sizeof others / sizeof others[0]; i++)
        place = ostler_conf_origin(plan->deployment->conf, section, others[i]);
    return place;
}

/* "FILE:LINE: [SECTION] OPTION" for findings. */
static const char *where(const struct plan *plan, const char *section, const char *name, char *buffer)
{
    snprintf(buffer, WHERE_BYTES, "%s: [%s] %s", origin(plan, section, name), section, name);
    return buffer;
}

static bool has_endpoint(const struct host_server *server, const char *name)
{
    for (size_t i = 0; i < server->endpoint_count; i++)
        if (strcmp(server->endpoints[i].name, name) == 0)
            return true;
    return false;
}

static bool declare_endpoint(const struct plan *plan, const struct ostler_module *descriptor,
                             struct ostler_error *error)
{
    static const struct ostler_option none[] = {{.name = NULL}};
    const struct ostler_endpoint_ops *ops = descriptor->ops;
    char section[SECTION_BYTES];

    snprintf(section, sizeof section, "endpoint:%s", descriptor->name);
    return ostler_conf_declare(plan->deployment->conf, section, ops->options ? ops->options : none, error) == OSTLER_OK;
}

/* @p name is an endpoint's name or the path of its file. */
static void plan_endpoint(const struct plan *plan, struct host_server *server, const char *name)
{
    char buffer[WHERE_BYTES];
    const char *at = where(plan, server->section, "endpoints", buffer);
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = NULL;

    if (ostler_module_load(OSTLER_KIND_ENDPOINT, name, text(plan, "DEFAULT", "plugin_path"), &module, &error) !=
        OSTLER_OK) {
        findings_take(plan->findings, at, &error);
        return;
    }
    const struct ostler_module *descriptor = ostler_module_descriptor(module);
    const struct ostler_endpoint_ops *ops = descriptor->ops;
    if (has_endpoint(server, descriptor->name)) {
        findings_error(plan->findings, OSTLER_E_CONFIG, at, "the endpoint \"%s\" is listed twice", descriptor->name);
        ostler_module_unref(module);
        return;
    }
    if (!ops->rpc)
        findings_error(plan->findings, OSTLER_E_MODULE, at, "%s has no RPC interface", ostler_module_file(module));
    if (!declare_endpoint(plan, descriptor, &error) && error.status != OSTLER_E_CONFIG)
        findings_take(plan->findings, NULL, &error);
    ostler_error_clear(&error); /* values that do not fit are told together at the end */
    server->endpoints[server->endpoint_count++] =
        (struct ostler_server_endpoint){.name = descriptor->name, .ops = ops, .module = module};
}

static void plan_endpoints(const struct plan *plan, struct host_server *server)
{
    size_t count = 0;
    const char *const *names = ostler_conf_list(plan->deployment->conf, server->section, "endpoints", &count);
    char buffer[WHERE_BYTES];

    if (count == 0) {
        findings_error(plan->findings, OSTLER_E_CONFIG, where(plan, server->section, "endpoints", buffer),
                       "a server needs endpoints, for example \"endpoints = echo, control\"");
        return;
    }
    server->endpoints = calloc(count, sizeof *server->endpoints);
    if (!server->endpoints) {
        findings_error(plan->findings, OSTLER_E_NOMEM, NULL, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++)
        plan_endpoint(plan, server, names[i]);
}

static void check_name(const struct plan *plan, const struct host_server *server, const char *option, const char *value)
{
    char buffer[WHERE_BYTES];

    if (value && strlen(value) > OSTLER_NAME_MAX)
        findings_error(plan->findings, OSTLER_E_TARGET, where(plan, server->section, option, buffer),
                       "a name has at most %d bytes", OSTLER_NAME_MAX);
}

static void plan_target(const struct plan *plan, struct host_server *server)
{
    const char *section = server->section;
    const char *exchange = text(plan, section, "exchange"), *name = text(plan, section, "server");
    char buffer[WHERE_BYTES];

    server->target = (struct ostler_target)OSTLER_TARGET_INIT;
    server->target.topic = text(plan, section, "topic");
    server->target.exchange = exchange ? exchange : text(plan, "DEFAULT", "control_exchange");
    server->target.server = name ? name : plan->deployment->host_name;
    if (!server->target.topic)
        findings_error(plan->findings, OSTLER_E_CONFIG, where(plan, section, "topic", buffer),
                       "a server needs a topic, for example \"topic = demo\"");
    check_name(plan, server, "topic", server->target.topic);
    check_name(plan, server, "exchange", server->target.exchange);
    check_name(plan, server, "server", server->target.server);
}

/* Two servers of one name on one transport would take each other's requests. */
static void check_unique(const struct plan *plan, const struct host_server *server)
{
    for (const struct host_server *other = plan->deployment->servers; other < server; other++)
        if (deployment_same_target(other, server)) {
            char buffer[WHERE_BYTES];
            findings_error(plan->findings, OSTLER_E_CONFIG, where(plan, server->section, "topic", buffer),
                           "[%s] already serves the topic \"%s\" as \"%s\": give one of them another server name",
                           other->section, server->target.topic, server->target.server);
        }
}

/* Whether a part that is chosen by name can be loaded; the server loads it for itself. */
static void check_part(const struct plan *plan, const char *section, const char *option, const char *kind,
                       const char *name, enum ostler_status status)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = NULL;
    char buffer[WHERE_BYTES];

    if (name && ostler_module_load(kind, name, text(plan, "DEFAULT", "plugin_path"), &module, &error) != OSTLER_OK) {
        error.status = status;
        findings_take(plan->findings, where(plan, section, option, buffer), &error);
    }
    ostler_module_unref(module);
}

static void plan_server(const struct plan *plan, const char *section)
{
    struct deployment *deployment = plan->deployment;
    struct host_server *server = &deployment->servers[deployment->server_count];
    const char *url = text(plan, section, "transport_url"), *executor = text(plan, section, "executor");
    char buffer[WHERE_BYTES];

    server->section = section;
    server->executor = executor ? executor : text(plan, "DEFAULT", "executor");
    server->threads = (unsigned)ostler_conf_integer(deployment->conf, section, "executor_thread_pool_size", 0);
    server->access_policy = text(plan, section, "access_policy");
    check_part(plan, executor ? section : "DEFAULT", "executor", OSTLER_KIND_EXECUTOR, server->executor,
               OSTLER_E_EXECUTOR);
    check_part(plan, section, "access_policy", OSTLER_KIND_POLICY, server->access_policy, OSTLER_E_MODULE);
    plan_target(plan, server);
    server->transport = plan_transport(deployment, plan->previous, url ? url : text(plan, "DEFAULT", "transport_url"),
                                       where(plan, url ? section : "DEFAULT", "transport_url", buffer), plan->findings);
    plan_endpoints(plan, server);
    check_unique(plan, server);
    deployment->server_count++;
}

static void plan_servers(const struct plan *plan, const char **sections, size_t count)
{
    struct deployment *deployment = plan->deployment;

    deployment->servers = calloc(count + 1, sizeof *deployment->servers);
    deployment->transports = calloc(count + 1, sizeof *deployment->transports);
    if (!deployment->servers || !deployment->transports) {
        findings_error(plan->findings, OSTLER_E_NOMEM, NULL, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(sections[i], "server") == 0 || strncmp(sections[i], "server:", 7) == 0)
            plan_server(plan, sections[i]);
    if (deployment->server_count == 0)
        findings_error(plan->findings, OSTLER_E_CONFIG, NULL,
                       "the configuration has no [server] section, so there is nothing to serve; write for example "
                       "\"[server]\", \"topic = demo\" and \"endpoints = echo, control\" on three lines");
}

/* Sections that are known but that this host has no use for must not look as if they worked. */
static void refuse_listeners(const struct plan *plan)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    const char **sections = NULL;
    size_t count = 0;

    if (ostler_conf_sections(plan->deployment->conf, "listener:", &sections, &count, &error) != OSTLER_OK)
        findings_take(plan->findings, NULL, &error);
    for (size_t i = 0; i < count; i++) {
        char buffer[WHERE_BYTES];
        findings_error(plan->findings, OSTLER_E_CONFIG, where(plan, sections[i], "topics", buffer),
                       "notification listeners are not part of this version");
    }
    free(sections);
}

static void tell_failures(const struct plan *plan, ostler_conf *conf)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    if (ostler_conf_failures(conf, findings_failure, plan->findings, &error) != OSTLER_OK)
        findings_take(plan->findings, NULL, &error);
}

static void tell_unknown(void *user, const char *file, unsigned line, const char *group, const char *name,
                         const char *nearest)
{
    char at[WHERE_BYTES];

    snprintf(at, sizeof at, "%s:%u", file, line);
    if (nearest)
        findings_warning(user, at, "[%s] has no option \"%s\"; did you mean \"%s\"?", group, name, nearest);
    else
        findings_warning(user, at, "[%s] has no option \"%s\"", group, name);
}

struct deployment *plan_make(ostler_conf *conf, const struct deployment *previous, const struct host_hooks *hooks,
                             struct findings *findings)
{
    struct plan plan = {calloc(1, sizeof *plan.deployment), previous, findings};
    struct ostler_error error = OSTLER_ERROR_INIT;
    const char **sections = NULL;
    size_t count = 0;
    unsigned before = findings->errors;

    if (!plan.deployment) {
        findings_error(findings, OSTLER_E_NOMEM, NULL, "out of memory");
        ostler_conf_unref(conf);
        return NULL;
    }
    plan.deployment->conf = conf;
    plan.deployment->hooks = *hooks;
    if (gethostname(plan.deployment->host_name, sizeof plan.deployment->host_name - 1) != 0)
        strcpy(plan.deployment->host_name, "localhost");
    if (ostler_conf_sections(conf, "server", &sections, &count, &error) != OSTLER_OK)
        findings_take(findings, NULL, &error);
    else
        plan_servers(&plan, sections, count);
    free(sections);
    refuse_listeners(&plan);
    tell_failures(&plan, conf);
    ostler_conf_unknown(conf, tell_unknown, findings);
    if (findings->errors == before)
        return plan.deployment;
    deployment_free(plan.deployment);
    return NULL;
}
