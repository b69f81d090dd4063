/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "filter.h"

#include <json-c/json.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* What one match may cost, by PCRE2's count: some tens of milliseconds. */
#define MATCH_LIMIT 1000000
#define DEPTH_LIMIT 10000
#define HEAP_LIMIT  20000 /* kibibytes */

enum criterion { PUBLISHER_ID, EVENT_TYPE, CONTEXT, METADATA, PAYLOAD };
static const char *const criterion_names[] = {"publisher_id", "event_type", "context", "metadata", "payload"};

struct rule {
    enum criterion criterion;
    char *key; /* NULL for the first two */
    pcre2_code *code;
};

struct filter {
    pcre2_match_context *limits;
    size_t count;
    struct rule rules[];
};

/* --- Compiling -------------------------------------------------------------------------------------------------- */

static size_t count_rules(const struct ostler_notification_rule *rules)
{
    size_t count = 0;

    while (rules && rules[count].key)
        count++;
    return count;
}

static enum ostler_status compile_rule(struct filter *filter, enum criterion criterion, const char *key,
                                       const char *pattern, struct ostler_error *error)
{
    struct rule *rule = &filter->rules[filter->count++];
    int code = 0;
    PCRE2_SIZE offset = 0;

    rule->criterion = criterion;
    if (key && !(rule->key = strdup(key)))
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a filter");
    if (!pattern)
        return ostler_error_set(error, OSTLER_E_MODULE, "filter on %s: no pattern for \"%s\"",
                                criterion_names[criterion], key);
    rule->code =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                      PCRE2_ANCHORED | PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &code,
                      &offset, NULL);
    if (rule->code)
        return OSTLER_OK;

    char reason[256] = "";
    pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
    return ostler_error_set(error, OSTLER_E_MODULE,
                            "filter on %s%s%s: \"%.256s\" is no regular expression: %s (at offset %zu)",
                            criterion_names[criterion], key ? " " : "", key ? key : "", pattern, reason, offset);
}

static enum ostler_status compile_rules(struct filter *filter, enum criterion criterion,
                                        const struct ostler_notification_rule *rules, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    for (size_t i = 0; status == OSTLER_OK && rules && rules[i].key; i++)
        status = compile_rule(filter, criterion, rules[i].key, rules[i].pattern, error);
    return status;
}

static enum ostler_status compile_all(struct filter *filter, const struct ostler_notification_filter *from,
                                      struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;

    filter->limits = pcre2_match_context_create(NULL);
    if (!filter->limits)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a filter");
    pcre2_set_match_limit(filter->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(filter->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(filter->limits, HEAP_LIMIT);
    if (from->publisher_id)
        status = compile_rule(filter, PUBLISHER_ID, NULL, from->publisher_id, error);
    if (status == OSTLER_OK && from->event_type)
        status = compile_rule(filter, EVENT_TYPE, NULL, from->event_type, error);
    if (status == OSTLER_OK)
        status = compile_rules(filter, CONTEXT, from->context, error);
    if (status == OSTLER_OK)
        status = compile_rules(filter, METADATA, from->metadata, error);
    if (status == OSTLER_OK)
        status = compile_rules(filter, PAYLOAD, from->payload, error);
    return status;
}

enum ostler_status filter_compile(const struct ostler_notification_filter *from, struct filter **compiled,
                                  struct ostler_error *error)
{
    if (!from) {
        *compiled = NULL;
        return OSTLER_OK;
    }
    size_t count = 2 + count_rules(from->context) + count_rules(from->metadata) + count_rules(from->payload);
    struct filter *filter = calloc(1, sizeof *filter + count * sizeof filter->rules[0]);
    if (!filter)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a filter");
    enum ostler_status status = compile_all(filter, from, error);
    if (status == OSTLER_OK)
        *compiled = filter;
    else
        filter_free(filter);
    return status;
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->count; i++) {
        free(filter->rules[i].key);
        pcre2_code_free(filter->rules[i].code);
    }
    pcre2_match_context_free(filter->limits);
    free(filter);
}

enum ostler_status ostler_notification_filter_check(const struct ostler_notification_filter *filter,
                                                    struct ostler_error *error)
{
    struct filter *compiled = NULL;
    enum ostler_status status = filter_compile(filter, &compiled, error);

    filter_free(compiled);
    return status;
}

/* --- Matching --------------------------------------------------------------------------------------------------- */

static const char *text_of(struct json_object *value, size_t *length)
{
    if (!json_object_is_type(value, json_type_string))
        return NULL;
    *length = (size_t)json_object_get_string_len(value);
    return json_object_get_string(value);
}

static const char *member_text(struct json_object *object, const char *key, size_t *length)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &value))
        return NULL;
    return text_of(value, length);
}

static const char *plain_text(const char *text, size_t *length)
{
    *length = text ? strlen(text) : 0;
    return text;
}

/* What the rule looks at; NULL if there is no such text. */
static const char *subject_of(const struct rule *rule, const struct ostler_notification *notification, size_t *length)
{
    switch (rule->criterion) {
    case PUBLISHER_ID:
        return plain_text(notification->publisher_id, length);
    case EVENT_TYPE:
        return plain_text(notification->event_type, length);
    case CONTEXT:
        return member_text(notification->context, rule->key, length);
    case PAYLOAD:
        return member_text(notification->payload, rule->key, length);
    case METADATA:
        break;
    }
    if (strcmp(rule->key, "message_id") == 0)
        return plain_text(notification->message_id, length);
    return plain_text(strcmp(rule->key, "timestamp") == 0 ? notification->timestamp : NULL, length);
}

static enum ostler_status match_rule(const struct filter *filter, const struct rule *rule,
                                     const struct ostler_notification *notification, bool *passes,
                                     struct ostler_error *error)
{
    size_t length = 0;
    const char *subject = subject_of(rule, notification, &length);

    *passes = false;
    if (!subject)
        return OSTLER_OK;
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (!data)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a filter");
    int result = pcre2_match(rule->code, (PCRE2_SPTR)subject, length, 0, 0, data, filter->limits);
    pcre2_match_data_free(data);
    if (result >= 0 || result == PCRE2_ERROR_NOMATCH) {
        *passes = result >= 0;
        return OSTLER_OK;
    }
    char reason[256] = "";
    pcre2_get_error_message(result, (PCRE2_UCHAR *)reason, sizeof reason);
    return ostler_error_set(error, OSTLER_E_INVALID, "filter on %s%s%s: %s", criterion_names[rule->criterion],
                            rule->key ? " " : "", rule->key ? rule->key : "", reason);
}

enum ostler_status filter_match(const struct filter *filter, const struct ostler_notification *notification,
                                bool *passes, struct ostler_error *error)
{
    enum ostler_status status = OSTLER_OK;
    bool matches = true;

    for (size_t i = 0; filter && i < filter->count && matches && status == OSTLER_OK; i++)
        status = match_rule(filter, &filter->rules[i], notification, &matches, error);
    if (status == OSTLER_OK)
        *passes = matches;
    return status;
}
