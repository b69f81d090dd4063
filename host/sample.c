/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include <ostler/conf.h>
#include <ostler/endpoint.h>

#include <stdio.h>
#include <string.h>

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A section that stands for a server, a listener or an endpoint has its head commented too: an empty one is not the same
 * as none. */
static void write_group(bool *written, const struct ostler_option_group *group)
{
    bool comment = begins_with(group->name, "server") || begins_with(group->name, "listener") ||
                   begins_with(group->name, "endpoint:");

    *written = *written && printf("\n%s", comment ? "#" : "") > 0 && ostler_conf_write_sample(stdout, group);
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
                                        OSTLER_KIND_POLICY};
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = OSTLER_OK;
    bool written = true;

    printf("# Every option of ostlerd with its default. See ostlerd.conf(5).\n");
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
