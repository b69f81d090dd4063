/* SPDX-License-Identifier: Apache-2.0 */
/* Sections [listener] and [listener:NAME]. */
#include "plan_section.h"

#include <stdlib.h>

static void plan_targets(const struct plan *plan, struct hosted *hosted)
{
    const char *section = hosted->section, *exchange = plan_text(plan, section, "exchange");
    char buffer[PLAN_WHERE_BYTES];
    size_t count = 0;
    const char *const *topics = ostler_conf_list(plan->deployment->means.conf, section, "topics", &count);

    if (!exchange)
        exchange = plan_text(plan, "DEFAULT", "control_exchange");
    plan_check_name(plan, section, "exchange", exchange);
    for (size_t i = 0; i < count; i++)
        if (topics[i][0])
            hosted->target_count++;
    if (hosted->target_count == 0) {
        findings_error(plan->findings, OSTLER_E_CONFIG, plan_where(plan, section, "topics", buffer),
                       "a listener needs topics, for example \"topics = notifications\"");
        return;
    }
    hosted->targets = calloc(count, sizeof *hosted->targets);
    if (!hosted->targets) {
        hosted->target_count = 0;
        findings_error(plan->findings, OSTLER_E_NOMEM, NULL, "out of memory");
        return;
    }
    struct ostler_target *target = hosted->targets;
    for (size_t i = 0; i < count; i++) {
        plan_check_name(plan, section, "topics", topics[i]);
        if (topics[i][0])
            *target++ = (struct ostler_target){.topic = topics[i], .exchange = exchange};
    }
}

static void plan_delivery(const struct plan *plan, struct hosted *hosted)
{
    const ostler_conf *conf = plan->deployment->means.conf;

    hosted->pool = plan_text(plan, hosted->section, "pool");
    plan_check_name(plan, hosted->section, "pool", hosted->pool);
    hosted->allow_requeue = ostler_conf_bool(conf, hosted->section, "allow_requeue");
    hosted->batch_size = (size_t)ostler_conf_integer(conf, hosted->section, "batch_size", 0);
    hosted->batch_timeout = ostler_conf_float(conf, hosted->section, "batch_timeout", -1.0);
}

static void check_transport(const struct plan *plan, const struct hosted *hosted)
{
    char buffer[PLAN_WHERE_BYTES];

    if (hosted->transport && !ostler_transport_carries_notifications(hosted->transport))
        findings_error(plan->findings, OSTLER_E_DRIVER, plan_where(plan, hosted->section, "transport_url", buffer),
                       "the transport %s carries no notifications", ostler_transport_url(hosted->transport));
}

void plan_listener(const struct plan *plan, const char *section)
{
    const char *const url_sections[] = {section, "oslo_messaging_notifications", "DEFAULT"};
    struct hosted *hosted = &plan->deployment->hosted[plan->deployment->hosted_count++];

    hosted->kind = &hosted_listener;
    hosted->section = section;
    plan_targets(plan, hosted);
    plan_delivery(plan, hosted);
    plan_common(plan, hosted, url_sections, sizeof url_sections / sizeof url_sections[0]);
    check_transport(plan, hosted);
}
