/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and answers as they lie in oslo.messaging's queues, by copying: nothing is escaped or parsed, all but the payload
 * has its fixed place. What the bytes of the wire cost by themselves. */
#ifndef OSTLER_BENCH_RABBIT_TEXT_H
#define OSTLER_BENCH_RABBIT_TEXT_H

#include <stddef.h>

enum { RABBIT_TEXT_ID = 32, RABBIT_TEXT_QUEUE = 38, RABBIT_TEXT_MORE = 512 /* beyond the payload, at most */ };

/* Both write to @p text, which has room for RABBIT_TEXT_MORE bytes more than the payload, and return the length. @p id: as
 * many characters as its name says, @p queue too. */
size_t rabbit_text_request(char *text, const char *payload, size_t length, const char *id, const char *queue);
size_t rabbit_text_answer(char *text, const char *payload, size_t length, const char *id);

/* Finds the parts of one; @p id and @p queue get a NUL behind. @p queue is NULL for an answer. The length of the payload. */
size_t rabbit_text_read(const char *text, size_t length, const char **payload, char *id, char *queue);

#endif
