/* SPDX-License-Identifier: Apache-2.0 */
/* In which order the hosts of a URL are tried, and how long to wait between rounds. One per connection that is kept up. */
#ifndef HOSTS_H
#define HOSTS_H

#include "options.h"

#include <ostler/url.h>

struct hosts {
    const struct ostler_url_host *all; /* the URL's; NULL stands for the one default host */
    size_t count;
    size_t *order; /* shuffled once, or for each pick */
    size_t next;
    bool shuffle_always;
    double wait; /* before the next round, without jitter; 0: the first round */
    double first_wait, longer, longest;
    unsigned seed;
};

/* False without memory. */
bool hosts_init(struct hosts *hosts, const ostler_url *url, const struct rabbit_options *options);
void hosts_fini(struct hosts *hosts);

/* The host to try now; NULL for the default one. */
const struct ostler_url_host *hosts_pick(struct hosts *hosts);

/* After a failure: seconds to wait before the next pick, 0 within a round. Spread over half to one and a half of what is
 * due, so that many clients do not come back at one moment. */
double hosts_failed(struct hosts *hosts);

/* After success: the next failure starts over. */
void hosts_succeeded(struct hosts *hosts);

#endif
