/* SPDX-License-Identifier: Apache-2.0 */
/* From one deployment that runs to the next. */
#ifndef RELOAD_H
#define RELOAD_H

#include "deployment.h"
#include "drain.h"
#include "roster.h"

/* Makes @p next the one that runs, all of it or nothing. What hosted_continues() says can go on does so, with the new
 * endpoints and options; others are started or stopped, those stopped going to @p drain. On success all that run are in
 * @p next, which is the one in @p roster, and @p running has none left; on failure all are where they were. */
enum ostler_status reload_apply(struct deployment *running, struct deployment *next, struct drain *drain,
                                struct roster *roster, struct ostler_error *error);

#endif
