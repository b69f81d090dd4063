/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread's part in serving: it hears signals and passes them on. */
#ifndef SERVE_H
#define SERVE_H

#include "sources.h"

/* Serves until it is told to stop; returns the exit code. */
int serve(const struct sources *sources);

#endif
