/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/error.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

Test(status, every_status_has_its_texts)
{
#define CHECK_ROW(symbol, number, exception, exit_code, text)                                                          \
    cr_expect_eq((int)symbol, number);                                                                                 \
    cr_expect_str_eq(ostler_status_name(symbol), #symbol);                                                             \
    cr_expect_str_eq(ostler_status_text(symbol), text);                                                                \
    cr_expect_str_eq(ostler_status_exception(symbol), exception);                                                      \
    cr_expect_eq(ostler_status_exit_code(symbol), exit_code);
    OSTLER_STATUS_MAP(CHECK_ROW)
#undef CHECK_ROW
    cr_expect_str_eq(ostler_status_name((enum ostler_status)999), "unknown status");
    cr_expect_eq(ostler_status_exit_code((enum ostler_status)999), 1);
}

Test(status, exit_codes_are_the_decided_ones)
{
    cr_expect_eq(ostler_status_exit_code(OSTLER_OK), 0);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_CONFIG), 2);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_TIMEOUT), 3);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_REMOTE), 4);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_DELIVERY), 5);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_UNDELIVERABLE), 6);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_VERSION_CAP), 7);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_URL), 2);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_DRIVER), 8);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_TARGET), 2);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_LISTEN), 9);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_EXECUTOR), 8);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_NOMEM), 1);
    cr_expect_eq(ostler_status_exit_code(OSTLER_E_INVALID), 1);
}

Test(error, set_formats_and_replaces)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_error_set(&error, OSTLER_E_URL, "bad %s", "scheme"), OSTLER_E_URL);
    cr_assert_str_eq(error.message, "bad scheme");
    ostler_error_set(&error, OSTLER_E_CONFIG, "after: %s", error.message);
    cr_assert_eq(error.status, OSTLER_E_CONFIG);
    cr_assert_str_eq(error.message, "after: bad scheme");
    ostler_error_clear(&error);
    cr_assert_eq(error.status, OSTLER_OK);
    cr_assert_null(error.message);
}

Test(error, null_is_allowed_everywhere)
{
    cr_assert_eq(ostler_error_set(NULL, OSTLER_E_URL, "x"), OSTLER_E_URL);
    cr_assert_eq(ostler_error_set_errno(NULL, ENOENT, "x"), OSTLER_E_SYSTEM);
    cr_assert_eq(ostler_error_set_remote(NULL, NULL), OSTLER_E_REMOTE);
    ostler_error_prefix(NULL, "x");
    ostler_error_clear(NULL);
}

Test(error, errno_text_follows_the_sentence)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    ostler_error_set_errno(&error, ENOENT, "cannot open %s", "/x");
    cr_assert_eq(error.status, OSTLER_E_SYSTEM);
    cr_assert_str_eq(error.message, "cannot open /x: No such file or directory");
    ostler_error_prefix(&error, "%s:%d", "file", 7);
    cr_assert_str_eq(error.message, "file:7: cannot open /x: No such file or directory");
    ostler_error_clear(&error);
}

Test(error, prefix_of_a_success_is_nothing)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    ostler_error_prefix(&error, "file");
    cr_assert_null(error.message);
}

Test(error, move_hands_over_everything)
{
    struct ostler_error from = OSTLER_ERROR_INIT, to = OSTLER_ERROR_INIT;

    ostler_error_set(&to, OSTLER_E_URL, "old");
    ostler_error_set(&from, OSTLER_E_TIMEOUT, "new");
    cr_assert_eq(ostler_error_move(&to, &from), OSTLER_E_TIMEOUT);
    cr_assert_str_eq(to.message, "new");
    cr_assert_eq(from.status, OSTLER_OK);
    cr_assert_eq(ostler_error_move(NULL, &to), OSTLER_E_TIMEOUT);
    cr_assert_null(to.message);
}

Test(error, a_remote_failure_keeps_all_its_parts)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *failure = json_tokener_parse(
        "{\"class\": \"ValueError\", \"module\": \"builtins\", \"message\": \"no\", \"tb\": [\"a\\n\", \"b\\n\"],"
        " \"args\": [\"no\", 3], \"kwargs\": {\"k\": 1}}");

    cr_assert_eq(ostler_error_set_remote(&error, failure), OSTLER_E_REMOTE);
    json_object_put(failure);
    cr_assert_str_eq(error.message, "Remote error: ValueError no");
    cr_assert_str_eq(error.remote_class, "ValueError");
    cr_assert_str_eq(error.remote_module, "builtins");
    cr_assert_str_eq(error.remote_message, "no");
    cr_assert_str_eq(error.traceback, "a\nb\n");
    cr_assert_eq(json_object_array_length(error.remote_args), 2);
    cr_assert_eq(json_object_object_length(error.remote_kwargs), 1);
    ostler_error_clear(&error);
}

Test(error, a_remote_failure_may_lack_or_twist_every_part)
{
    static const char *const failures[] = {
        "{}",
        "[]",
        "null",
        "{\"class\": null, \"module\": 3, \"message\": {}, \"tb\": \"x\", \"args\": {}, \"kwargs\": []}",
        "{\"tb\": [null, 3, \"x\"]}",
    };

    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct ostler_error error = OSTLER_ERROR_INIT;
        struct json_object *failure = json_tokener_parse(failures[i]);
        cr_expect_eq(ostler_error_set_remote(&error, failure), OSTLER_E_REMOTE);
        cr_expect_not_null(error.message);
        json_object_put(failure);
        ostler_error_clear(&error);
    }
}
