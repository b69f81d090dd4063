/* SPDX-License-Identifier: Apache-2.0 */
/* `ostlerd --sample-config`. */
#ifndef SAMPLE_H
#define SAMPLE_H

/* Writes every option of the core and of all modules that can be found, commented, to standard output. Returns the exit
 * code. */
int sample(void);

#endif
