/* SPDX-License-Identifier: Apache-2.0 */
/* From a configuration to a deployment that can be started: every module is loaded, every option checked, every
 * transport opened; nothing listens and no endpoint is opened yet. */
#ifndef PLAN_H
#define PLAN_H

#include "deployment.h"
#include "findings.h"

/* Takes @p conf. A transport of @p previous (may be NULL) with the same URL and the same driver options is shared. NULL
 * with at least one error among the findings. */
struct deployment *plan_make(ostler_conf *conf, const struct deployment *previous, const struct host_hooks *hooks,
                             struct findings *findings);

#endif
