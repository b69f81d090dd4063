/* SPDX-License-Identifier: Apache-2.0 */
/* The state report that SIGUSR1 asks for. */
#ifndef REPORT_H
#define REPORT_H

#include "deployment.h"

/* Logs what runs, line by line; @p draining servers and listeners of former configurations still have work. */
void report_state(const struct deployment *deployment, size_t draining);

#endif
