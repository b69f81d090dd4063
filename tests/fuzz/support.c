/* SPDX-License-Identifier: Apache-2.0 */
/* What all targets use. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void fuzz_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    FUZZ_CHECK(text);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

void fuzz_check_error(enum ostler_status status, struct ostler_error *error)
{
    if (status != OSTLER_OK) {
        FUZZ_CHECK(error->status == status);
        FUZZ_CHECK(error->message && error->message[0] != '\0');
    }
    ostler_error_clear(error);
}
