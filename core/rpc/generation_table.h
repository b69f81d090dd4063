/* SPDX-License-Identifier: Apache-2.0 */
/* The method table of a generation: every interface of its instances in order, every method by name. */
#ifndef RPC_GENERATION_TABLE_H
#define RPC_GENERATION_TABLE_H

#include "server_endpoints.h"

/* An RPC server's: checks the tables of all instances and builds the generation's from them. */
extern const struct generation_tables generation_tables;

#endif
