/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment.h"

#include <ostler/log.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_of(const struct deployment *deployment, const struct hosted_kind *kind)
{
    size_t count = 0;

    for (size_t i = 0; i < deployment->hosted_count; i++)
        if (deployment->hosted[i].kind == kind)
            count++;
    return count;
}

const char *deployment_text(const struct deployment *deployment, char text[DEPLOYMENT_TEXT_BYTES])
{
    static const struct hosted_kind *const kinds[] = {&hosted_server, &hosted_listener};

    text[0] = '\0';
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t count = count_of(deployment, kinds[i]), used = strlen(text);
        if (count > 0)
            snprintf(text + used, DEPLOYMENT_TEXT_BYTES - used, "%s%zu %s%s", used > 0 ? ", " : "", count,
                     kinds[i]->word, count == 1 ? "" : "s");
    }
    return text;
}

enum ostler_status deployment_start(struct deployment *deployment, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    size_t started = 0;

    for (size_t i = 0; i < deployment->hosted_count && status == OSTLER_OK; i++)
        status = hosted_open(&deployment->hosted[i], &deployment->means, error);
    while (status == OSTLER_OK && started < deployment->hosted_count) {
        status = hosted_start(&deployment->hosted[started], error);
        if (status == OSTLER_OK)
            started++;
    }
    while (status != OSTLER_OK && started > 0) {
        started--;
        deployment->hosted[started].kind->stop(deployment->hosted[started].running);
    }
    return status;
}

bool deployment_stop(struct deployment *deployment, ostler_time deadline)
{
    bool ended = true;

    for (size_t i = 0; i < deployment->hosted_count; i++)
        deployment->hosted[i].kind->stop(deployment->hosted[i].running);
    for (size_t i = 0; i < deployment->hosted_count; i++) {
        const struct hosted *hosted = &deployment->hosted[i];
        struct ostler_error error = OSTLER_ERROR_INIT;
        double seconds = deadline == OSTLER_NEVER ? -1.0 : ostler_time_left(deadline);
        if (hosted->kind->wait(hosted->running, seconds, &error) != OSTLER_OK) {
            ostler_log(OSTLER_LOG_ERROR, "ostlerd", "[%s]: %s", hosted->section, error.message);
            ostler_error_clear(&error);
            ended = false;
        }
    }
    return ended;
}

void deployment_free(struct deployment *deployment)
{
    if (!deployment)
        return;
    for (size_t i = 0; i < deployment->hosted_count; i++)
        hosted_clear(&deployment->hosted[i]);
    for (size_t i = 0; i < deployment->transport_count; i++)
        ostler_transport_unref(deployment->transports[i].transport);
    ostler_conf_unref(deployment->means.conf);
    free(deployment->hosted);
    free(deployment->transports);
    free(deployment);
}
