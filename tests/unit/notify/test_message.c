/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

Test(message, ids_are_random_uuids, .timeout = 30)
{
    enum { COUNT = 1000 };
    static char ids[COUNT][MESSAGE_ID_SIZE];

    for (size_t i = 0; i < COUNT; i++) {
        message_id(ids[i]);
        cr_expect_eq(strspn(ids[i], "0123456789abcdef-"), 36);
        cr_expect(ids[i][8] == '-' && ids[i][13] == '-' && ids[i][18] == '-' && ids[i][23] == '-');
        cr_expect(ids[i][14] == '4' && strchr("89ab", ids[i][19]), "%s", ids[i]);
    }
    qsort(ids, COUNT, sizeof ids[0], compare_ids);
    for (size_t i = 1; i < COUNT; i++)
        cr_expect_str_neq(ids[i - 1], ids[i]);
}

Test(message, ids_of_a_forked_process_are_its_own, .timeout = 30)
{
    char mine[MESSAGE_ID_SIZE], its[MESSAGE_ID_SIZE] = "";
    int ends[2], status;

    message_id(mine);
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    message_id(mine);
    if (child == 0)
        _exit(write(ends[1], mine, sizeof mine) == sizeof mine ? 0 : 1);
    cr_expect_eq(read(ends[0], its, sizeof its), (ssize_t)sizeof its);
    cr_expect_eq(waitpid(child, &status, 0), child);
    cr_expect_str_neq(mine, its);
    cr_expect_eq(strlen(its), 36);
    close(ends[0]);
    close(ends[1]);
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
    cr_expect_not(message_is_public(context));
    cr_expect(message_is_public(kept));
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
