/* SPDX-License-Identifier: Apache-2.0 */
/* Every value that does not fit, not only the first. */
#include "conf_parts.h"

#include <stdlib.h>

struct failure {
    enum ostler_status status;
    const char *text; /* the arena's */
};

static size_t count_slots(const ostler_conf *conf)
{
    size_t count = 0;

    for (const struct group *group = conf->groups; group; group = group->hh.next)
        count += HASH_COUNT(group->slots);
    return count;
}

enum ostler_status ostler_conf_failures(ostler_conf *conf, ostler_conf_failure_fn report, void *user,
                                        struct ostler_error *error)
{
    size_t count = 0;

    conf_enter(conf);
    settle_all(conf);
    struct failure *failures = calloc(count_slots(conf) + 1, sizeof *failures);
    for (struct group *group = conf->groups; failures && group; group = group->hh.next)
        for (struct slot *slot = group->slots; slot; slot = slot->hh.next)
            if (slot->status != OSTLER_OK) {
                slot->failure_told = true;
                failures[count++] = (struct failure){slot->status, slot->failure};
            }
    conf_leave(conf);

    if (!failures)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory for the configuration");
    for (size_t i = 0; i < count; i++)
        report(user, failures[i].status, failures[i].text);
    free(failures);
    return OSTLER_OK;
}
