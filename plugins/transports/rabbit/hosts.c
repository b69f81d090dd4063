/* SPDX-License-Identifier: Apache-2.0 */
#include "hosts.h"

#include <stdlib.h>
#include <sys/random.h>

static void shuffle(struct hosts *hosts)
{
    for (size_t i = hosts->count; i > 1; i--) {
        size_t other = (size_t)rand_r(&hosts->seed) % i;
        size_t kept = hosts->order[i - 1];
        hosts->order[i - 1] = hosts->order[other];
        hosts->order[other] = kept;
    }
}

bool hosts_init(struct hosts *hosts, const ostler_url *url, const struct rabbit_options *options)
{
    *hosts = (struct hosts){.shuffle_always = options->shuffle_hosts,
                            .first_wait = options->retry_interval > 0 ? options->retry_interval : 1.0,
                            .longer = options->retry_backoff,
                            .longest = options->interval_max};
    hosts->all = ostler_url_hosts(url, &hosts->count);
    if (hosts->count == 0) {
        hosts->all = NULL;
        hosts->count = 1;
    }
    hosts->order = calloc(hosts->count, sizeof *hosts->order);
    if (!hosts->order)
        return false;
    for (size_t i = 0; i < hosts->count; i++)
        hosts->order[i] = i;
    /* Without random bytes the order is the URL's, which works as well. */
    if (getrandom(&hosts->seed, sizeof hosts->seed, 0) == sizeof hosts->seed)
        shuffle(hosts);
    return true;
}

void hosts_fini(struct hosts *hosts)
{
    free(hosts->order);
    hosts->order = NULL;
}

const struct ostler_url_host *hosts_pick(struct hosts *hosts)
{
    return hosts->all ? &hosts->all[hosts->order[hosts->next]] : NULL;
}

static double spread(struct hosts *hosts, double seconds)
{
    return seconds * (0.5 + (double)rand_r(&hosts->seed) / (double)RAND_MAX);
}

double hosts_failed(struct hosts *hosts)
{
    hosts->next++;
    if (hosts->next < hosts->count)
        return 0.0;
    hosts->next = 0;
    if (hosts->shuffle_always)
        shuffle(hosts);
    hosts->wait = hosts->wait > 0.0 ? hosts->wait + hosts->longer : hosts->first_wait;
    if (hosts->wait > hosts->longest)
        hosts->wait = hosts->longest;
    return spread(hosts, hosts->wait);
}

void hosts_succeeded(struct hosts *hosts)
{
    hosts->wait = 0.0;
}
