/* SPDX-License-Identifier: Apache-2.0 */
#include "secrets.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static void expect_masked(const char *value, const char *wanted)
{
    struct json_object *parsed = json_tokener_parse(value);
    char *text = secrets_print_masked(parsed);

    cr_assert_not_null(text);
    cr_expect_str_eq(text, wanted, "%s", text);
    free(text);
    json_object_put(parsed);
}

Test(secrets, members_are_masked, .timeout = 30)
{
    expect_masked("{\"password\": \"x\", \"a\": 1}", "{\"password\": \"***\", \"a\": 1}");
    expect_masked("{\"a\": {\"X_Auth_Token\": {\"id\": 7}}}", "{\"a\": {\"X_Auth_Token\": \"***\"}}");
    expect_masked("[{\"secret\": null}]", "[{\"secret\": \"***\"}]");
}

/* What json.dumps() makes of it. */
Test(secrets, what_is_printed_looks_like_pythons, .timeout = 30)
{
    expect_masked(
        "{\"n\": null, \"t\": [true, false, 1, -2.5, 0.1, 1e+300, 1.0, {}], \"e\": [], \"big\": 9007199254740993, "
        "\"h\xc3\xa9\": \"\xf0\x9f\x98\x80 \\\"q\\\" \\\\ / \\n\\t\\u0001\x7f \xe6\x97\xa5\"}",
        "{\"n\": null, \"t\": [true, false, 1, -2.5, 0.1, 1e+300, 1.0, {}], \"e\": [], \"big\": 9007199254740993, "
        "\"h\\u00e9\": \"\\ud83d\\ude00 \\\"q\\\" \\\\ / \\n\\t\\u0001\\u007f \\u65e5\"}");
}

Test(secrets, texts_are_masked, .timeout = 30)
{
    expect_masked("\"login: password=hunter2 host=h\"", "\"login: password=*** host=h\"");
    expect_masked("\"{\\\"auth_token\\\": \\\"abc\\\"}\"", "\"{\\\"auth_token\\\": \\\"***\\\"}\"");
    expect_masked("\"<adminPass>abc</adminPass>\"", "\"<adminPass>***</adminPass>\"");
    expect_masked("\"nothing to hide\"", "\"nothing to hide\"");
}

Test(secrets, long_texts_fit, .timeout = 30)
{
    enum { TIMES = 1000 };
    char *text = calloc(TIMES, 9);
    for (size_t i = 0; i < TIMES; i++)
        strcat(text + i * 8, "token=a ");
    struct json_object *value = json_object_new_string(text);
    char *masked = secrets_print_masked(value);

    cr_assert_not_null(masked);
    cr_expect_null(strstr(masked, "=a"));
    cr_expect_eq(strlen(masked), TIMES * 10 + 2);
    free(masked);
    json_object_put(value);
    free(text);
}
