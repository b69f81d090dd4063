/* SPDX-License-Identifier: Apache-2.0 */
/* The state report that SIGUSR1 asks for. */
#ifndef REPORT_H
#define REPORT_H

#include "deployment.h"

/* Logs one line per server and transport; @p draining servers of former configurations still have requests. */
void report_state(const struct deployment *deployment, size_t draining);

#endif
