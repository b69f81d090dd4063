/* SPDX-License-Identifier: Apache-2.0 */
/* Matchmaker "hosts": every node in the URL may serve every topic; which it does it says itself. */
#include "nodes.h"

#include <stdio.h>

struct ostler_matchmaker {
    size_t count;
    char **addresses;
};

static void hosts_close(ostler_matchmaker *matchmaker)
{
    for (size_t i = 0; i < matchmaker->count; i++)
        free(matchmaker->addresses[i]);
    free(matchmaker->addresses);
    free(matchmaker);
}

static char *address_of(const struct ostler_url_host *host)
{
    bool bare_ipv6 = strchr(host->hostname, ':') != NULL;
    char *text;

    return asprintf(&text, bare_ipv6 ? "[%s]:%d" : "%s:%d", host->hostname, host->port) < 0 ? NULL : text;
}

static enum ostler_status hosts_open(const ostler_conf *conf, const ostler_url *url, ostler_matchmaker **out,
                                     struct ostler_error *error)
{
    size_t count;
    const struct ostler_url_host *hosts = ostler_url_hosts(url, &count);
    ostler_matchmaker *matchmaker = calloc(1, sizeof *matchmaker);
    enum ostler_status status = OSTLER_OK;

    (void)conf;
    if (!matchmaker || !(matchmaker->addresses = calloc(count + 1, sizeof *matchmaker->addresses)))
        status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count && status == OSTLER_OK; i++) {
        if (!hosts[i].hostname || !hosts[i].hostname[0] || hosts[i].port <= 0)
            status =
                ostler_error_set(error, OSTLER_E_URL, "host %zu of the URL needs a name and a port: HOST:PORT", i + 1);
        else if (!(matchmaker->addresses[i] = address_of(&hosts[i])))
            status = ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
        else
            matchmaker->count++;
    }
    if (status == OSTLER_OK && count == 0)
        status = ostler_error_set(error, OSTLER_E_URL, "the URL names no host: HOST:PORT[,HOST:PORT...] is needed");
    if (status == OSTLER_OK)
        *out = matchmaker;
    else if (matchmaker)
        hosts_close(matchmaker);
    return status;
}

static enum ostler_status hosts_propose(ostler_matchmaker *matchmaker, const struct ostler_target *target,
                                        unsigned index, char **address, struct ostler_error *error)
{
    (void)target;
    if (index >= matchmaker->count)
        return ostler_error_set(error, OSTLER_E_LISTEN,
                                "none of the URL's %zu hosts (the last is %s) is this host with a free port",
                                matchmaker->count, matchmaker->addresses[matchmaker->count - 1]);
    return nodes_propose(matchmaker->addresses[index], address, error);
}

static uint64_t hosts_generation(ostler_matchmaker *matchmaker, const char *exchange, const char *topic)
{
    (void)matchmaker;
    (void)exchange;
    (void)topic;
    return 1;
}

static const char *host_at(const void *addresses, size_t index)
{
    return ((char *const *)addresses)[index];
}

static enum ostler_status hosts_lookup(ostler_matchmaker *matchmaker, const char *exchange, const char *topic,
                                       struct ostler_peer **peers, size_t *count, struct ostler_error *error)
{
    (void)exchange;
    (void)topic;
    return nodes_lookup(matchmaker->addresses, matchmaker->count, host_at, peers, count, error);
}

static const struct ostler_matchmaker_ops operations = {
    .open = hosts_open,
    .close = hosts_close,
    .propose = hosts_propose,
    .announce = nodes_announce,
    .withdraw = nodes_withdraw,
    .generation = hosts_generation,
    .lookup = hosts_lookup,
};

OSTLER_MODULE(hosts) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_MATCHMAKER,
    .name = "hosts",
    .version = "1.0",
    .summary = "servers are at the hosts that the URL names",
    .ops = &operations,
    .ops_size = sizeof operations,
};
