/* SPDX-License-Identifier: Apache-2.0 */
#include "sources.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

const char sources_usual[] = "ostler.conf, ostlerd.conf and the folders ostler.conf.d, ostlerd.conf.d, each in the "
                             "first of ~/.ostler, ~, /etc/ostler and /etc that has it";

static bool has(const struct sources *sources, bool folder)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->items[i].folder == folder)
            return true;
    return false;
}

static void read_one(ostler_conf *conf, const char *path, bool folder, struct findings *findings)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    if ((folder ? ostler_conf_add_dir : ostler_conf_add_file)(conf, path, &error) != OSTLER_OK)
        findings_take(findings, NULL, &error);
}

/* Reads the first of the usual places that has @p name. */
static void read_usual(ostler_conf *conf, const char *name, bool folder, struct findings *findings)
{
    const char *home = getenv("HOME");
    const char *const places[][2] = {{home, "/.ostler"}, {home, ""}, {"", "/etc/ostler"}, {"", "/etc"}};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char path[PATH_MAX];
        struct stat status;
        if (!places[i][0] ||
            snprintf(path, sizeof path, "%s%s/%s", places[i][0], places[i][1], name) >= (int)sizeof path)
            continue;
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode) == folder) {
            read_one(conf, path, folder, findings);
            return;
        }
    }
}

static void read_all(ostler_conf *conf, const struct sources *sources, struct findings *findings)
{
    if (!has(sources, false)) {
        read_usual(conf, "ostler.conf", false, findings);
        read_usual(conf, "ostlerd.conf", false, findings);
    }
    if (!has(sources, true)) {
        read_usual(conf, "ostler.conf.d", true, findings);
        read_usual(conf, "ostlerd.conf.d", true, findings);
    }
    for (size_t i = 0; i < sources->count; i++)
        read_one(conf, sources->items[i].path, sources->items[i].folder, findings);
}

ostler_conf *sources_read(const struct sources *sources, struct findings *findings)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_conf *conf = NULL;
    unsigned before = findings->errors;

    if (ostler_conf_new(&conf, &error) != OSTLER_OK ||
        (sources->debug && ostler_conf_set(conf, "DEFAULT", "debug", "true", &error) != OSTLER_OK))
        findings_take(findings, NULL, &error);
    if (findings->errors == before)
        read_all(conf, sources, findings);
    if (findings->errors == before) {
        /* Values that do not fit are told now; the plan goes on with their defaults and finds what else is wrong. */
        if (ostler_conf_failures(conf, findings_failure, findings, &error) != OSTLER_OK)
            findings_take(findings, NULL, &error);
        return conf;
    }
    ostler_conf_unref(conf);
    return NULL;
}
