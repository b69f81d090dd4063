/* SPDX-License-Identifier: Apache-2.0 */
/* The method table of a generation: every interface of its instances in order, every method by name. */
#ifndef RPC_GENERATION_TABLE_H
#define RPC_GENERATION_TABLE_H

#include "server_endpoints.h"

/* Checks the tables of all instances and builds the generation's from them. OSTLER_E_MODULE names endpoint, method and
 * what is wrong; OSTLER_E_NOMEM. */
enum ostler_status generation_table_fill(struct generation *generation, struct stats *stats,
                                         struct ostler_error *error);
void generation_table_clear(struct generation *generation);

#endif
