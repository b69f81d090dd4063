/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include <ostler/conf.h>
#include <ostler/endpoint.h>

#include <stdio.h>

static void write_group(bool *written, const struct ostler_option_group *group)
{
    *written = *written && ostler_conf_write_sample(stdout, group);
}

/* A module that cannot be loaded has no options to show; whoever uses it learns why. */
static void visit(void *user, const char *file, const struct ostler_module *descriptor,
                  const struct ostler_error *problem)
{
    (void)file;
    if (problem)
        return;
    for (const struct ostler_option_group *group = descriptor->options; group && group->name; group++)
        write_group(user, group);
}

static void visit_endpoint(void *user, const char *file, const struct ostler_module *descriptor,
                           const struct ostler_error *problem)
{
    char name[300];

    visit(user, file, descriptor, problem);
    if (problem)
        return;
    const struct ostler_endpoint_ops *ops = descriptor->ops;
    const struct ostler_option_group group = {.name = name, .help = descriptor->summary, .options = ops->options};
    snprintf(name, sizeof name, "endpoint:%s", descriptor->name);
    if (ops->options)
        write_group(user, &group);
}

int sample(void)
{
    static const char *const kinds[] = {OSTLER_KIND_TRANSPORT, OSTLER_KIND_MATCHMAKER, OSTLER_KIND_EXECUTOR,
                                        OSTLER_KIND_POLICY, OSTLER_KIND_NOTIFIER};
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = OSTLER_OK;
    bool written = true;

    for (const struct ostler_option_group *group = ostler_conf_core_options(); group->name; group++)
        write_group(&written, group);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && status == OSTLER_OK; i++)
        status = ostler_module_visit(kinds[i], NULL, visit, &written, &error);
    if (status == OSTLER_OK)
        status = ostler_module_visit(OSTLER_KIND_ENDPOINT, NULL, visit_endpoint, &written, &error);
    if (status != OSTLER_OK)
        fprintf(stderr, "ostlerd: %s\n", error.message);
    else if (!written || fflush(stdout) != 0)
        status = ostler_error_set(&error, OSTLER_E_SYSTEM, "cannot write");
    ostler_error_clear(&error);
    return ostler_status_exit_code(status);
}
