/* SPDX-License-Identifier: Apache-2.0 */
/* The work of an RPC framework for transports that carry only bytes: requests {"method": "echo", "args": {"arg": TEXT}}
 * and answers {"result": TEXT}, made and parsed with json-c for each call. One per thread. */
#ifndef OSTLER_BENCH_RPC_TEXT_H
#define OSTLER_BENCH_RPC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct rpc_text;

struct rpc_text *rpc_text_new(size_t payload);
void rpc_text_free(struct rpc_text *text);

/* What these return is valid until the next call with the same @p text. */
const char *rpc_text_payload(struct rpc_text *text, size_t *size);
const char *rpc_text_request(struct rpc_text *text, size_t *size);
const char *rpc_text_answer(struct rpc_text *text, const char *request, size_t request_size, size_t *size);

/* Whether it is the answer to rpc_text_request(). */
bool rpc_text_is_answer(struct rpc_text *text, const char *answer, size_t size);

#endif
