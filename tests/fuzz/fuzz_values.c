/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values: what is read prints as text that is read again, and that prints as the same. (The first text need not be
 * printed as it came: json-c reads more ways to write a number than JSON has.) */
#include "fuzz.h"
#include "values.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static struct values *parsers;

static json_object *read_again(json_object *value)
{
    size_t length = 0;
    json_object *again = NULL;
    const char *printed = values_print(value, &length);

    FUZZ_CHECK(printed);
    FUZZ_CHECK(values_parse(parsers, printed, length, "value", &again, NULL) == OSTLER_OK);
    return again;
}

static void check_round_trip(json_object *value)
{
    size_t length = 0, again_length = 0;
    json_object *once = read_again(value), *twice = read_again(once);
    const char *printed = values_print(once, &length), *again_printed = values_print(twice, &again_length);

    FUZZ_CHECK(printed && again_printed && length == again_length && memcmp(printed, again_printed, length) == 0);
    json_object_put(once);
    json_object_put(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char *text = fuzz_text(data, size);
    json_object *value = NULL;
    enum ostler_status status;

    if (!parsers)
        parsers = values_new();
    FUZZ_CHECK(parsers);
    status = values_parse(parsers, text, size, "value", &value, &error);
    fuzz_check_error(status, &error);
    if (status == OSTLER_OK)
        check_round_trip(value);
    json_object_put(value);
    free(text);
    return 0;
}
