/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values: the library reads what json-c reads, as the same values, and prints them as json-c does. */
#include "fuzz.h"

#include <ostler/json.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* False if json-c refuses the text. */
static bool by_json_c(const char *text, size_t size, json_object **value)
{
    json_tokener *tokener = json_tokener_new_ex(OSTLER_JSON_DEPTH);

    FUZZ_CHECK(tokener);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    *value = json_tokener_parse_ex(tokener, text, (int)size);
    size_t used = json_tokener_get_parse_end(tokener);
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        *value = json_tokener_parse_ex(tokener, "", 1);
    bool good = json_tokener_get_error(tokener) == json_tokener_success && used == size;
    json_tokener_free(tokener);
    if (!good)
        json_object_put(*value);
    return good;
}

static void check_printed(json_object *value, json_object *expected)
{
    size_t length = 0;
    const char *printed =
        json_object_to_json_string_length(expected, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    struct ostler_json_text text;
    char room[64];

    ostler_json_text_init(&text, room, sizeof room);
    FUZZ_CHECK(ostler_json_write(&text, value, NULL) == OSTLER_OK);
    FUZZ_CHECK(text.length == length && memcmp(text.bytes, printed, length) == 0);
    ostler_json_text_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char *text = fuzz_text(data, size);
    json_object *value = NULL, *expected = NULL;
    enum ostler_status status = ostler_json_read(text, size, "value", &value, &error);

    /* No text at all is null on a wire. */
    bool good = size == 0 || by_json_c(text, size, &expected);
    FUZZ_CHECK(good == (status == OSTLER_OK));
    if (good) {
        check_printed(value, expected);
        json_object_put(expected);
    }
    fuzz_check_error(status, &error);
    json_object_put(value);
    free(text);
    return 0;
}
