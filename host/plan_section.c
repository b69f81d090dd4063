/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_section.h"

#include "plan_transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTION_BYTES = 300 };

const char *plan_text(const struct plan *plan, const char *section, const char *name)
{
    const char *value = ostler_conf_string(plan->deployment->means.conf, section, name);
    return value && value[0] ? value : NULL;
}

/* Where an option was set; NULL if it was not, or if its section has no such option. */
static const char *set_at(const ostler_conf *conf, const char *section, const char *name)
{
    const char *place = ostler_conf_origin(conf, section, name);

    return place && strcmp(place, "default") != 0 ? place : NULL;
}

/* The same; for one that was not set, where its section sets something. */
static const char *origin(const struct plan *plan, const char *section, const char *name)
{
    static const char *const others[] = {"topic",     "server",        "topics",   "pool",
                                         "endpoints", "transport_url", "exchange", "executor"};
    const ostler_conf *conf = plan->deployment->means.conf;
    const char *place = set_at(conf, section, name);

    for (size_t i = 0; !place && i < sizeof others / sizeof others[0]; i++)
        place = set_at(conf, section, others[i]);
    return place ? place : "default";
}

const char *plan_where(const struct plan *plan, const char *section, const char *name, char buffer[PLAN_WHERE_BYTES])
{
    snprintf(buffer, PLAN_WHERE_BYTES, "%s: [%s] %s", origin(plan, section, name), section, name);
    return buffer;
}

void plan_check_name(const struct plan *plan, const char *section, const char *option, const char *value)
{
    char buffer[PLAN_WHERE_BYTES];

    if (value && strlen(value) > OSTLER_NAME_MAX)
        findings_error(plan->findings, OSTLER_E_TARGET, plan_where(plan, section, option, buffer),
                       "a name has at most %d bytes", OSTLER_NAME_MAX);
}

void plan_check_part(const struct plan *plan, const char *section, const char *option, const char *kind,
                     const char *name, enum ostler_status status)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = NULL;
    char buffer[PLAN_WHERE_BYTES];

    if (name &&
        ostler_module_load(kind, name, plan_text(plan, "DEFAULT", "plugin_path"), &module, &error) != OSTLER_OK) {
        error.status = status;
        findings_take(plan->findings, plan_where(plan, section, option, buffer), &error);
    }
    ostler_module_unref(module);
}

/* --- Endpoints ---------------------------------------------------------------------------------------------------- */

static bool has_endpoint(const struct hosted *hosted, const char *name)
{
    for (size_t i = 0; i < hosted->endpoint_count; i++)
        if (strcmp(hosted->endpoints[i].name, name) == 0)
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
    return ostler_conf_declare(plan->deployment->means.conf, section, ops->options ? ops->options : none, error) ==
           OSTLER_OK;
}

static void check_filters(const struct plan *plan, const char *at, const char *file,
                          const struct ostler_notification_endpoint *const *endpoints)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    for (; endpoints && *endpoints; endpoints++)
        if (ostler_notification_filter_check((*endpoints)->filter, &error) != OSTLER_OK) {
            ostler_error_prefix(&error, "%s", file);
            findings_take(plan->findings, at, &error);
        }
}

static void check_interface(const struct plan *plan, const struct hosted *hosted, const char *at, const char *file,
                            const struct ostler_endpoint_ops *ops)
{
    if (hosted->kind == &hosted_server && !ops->rpc)
        findings_error(plan->findings, OSTLER_E_MODULE, at, "%s has no RPC interface", file);
    if (hosted->kind == &hosted_listener && !ops->notification)
        findings_error(plan->findings, OSTLER_E_MODULE, at, "%s has no interface for notifications", file);
    if (hosted->kind == &hosted_listener)
        check_filters(plan, at, file, ops->notification);
}

/* @p name is an endpoint's name or the path of its file. */
static void plan_endpoint(const struct plan *plan, struct hosted *hosted, const char *name)
{
    char buffer[PLAN_WHERE_BYTES];
    const char *at = plan_where(plan, hosted->section, "endpoints", buffer);
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_loaded_module *module = NULL;

    if (ostler_module_load(OSTLER_KIND_ENDPOINT, name, plan_text(plan, "DEFAULT", "plugin_path"), &module, &error) !=
        OSTLER_OK) {
        findings_take(plan->findings, at, &error);
        return;
    }
    const struct ostler_module *descriptor = ostler_module_descriptor(module);
    const struct ostler_endpoint_ops *ops = descriptor->ops;
    if (has_endpoint(hosted, descriptor->name)) {
        findings_error(plan->findings, OSTLER_E_CONFIG, at, "the endpoint \"%s\" is listed twice", descriptor->name);
        ostler_module_unref(module);
        return;
    }
    check_interface(plan, hosted, at, ostler_module_file(module), ops);
    if (!declare_endpoint(plan, descriptor, &error) && error.status != OSTLER_E_CONFIG)
        findings_take(plan->findings, NULL, &error);
    ostler_error_clear(&error); /* values that do not fit are told together at the end */
    hosted->endpoints[hosted->endpoint_count++] =
        (struct ostler_server_endpoint){.name = descriptor->name, .ops = ops, .module = module};
}

static void plan_endpoints(const struct plan *plan, struct hosted *hosted)
{
    size_t count = 0;
    const char *const *names = ostler_conf_list(plan->deployment->means.conf, hosted->section, "endpoints", &count);
    char buffer[PLAN_WHERE_BYTES];

    if (count == 0) {
        findings_error(plan->findings, OSTLER_E_CONFIG, plan_where(plan, hosted->section, "endpoints", buffer),
                       "a %s needs endpoints, for example \"endpoints = %s\"", hosted->kind->word,
                       hosted->kind == &hosted_server ? "echo, control" : "audit");
        return;
    }
    hosted->endpoints = calloc(count, sizeof *hosted->endpoints);
    if (!hosted->endpoints) {
        findings_error(plan->findings, OSTLER_E_NOMEM, NULL, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++)
        plan_endpoint(plan, hosted, names[i]);
}

void plan_common(const struct plan *plan, struct hosted *hosted, const char *const *url_sections, size_t count)
{
    struct deployment *deployment = plan->deployment;
    const char *executor = plan_text(plan, hosted->section, "executor"), *url = NULL;
    char buffer[PLAN_WHERE_BYTES];
    size_t at = 0;

    hosted->executor = executor ? executor : plan_text(plan, "DEFAULT", "executor");
    hosted->threads =
        (unsigned)ostler_conf_integer(deployment->means.conf, hosted->section, "executor_thread_pool_size", 0);
    plan_check_part(plan, executor ? hosted->section : "DEFAULT", "executor", OSTLER_KIND_EXECUTOR, hosted->executor,
                    OSTLER_E_EXECUTOR);
    for (size_t i = 0; i < count && !url; i++) {
        url = plan_text(plan, url_sections[i], "transport_url");
        at = i;
    }
    hosted->transport = plan_transport(deployment, plan->previous, url,
                                       plan_where(plan, url_sections[at], "transport_url", buffer), plan->findings);
    plan_endpoints(plan, hosted);
}
