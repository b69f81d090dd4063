/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "plan_section.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether @p section is [WORD] or [WORD:NAME]. */
static bool is_section_of(const char *section, const struct hosted_kind *kind)
{
    size_t length = strlen(kind->word);

    return strncmp(section, kind->word, length) == 0 && (section[length] == '\0' || section[length] == ':');
}

static void plan_sections(const struct plan *plan, const char **sections, size_t count)
{
    struct deployment *deployment = plan->deployment;

    deployment->hosted = calloc(count + 1, sizeof *deployment->hosted);
    deployment->transports = calloc(count + 1, sizeof *deployment->transports);
    if (!deployment->hosted || !deployment->transports) {
        findings_error(plan->findings, OSTLER_E_NOMEM, NULL, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_section_of(sections[i], &hosted_server))
            plan_server(plan, sections[i]);
        else if (is_section_of(sections[i], &hosted_listener))
            plan_listener(plan, sections[i]);
    }
    if (deployment->hosted_count == 0)
        findings_error(plan->findings, OSTLER_E_CONFIG, NULL,
                       "the configuration has no [server] section and no [listener], so there is nothing to serve; "
                       "write for example \"[server]\", \"topic = demo\" and \"endpoints = echo, control\" on three "
                       "lines");
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
    char at[PLAN_WHERE_BYTES];

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
    plan.deployment->means.conf = conf;
    plan.deployment->means.hooks = *hooks;
    if (gethostname(plan.deployment->host_name, sizeof plan.deployment->host_name - 1) != 0)
        strcpy(plan.deployment->host_name, "localhost");
    if (ostler_conf_sections(conf, "", &sections, &count, &error) != OSTLER_OK)
        findings_take(findings, NULL, &error);
    else
        plan_sections(&plan, sections, count);
    free(sections);
    tell_failures(&plan, conf);
    ostler_conf_unknown(conf, tell_unknown, findings);
    if (findings->errors == before)
        return plan.deployment;
    deployment_free(plan.deployment);
    return NULL;
}
