/* SPDX-License-Identifier: Apache-2.0 */
/* Sections [server] and [server:NAME]. */
#include "plan_section.h"

#include <stdlib.h>

static void plan_target(const struct plan *plan, struct hosted *hosted)
{
    const char *section = hosted->section;
    const char *exchange = plan_text(plan, section, "exchange"), *name = plan_text(plan, section, "server");
    struct ostler_target *target = hosted->targets;
    char buffer[PLAN_WHERE_BYTES];

    *target = (struct ostler_target)OSTLER_TARGET_INIT;
    target->topic = plan_text(plan, section, "topic");
    target->exchange = exchange ? exchange : plan_text(plan, "DEFAULT", "control_exchange");
    target->server = name ? name : plan->deployment->host_name;
    if (!target->topic)
        findings_error(plan->findings, OSTLER_E_CONFIG, plan_where(plan, section, "topic", buffer),
                       "a server needs a topic, for example \"topic = demo\"");
    plan_check_name(plan, section, "topic", target->topic);
    plan_check_name(plan, section, "exchange", target->exchange);
    plan_check_name(plan, section, "server", target->server);
}

/* Two servers of one name on one transport would take each other's requests. */
static void check_unique(const struct plan *plan, const struct hosted *hosted)
{
    for (const struct hosted *other = plan->deployment->hosted; other < hosted; other++)
        if (other->kind == hosted->kind && other->transport && other->transport == hosted->transport &&
            hosted->targets->topic && hosted_same_target(other->targets, hosted->targets)) {
            char buffer[PLAN_WHERE_BYTES];
            findings_error(plan->findings, OSTLER_E_CONFIG, plan_where(plan, hosted->section, "topic", buffer),
                           "[%s] already serves the topic \"%s\" as \"%s\": give one of them another server name",
                           other->section, hosted->targets->topic, hosted->targets->server);
        }
}

void plan_server(const struct plan *plan, const char *section)
{
    const char *const url_sections[] = {section, "DEFAULT"};
    struct hosted *hosted = &plan->deployment->hosted[plan->deployment->hosted_count];

    hosted->kind = &hosted_server;
    hosted->section = section;
    hosted->access_policy = plan_text(plan, section, "access_policy");
    hosted->targets = calloc(1, sizeof *hosted->targets);
    if (!hosted->targets) {
        findings_error(plan->findings, OSTLER_E_NOMEM, NULL, "out of memory");
        return;
    }
    hosted->target_count = 1;
    plan->deployment->hosted_count++;
    plan_check_part(plan, section, "access_policy", OSTLER_KIND_POLICY, hosted->access_policy, OSTLER_E_MODULE);
    plan_target(plan, hosted);
    plan_common(plan, hosted, url_sections, sizeof url_sections / sizeof url_sections[0]);
    check_unique(plan, hosted);
}
