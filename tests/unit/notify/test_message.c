/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <string.h>

static const char *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return json_object_get_string(value);
}

Test(message, timestamps_are_pythons, .timeout = 30)
{
    char text[MESSAGE_TIMESTAMP_SIZE];

    message_timestamp(1795240366, 435342, text);
    cr_expect_str_eq(text, "2026-11-21 05:52:46.435342");
    message_timestamp(1795240366, 42, text);
    cr_expect_str_eq(text, "2026-11-21 05:52:46.000042");
    message_timestamp(1795240366, 0, text);
    cr_expect_str_eq(text, "2026-11-21 05:52:46");
}

Test(message, has_the_members_in_their_order, .timeout = 30)
{
    static const char *const names[] = {"message_id", "publisher_id", "event_type", "priority", "payload", "timestamp"};
    struct json_object *payload = json_tokener_parse("{\"a\": [1]}");
    struct json_object *message = message_new("svc.host", "ev", OSTLER_PRIORITY_WARN, payload);
    size_t index = 0;

    cr_assert_not_null(message);
    json_object_put(payload);
    json_object_object_foreach(message, name, value)
    {
        (void)value;
        cr_assert_lt(index, 6);
        cr_expect_str_eq(name, names[index++]);
    }
    cr_expect_eq(index, 6);
    cr_expect_eq(strlen(member(message, "message_id")), 36);
    cr_expect_str_eq(member(message, "publisher_id"), "svc.host");
    cr_expect_str_eq(member(message, "priority"), "WARN");
    cr_expect_eq(strlen(member(message, "timestamp")) >= 19, 1);
    json_object_put(message);
}

Test(message, null_is_null, .timeout = 30)
{
    struct json_object *message = message_new(NULL, "ev", OSTLER_PRIORITY_INFO, NULL), *value = NULL;

    cr_assert_not_null(message);
    cr_expect(json_object_object_get_ex(message, "payload", &value) && !value);
    cr_expect(json_object_object_get_ex(message, "publisher_id", &value) && !value);
    json_object_put(message);
}

Test(message, contexts_lose_their_secrets, .timeout = 30)
{
    struct json_object *context = json_tokener_parse(
        "{\"user_id\": \"u1\", \"auth_token\": \"t\", \"Admin_Password\": \"p\", \"roles\": [\"a\"]}");
    struct json_object *kept = message_context(context);

    cr_expect_str_eq(json_object_to_json_string_ext(kept, JSON_C_TO_STRING_PLAIN),
                     "{\"user_id\":\"u1\",\"roles\":[\"a\"]}");
    json_object_put(kept);
    json_object_put(context);
    kept = message_context(NULL);
    cr_expect_eq(json_object_object_length(kept), 0);
    json_object_put(kept);
}

Test(message, priorities_have_names, .timeout = 30)
{
    enum ostler_priority priority = OSTLER_PRIORITY_AUDIT;

    for (unsigned i = 0; i < OSTLER_PRIORITIES; i++) {
        cr_expect(ostler_priority_parse(ostler_priority_name((enum ostler_priority)i), &priority));
        cr_expect_eq(priority, (enum ostler_priority)i);
    }
    cr_expect(ostler_priority_parse("ERROR", &priority) && priority == OSTLER_PRIORITY_ERROR);
    cr_expect(ostler_priority_parse("Warning", &priority) && priority == OSTLER_PRIORITY_WARN);
    cr_expect_not(ostler_priority_parse("fatal", &priority));
    cr_expect_not(ostler_priority_parse("", &priority));
    cr_expect_not(ostler_priority_parse(NULL, &priority));
    cr_expect_eq(priority, OSTLER_PRIORITY_WARN);
}
