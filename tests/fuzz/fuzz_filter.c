/* SPDX-License-Identifier: Apache-2.0 */
/* A filter's regular expression, up to the first zero byte, against a text, behind it. */
#include "filter.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char *text = fuzz_text(data, size);
    const char *subject = strlen(text) < size ? text + strlen(text) + 1 : "";
    const struct ostler_notification_filter filter = {.event_type = text};
    const struct ostler_notification notification = {.event_type = subject};
    struct filter *compiled = NULL;
    bool passes = false;
    enum ostler_status status = filter_compile(&filter, &compiled, &error);

    FUZZ_CHECK((status == OSTLER_OK) == (compiled != NULL));
    fuzz_check_error(status, &error);
    if (compiled)
        fuzz_check_error(filter_match(compiled, &notification, &passes, &error), &error);
    filter_free(compiled);
    free(text);
    return 0;
}
