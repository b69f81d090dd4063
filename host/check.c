/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "log.h"
#include "plan.h"

#include <stdio.h>
#include <unistd.h>

static void print_finding(bool is_error, const char *text)
{
    printf("%s%s\n", is_error ? "" : "warning: ", text);
}

static void check_log_file(const ostler_conf *conf, struct findings *findings)
{
    const char *path = ostler_conf_string(conf, "DEFAULT", "log_file");
    struct ostler_error error = OSTLER_ERROR_INIT;
    int file = -1;

    if (!path || !path[0])
        return;
    if (log_open(path, &file, &error) == OSTLER_OK)
        close(file);
    else
        findings_take(findings, ostler_conf_origin(conf, "DEFAULT", "log_file"), &error);
}

int check(const struct sources *sources)
{
    static const struct host_hooks no_hooks = {NULL, NULL, NULL, NULL};
    struct findings findings = FINDINGS_INIT(print_finding);
    ostler_conf *conf = sources_read(sources, &findings);
    struct deployment *deployment = NULL;
    char text[DEPLOYMENT_TEXT_BYTES];

    if (conf) {
        check_log_file(conf, &findings);
        deployment = plan_make(conf, NULL, &no_hooks, &findings);
    }
    if (findings.errors + findings.warnings > 0)
        printf("%u error%s, %u warning%s\n", findings.errors, findings.errors == 1 ? "" : "s", findings.warnings,
               findings.warnings == 1 ? "" : "s");
    else
        printf("the configuration is good: %s\n", deployment_text(deployment, text));
    deployment_free(deployment);
    findings_clear(&findings);
    return findings.errors + findings.warnings > 0 ? 2 : 0;
}
