/* SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <string.h>

static bool passes(const struct ostler_notification_filter *wanted, const struct ostler_notification *notification)
{
    struct filter *filter = NULL;
    bool result = false;

    cr_assert_eq(filter_compile(wanted, &filter, NULL), OSTLER_OK);
    cr_assert_eq(filter_match(filter, notification, &result, NULL), OSTLER_OK);
    filter_free(filter);
    return result;
}

static bool event_passes(const char *pattern, const char *event_type)
{
    struct ostler_notification_filter wanted = {.event_type = pattern};
    struct ostler_notification notification = {.event_type = event_type};

    return passes(&wanted, &notification);
}

static bool payload_passes(const char *pattern, const char *payload)
{
    struct ostler_notification_rule rules[] = {{"key", pattern}, {NULL, NULL}};
    struct ostler_notification_filter wanted = {.payload = rules};
    struct ostler_notification notification = {.payload = json_tokener_parse(payload)};
    bool result = passes(&wanted, &notification);

    json_object_put(notification.payload);
    return result;
}

Test(filter, without_criteria_everything_passes, .timeout = 30)
{
    struct ostler_notification_filter none = {NULL};
    struct ostler_notification notification = {.event_type = NULL};

    cr_expect(passes(NULL, &notification));
    cr_expect(passes(&none, &notification));
}

Test(filter, anchors_at_the_start_only, .timeout = 30)
{
    cr_expect(event_passes("compute", "compute.h1"));
    cr_expect_not(event_passes("h1", "compute.h1"));
    cr_expect(event_passes(".*h1", "compute.h1"));
    cr_expect_not(event_passes("compute$", "compute.h1"));
    cr_expect_not(event_passes("Compute", "compute.h1"));
    cr_expect_not(event_passes("a.*b", "a\nb"));
    cr_expect_not(event_passes(".*", NULL));
    cr_expect(event_passes("\\w\\w$", "\xc3\xa4\xc3\xb6"));
}

Test(filter, only_strings_match, .timeout = 30)
{
    cr_expect(payload_passes("v", "{\"key\": \"value\"}"));
    cr_expect(payload_passes("", "{\"key\": \"\"}"));
    cr_expect_not(payload_passes(".*", "{\"key\": 7}"));
    cr_expect_not(payload_passes(".*", "{\"key\": null}"));
    cr_expect_not(payload_passes(".*", "{\"key\": true}"));
    cr_expect_not(payload_passes(".*", "{\"key\": [\"v\"]}"));
    cr_expect_not(payload_passes(".*", "{\"other\": \"v\"}"));
    cr_expect_not(payload_passes(".*", "[\"key\"]"));
    cr_expect_not(payload_passes(".*", "\"key\""));
}

Test(filter, all_criteria_must_match, .timeout = 30)
{
    struct ostler_notification_rule context[] = {{"user", "u"}, {NULL, NULL}};
    struct ostler_notification_rule metadata[] = {{"message_id", "m"}, {"timestamp", "2026"}, {NULL, NULL}};
    struct ostler_notification_filter wanted = {
        .publisher_id = "svc", .event_type = "ev", .context = context, .metadata = metadata};
    struct ostler_notification notification = {.publisher_id = "svc.1",
                                               .event_type = "ev.x",
                                               .context = json_tokener_parse("{\"user\": \"u1\"}"),
                                               .message_id = "m1",
                                               .timestamp = "2026-11-21 05:52:46"};

    cr_expect(passes(&wanted, &notification));
    notification.timestamp = "2025-11-21 05:52:46";
    cr_expect_not(passes(&wanted, &notification));
    notification.timestamp = "2026-11-21 05:52:46";
    notification.publisher_id = NULL;
    cr_expect_not(passes(&wanted, &notification));
    json_object_put(notification.context);
}

Test(filter, a_pattern_that_is_none_is_named, .timeout = 30)
{
    struct ostler_notification_rule rules[] = {{"key", "a(b"}, {NULL, NULL}};
    struct ostler_notification_filter wanted = {.payload = rules};
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct filter *filter = NULL;

    cr_assert_eq(filter_compile(&wanted, &filter, &error), OSTLER_E_MODULE);
    cr_expect_null(filter);
    cr_expect(strstr(error.message, "payload key") && strstr(error.message, "a(b") &&
              strstr(error.message, "offset 3"));
    ostler_error_clear(&error);
}

Test(filter, a_costly_match_ends, .timeout = 60)
{
    struct ostler_notification_filter wanted = {.event_type = "(a+)+$"};
    struct ostler_notification notification = {.event_type =
                                                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"};
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct filter *filter = NULL;
    bool result = false;

    cr_assert_eq(filter_compile(&wanted, &filter, NULL), OSTLER_OK);
    cr_expect_eq(filter_match(filter, &notification, &result, &error), OSTLER_E_INVALID);
    cr_expect(error.message && strstr(error.message, "limit"));
    ostler_error_clear(&error);
    filter_free(filter);
}
