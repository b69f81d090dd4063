/* SPDX-License-Identifier: Apache-2.0 */
/* Transport URLs: what parses prints as an equal URL, and no password is shown. */
#include "fuzz.h"

#include <ostler/url.h>

#include <stdlib.h>
#include <string.h>

static void check_round_trip(const ostler_url *url)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char *printed = ostler_url_print(url), *again_printed;
    ostler_url *again = NULL;

    FUZZ_CHECK(printed);
    FUZZ_CHECK(ostler_url_parse(printed, &again, &error) == OSTLER_OK);
    FUZZ_CHECK(ostler_url_equal(url, again));
    again_printed = ostler_url_print(again);
    FUZZ_CHECK(again_printed && strcmp(printed, again_printed) == 0);
    free(again_printed);
    free(printed);
    ostler_url_free(again);
}

/* What is shown of a URL is the same whatever its passwords are: the shown text parses, and has only masked ones. */
static void check_masked(const ostler_url *url)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char *shown = ostler_url_print_safe(url);
    ostler_url *again = NULL;
    size_t count = 0;

    FUZZ_CHECK(shown);
    FUZZ_CHECK(ostler_url_parse(shown, &again, &error) == OSTLER_OK);
    const struct ostler_url_host *hosts = ostler_url_hosts(again, &count);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(!hosts[i].password || strcmp(hosts[i].password, "***") == 0);
    free(shown);
    ostler_url_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char *text = fuzz_text(data, size), *masked = ostler_url_mask(text);
    ostler_url *url = NULL;
    enum ostler_status status = ostler_url_parse(text, &url, &error);

    FUZZ_CHECK(masked);
    FUZZ_CHECK((status == OSTLER_OK) == (url != NULL));
    fuzz_check_error(status, &error);
    if (url) {
        check_round_trip(url);
        check_masked(url);
    }
    ostler_url_free(url);
    free(masked);
    free(text);
    return 0;
}
