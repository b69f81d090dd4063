/* SPDX-License-Identifier: Apache-2.0 */
/* What a fuzz target and whatever runs it share: libFuzzer's interface. */
#ifndef FUZZ_H
#define FUZZ_H

#include <ostler/error.h>

#include <stddef.h>
#include <stdint.h>

/* Tries one input; returns 0. Whatever is wrong ends the program. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program unless it is so: also without assertions, so that no build is blind. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_failed(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_failed(const char *condition, const char *file, int line);

/* The input as a text that ends with a zero byte; free() it. */
char *fuzz_text(const uint8_t *data, size_t size);

/* A status and its error must tell the same story; clears the error. */
void fuzz_check_error(enum ostler_status status, struct ostler_error *error);

#endif
