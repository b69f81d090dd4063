/* SPDX-License-Identifier: Apache-2.0 */
/* What matchmakers have in common that know where nodes are, and not what they serve: there is nowhere to register, and
 * a lookup answers addresses without names. In a header, so that each module has its own. */
#ifndef NODES_H
#define NODES_H

#include <ostler/matchmaker.h>

#include <stdlib.h>
#include <string.h>

struct ostler_registration {
    char unused;
};

static inline enum ostler_status nodes_announce(ostler_matchmaker *matchmaker, const struct ostler_target *target,
                                                const char *address, ostler_registration **registration,
                                                struct ostler_error *error)
{
    ostler_registration *made = malloc(sizeof *made);

    (void)matchmaker;
    (void)target;
    (void)address;
    if (!made)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    *registration = made;
    return OSTLER_OK;
}

static inline void nodes_withdraw(ostler_registration *registration)
{
    free(registration);
}

/* One address for propose(): a copy that is the caller's. */
static inline enum ostler_status nodes_propose(const char *chosen, char **address, struct ostler_error *error)
{
    char *copy = strdup(chosen);

    if (!copy)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    *address = copy;
    return OSTLER_OK;
}

/* The answer of lookup(): peers without names at copies of `count` addresses, each given by `address_of`. */
static inline enum ostler_status nodes_lookup(const void *addresses, size_t count,
                                              const char *(*address_of)(const void *addresses, size_t index),
                                              struct ostler_peer **out, size_t *out_count, struct ostler_error *error)
{
    struct ostler_peer *peers = calloc(count + 1, sizeof *peers);
    bool good = peers != NULL;

    for (size_t i = 0; i < count && good; i++)
        good = (peers[i].address = strdup(address_of(addresses, i))) != NULL;
    if (good) {
        *out = peers;
        *out_count = count;
        return OSTLER_OK;
    }
    for (size_t i = 0; peers && i < count; i++)
        free(peers[i].address);
    free(peers);
    return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
}

#endif
