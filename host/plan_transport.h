/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a plan that finds or opens transports. */
#ifndef PLAN_TRANSPORT_H
#define PLAN_TRANSPORT_H

#include "deployment.h"
#include "findings.h"

/* The deployment's transport for @p url (NULL: the default), opened or shared with @p previous if it has none yet. There
 * is room for one per section. NULL with a finding, which begins with @p where. */
ostler_transport *plan_transport(struct deployment *deployment, const struct deployment *previous, const char *url,
                                 const char *where, struct findings *findings);

#endif
